//! What the instance sells and grants: features, plans, and the claims of session tokens that come of them.
//!
//! Hosted instances have this from the dashboard. Here it is fixed, and small: one feature with a permission of its own, and
//! for people and for organizations a free plan that everyone has and a paid one.

use serde_json::{Map, Value, json};

use crate::instance::Instance;
use crate::resources::role;
use crate::store::records::{Membership, Organization, User};

/// Something that plans contain and permissions are about.
#[derive(Debug)]
pub(crate) struct Feature {
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
}

const FEATURES: [Feature; 3] = [
    Feature {
        slug: "messages",
        name: "Messages",
        description: "Channels that all members read and write.",
    },
    Feature {
        slug: "audit_log",
        name: "Audit log",
        description: "Who did what, and when.",
    },
    Feature {
        slug: "exports",
        name: "Exports",
        description: "Everything you wrote, as a file.",
    },
];

/// Who pays for a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payer {
    User,
    Organization,
}

/// A plan, with its prices in cents.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) payer: Payer,
    pub(crate) monthly: u32,
    pub(crate) annual: u32,
    features: &'static [&'static str],
}

/// All plans; of each payer the free one, which everyone has at the start, comes first.
pub(crate) const PLANS: [Plan; 4] = [
    Plan {
        slug: "free_user",
        name: "Free",
        description: "For trying things out.",
        payer: Payer::User,
        monthly: 0,
        annual: 0,
        features: &[],
    },
    Plan {
        slug: "pro",
        name: "Pro",
        description: "For people who take their data along.",
        payer: Payer::User,
        monthly: 1000,
        annual: 9600,
        features: &["exports"],
    },
    Plan {
        slug: "free_org",
        name: "Free",
        description: "For small organizations.",
        payer: Payer::Organization,
        monthly: 0,
        annual: 0,
        features: &["messages"],
    },
    Plan {
        slug: "team",
        name: "Team",
        description: "For organizations that have to account for themselves.",
        payer: Payer::Organization,
        monthly: 2500,
        annual: 24000,
        features: &["messages", "audit_log"],
    },
];

impl Plan {
    pub(crate) fn is_free(&self) -> bool {
        self.monthly == 0
    }

    pub(crate) fn features(&self) -> impl Iterator<Item = &'static Feature> {
        FEATURES
            .iter()
            .filter(|feature| self.features.contains(&feature.slug))
    }
}

/// The plan of this payer and name.
pub(crate) fn plan(payer: Payer, slug: &str) -> Option<&'static Plan> {
    PLANS
        .iter()
        .find(|plan| plan.payer == payer && plan.slug == slug)
}

/// The plan that a payer has: the chosen one, or the free one.
pub(crate) fn current_plan(payer: Payer, chosen: Option<&str>) -> &'static Plan {
    let free = match payer {
        Payer::User => &PLANS[0],
        Payer::Organization => &PLANS[2],
    };
    chosen.and_then(|slug| plan(payer, slug)).unwrap_or(free)
}

/// Adds to the claims of a session token what plans and roles grant: `pla`, `fea`, and `o.per` with `o.fpm`.
pub(crate) fn grant(
    instance: &Instance,
    claims: &mut Map<String, Value>,
    user: &User,
    membership: Option<&(Organization, Membership)>,
) {
    let mut plans = Vec::new();
    let mut features = Vec::new();
    if instance.billing {
        let plan = current_plan(Payer::User, user.plan.as_deref());
        plans.push(format!("u:{}", plan.slug));
        features.extend(plan.features().map(|feature| format!("u:{}", feature.slug)));
    }
    if let Some((organization, membership)) = membership {
        let own = organization_features(instance, organization);
        if instance.billing {
            let plan = current_plan(Payer::Organization, organization.plan.as_deref());
            plans.push(format!("o:{}", plan.slug));
        }
        features.extend(own.iter().map(|feature| format!("o:{feature}")));
        let permissions = role(&membership.role).map_or(&[][..], |role| role.permissions);
        if let Some((per, fpm)) = feature_permissions(&own, permissions)
            && let Some(Value::Object(o)) = claims.get_mut("o")
        {
            o.insert("per".to_owned(), json!(per));
            o.insert("fpm".to_owned(), json!(fpm));
        }
    }
    for (name, items) in [("pla", plans), ("fea", features)] {
        if !items.is_empty() {
            claims.insert(name.to_owned(), json!(items.join(",")));
        }
    }
}

/// The features of an organization: those of its plan, or without billing those that permissions are about.
fn organization_features(instance: &Instance, organization: &Organization) -> Vec<&'static str> {
    let plan = if instance.billing {
        current_plan(Payer::Organization, organization.plan.as_deref())
    } else {
        current_plan(Payer::Organization, None)
    };
    plan.features().map(|feature| feature.slug).collect()
}

/// Custom permissions as version 2 of the session token has them: the names without feature, and for each feature a bit mask
/// of the names that it has. System permissions are never in a token.
fn feature_permissions(features: &[&str], permissions: &[&str]) -> Option<(String, String)> {
    let custom: Vec<(&str, &str)> = permissions
        .iter()
        .filter_map(|key| key.strip_prefix("org:")?.split_once(':'))
        .filter(|(feature, _)| features.contains(feature))
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for (_, name) in &custom {
        if !names.contains(name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mask = |feature: &&str| {
        let bits = names
            .iter()
            .enumerate()
            .map(|(bit, name)| u64::from(custom.contains(&(*feature, *name))) << bit);
        bits.sum::<u64>().to_string()
    };
    let masks: Vec<String> = features.iter().map(mask).collect();
    Some((names.join(","), masks.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_masks_over_the_features() {
        let permissions = [
            "org:sys_profile:manage",
            "org:dash:manage",
            "org:dash:read",
            "org:teams:read",
            "org:unsold:read",
        ];
        assert_eq!(
            feature_permissions(&["dash", "plain", "teams"], &permissions),
            Some(("manage,read".to_owned(), "3,0,2".to_owned()))
        );
        assert_eq!(feature_permissions(&["plain"], &permissions), None);
    }

    #[test]
    fn every_payer_has_one_free_plan_and_it_comes_first() {
        for payer in [Payer::User, Payer::Organization] {
            assert!(current_plan(payer, None).is_free());
            assert_eq!(current_plan(payer, None).payer, payer);
            assert_eq!(
                PLANS
                    .iter()
                    .filter(|plan| plan.payer == payer && plan.is_free())
                    .count(),
                1
            );
            assert!(current_plan(payer, Some("no such plan")).is_free());
        }
    }
}
