//! The environment: what the instance offers and how its forms look.

use serde_json::{Map, Value, json};

use crate::instance::{Instance, MOUNT};
use crate::password;

/// The simulated OAuth provider. Only `oauth_custom_…` providers take their icon from us; ClerkJS asks Clerk's image host
/// for the others.
pub(crate) const PROVIDER: &str = "custom_example";
pub(crate) const PROVIDER_STRATEGY: &str = "oauth_custom_example";
pub(crate) const PROVIDER_NAME: &str = "Example Account";

pub(crate) fn environment(instance: &Instance) -> Value {
    json!({
        "object": "environment",
        "id": "env_local",
        "auth_config": {
            "object": "auth_config",
            "id": "aconf_local",
            "claimed_at": null,
            "reverification": instance.reverification,
            "single_session_mode": instance.single_session_mode,
        },
        "display_config": display_config(instance),
        "user_settings": user_settings(instance),
        "organization_settings": {
            "enabled": true,
            "max_allowed_memberships": 5,
            "force_organization_selection": instance.force_organization_selection,
            "actions": { "admin_delete": true },
            "domains": { "enabled": false, "enrollment_modes": [], "default_role": "org:member" },
            "slug": { "disabled": false },
            "organization_creation_defaults": { "enabled": false },
            "creator_role": "org:admin",
        },
        // Half-filled billing settings make ClerkJS report `degraded`: both blocks have to be there.
        "commerce_settings": {
            "object": "commerce_settings",
            "billing": {
                "stripe_publishable_key": null,
                "organization": { "enabled": instance.billing, "has_paid_plans": instance.billing },
                "user": { "enabled": instance.billing, "has_paid_plans": instance.billing },
            },
        },
        "api_keys_settings": {
            "object": "api_keys_settings",
            "user_api_keys_enabled": true,
            "orgs_api_keys_enabled": true,
        },
        "protect_config": { "object": "protect_config", "id": "pc_local" },
        "maintenance_mode": false,
        "client_debug_mode": false,
        "partitioned_cookies": false,
    })
}

fn display_config(instance: &Instance) -> Value {
    json!({
        "object": "display_config",
        "id": "display_config_local",
        "instance_environment_type": "development",
        "application_name": instance.application_name,
        "theme": {
            "buttons": { "font_color": "#ffffff", "font_family": "inherit", "font_weight": "600" },
            "general": {
                "color": "#6c47ff",
                "padding": "1em",
                "box_shadow": "0 2px 8px rgba(0, 0, 0, 0.2)",
                "font_color": "#151515",
                "font_family": "inherit",
                "border_radius": "0.5em",
                "background_color": "#ffffff",
                "label_font_weight": "600",
            },
            "accounts": { "background_color": "#ffffff" },
        },
        "preferred_sign_in_strategy": "password",
        "logo_image_url": "",
        "favicon_image_url": "",
        "home_url": "",
        "sign_in_url": "/sign-in",
        "sign_up_url": "/sign-up",
        "user_profile_url": "/profile",
        "waitlist_url": "/waitlist",
        "after_sign_in_url": "/",
        "after_sign_up_url": "/",
        "after_sign_out_one_url": "/sign-in#/choose",
        "after_sign_out_all_url": "/",
        "after_switch_session_url": "/",
        "after_join_waitlist_url": "",
        "organization_profile_url": "/organization",
        "create_organization_url": "/create-organization",
        "after_leave_organization_url": "/",
        "after_create_organization_url": "/",
        "support_email": "",
        "branded": false,
        "clerk_js_version": "6",
        "captcha_public_key": null,
        "captcha_widget_type": null,
        "captcha_public_key_invisible": null,
        "captcha_provider": "turnstile",
        "captcha_oauth_bypass": [],
        "captcha_heartbeat": false,
        "show_devmode_warning": false,
        "google_one_tap_client_id": null,
        "terms_url": null,
        "privacy_policy_url": null,
    })
}

fn user_settings(instance: &Instance) -> Value {
    json!({
        "attributes": attributes(),
        "actions": { "delete_self": true, "create_organization": true },
        "social": {
            PROVIDER_STRATEGY: {
                "enabled": true,
                "required": false,
                "authenticatable": true,
                "block_email_subaddresses": false,
                "strategy": PROVIDER_STRATEGY,
                "name": PROVIDER_NAME,
                "logo_url": format!("{MOUNT}/images/provider"),
            },
        },
        "enterprise_sso": { "enabled": false, "self_serve_sso": false },
        "sign_in": {
            "second_factor": { "required": instance.require_second_factor, "enabled": true },
        },
        "sign_up": {
            "captcha_enabled": false,
            "captcha_widget_type": "smart",
            "progressive": true,
            "mode": "public",
            "legal_consent_enabled": false,
            "allowlist_only": false,
            "custom_action_required": false,
        },
        "password_settings": {
            "allowed_special_characters": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
            "disable_hibp": true,
            "min_length": password::MIN_LENGTH,
            "max_length": password::MAX_LENGTH,
            "require_special_char": false,
            "require_numbers": false,
            "require_lowercase": false,
            "require_uppercase": false,
            "show_zxcvbn": false,
            "min_zxcvbn_strength": 0,
        },
        "passkey_settings": { "allow_autofill": false, "show_sign_in_button": false },
        "username_settings": { "min_length": 4, "max_length": 64 },
        "attack_protection": { "enumeration_protection": { "enabled": false } },
    })
}

fn attributes() -> Value {
    let off = json!({
        "enabled": false, "required": false, "used_for_first_factor": false, "first_factors": [],
        "used_for_second_factor": false, "second_factors": [], "verifications": [], "verify_at_sign_up": false,
    });
    let on = |changes: Value| {
        let mut attribute = off.clone();
        attribute["enabled"] = json!(true);
        for (name, value) in changes.as_object().into_iter().flatten() {
            attribute[name] = value.clone();
        }
        attribute
    };
    let mut attributes = Map::new();
    for name in ["phone_number", "username", "web3_wallet", "passkey"] {
        attributes.insert(name.to_owned(), off.clone());
    }
    for name in ["first_name", "last_name", "ticket"] {
        attributes.insert(name.to_owned(), on(json!({})));
    }
    let email = json!({
        "required": true, "used_for_first_factor": true, "first_factors": ["email_code"],
        "verifications": ["email_code"], "verify_at_sign_up": true,
    });
    attributes.insert("email_address".to_owned(), on(email));
    attributes.insert("password".to_owned(), on(json!({ "required": true })));
    for (name, factor) in [
        ("authenticator_app", "totp"),
        ("backup_code", "backup_code"),
    ] {
        attributes.insert(
            name.to_owned(),
            on(json!({ "used_for_second_factor": true, "second_factors": [factor] })),
        );
    }
    Value::Object(attributes)
}
