//! The objects that ClerkJS gets.

use serde_json::json;

use super::{Appearance, AppearanceOptions, Localization, Theme, Variables};
use crate::clerk::ClerkComponent;

#[test]
fn an_appearance_is_clerks_object() {
    let appearance = Appearance::new()
        .theme(Theme::Simple)
        .variables(Variables::new().color_primary("red"))
        .variables(Variables::new().font_size("1rem"))
        .options(AppearanceOptions::new().show_optional_fields(true))
        .element("card", "flat")
        .element_style("headerTitle", json!({ "fontSize": "2rem" }))
        .css_layer_name("clerk")
        .component(
            ClerkComponent::TaskSetupMfa,
            Appearance::new().element("card", "wide"),
        );
    assert_eq!(
        appearance.into_value(),
        json!({
            "theme": "simple",
            "variables": { "colorPrimary": "red", "fontSize": "1rem" },
            "options": { "showOptionalFields": true },
            "elements": { "card": "flat", "headerTitle": { "fontSize": "2rem" } },
            "cssLayerName": "clerk",
            "taskSetupMfa": { "elements": { "card": "wide" } },
        })
    );
}

#[test]
fn themes_are_laid_over_each_other() {
    let appearance = Appearance::new()
        .theme(Theme::Clerk)
        .theme(Theme::Custom(json!({ "cssLayerName": "b" })))
        .theme(Theme::Simple);
    assert_eq!(
        appearance.as_value()["theme"],
        json!(["clerk", { "cssLayerName": "b" }, "simple"])
    );
}

#[test]
fn what_is_no_object_changes_nothing() {
    assert_eq!(Appearance::from(json!(["x"])), Appearance::new());
    assert_eq!(Localization::from(json!(7)), Localization::new("en-US"));
    let given = json!({ "elements": "not an object" });
    assert_eq!(
        Appearance::from(given).element("card", "a").into_value(),
        json!({ "elements": { "card": "a" } })
    );
}

#[test]
fn texts_are_put_at_their_paths() {
    let texts = Localization::new("de-DE")
        .text("formButtonPrimary", "Weiter")
        .text("signIn.start.title", "Anmelden")
        .text("signIn.start.subtitle", "…")
        .error("form_param_nil__username", "Fehlt.")
        .put("userButton", json!({ "action__signOut": "Abmelden" }));
    assert_eq!(
        *texts.as_value(),
        json!({
            "locale": "de-DE",
            "formButtonPrimary": "Weiter",
            "signIn": { "start": { "title": "Anmelden", "subtitle": "…" } },
            "unstable__errors": { "form_param_nil__username": "Fehlt." },
            "userButton": { "action__signOut": "Abmelden" },
        })
    );
}
