//! The people a new instance starts with.

use crate::accounts::{self, NewUser};
use crate::clock::Millis;
use crate::error::Internal;
use crate::organizations;
use crate::password;
use crate::store::Store;
use crate::store::records::User;

/// A user of a new instance, with a password that everyone may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedUser {
    /// The e-mail address; codes for it are always `424242`, because it contains `+clerk_test`.
    pub email_address: &'static str,
    /// The password.
    pub password: &'static str,
    /// The given name.
    pub first_name: &'static str,
    /// The family name.
    pub last_name: &'static str,
    /// The name of the organization that the user is `org:admin` of; it has the paid plan `team`.
    pub admin_of: Option<&'static str>,
}

/// The users of a new instance, so that a newcomer can sign in at once: one with an organization, one without.
pub const SEED_USERS: [SeedUser; 2] = [
    SeedUser {
        email_address: "admin+clerk_test@example.com",
        password: "local-admin-password",
        first_name: "Ada",
        last_name: "Admin",
        admin_of: Some("Example Organization"),
    },
    SeedUser {
        email_address: "member+clerk_test@example.com",
        password: "local-member-password",
        first_name: "Max",
        last_name: "Member",
        admin_of: None,
    },
];

/// What a new, empty instance is filled with. The default is [`SEED_USERS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The users to create.
    pub users: Vec<SeedUser>,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            users: SEED_USERS.to_vec(),
        }
    }
}

impl Seed {
    /// Creates the users if there are none at all.
    pub(crate) fn plant_if_empty(&self, store: &Store<'_>, now: Millis) -> Result<(), Internal> {
        if !store.all::<User>()?.is_empty() {
            return Ok(());
        }
        for seed in &self.users {
            plant(store, seed, now)?;
        }
        Ok(())
    }
}

fn plant(store: &Store<'_>, seed: &SeedUser, now: Millis) -> Result<(), Internal> {
    let new = NewUser {
        email_addresses: vec![seed.email_address.to_owned()],
        password_hash: Some(password::hash(seed.password)?),
        first_name: Some(seed.first_name.to_owned()),
        last_name: Some(seed.last_name.to_owned()),
        ..NewUser::default()
    };
    let user = accounts::create_user(store, new, now)
        .map_err(|_| Internal::Inconsistent("two users of the seed have the same address"))?;
    if let Some(name) = seed.admin_of {
        let mut organization =
            organizations::create(store, name, None, Some(&user), now).map_err(|_| {
                Internal::Inconsistent("an organization of the seed has no usable name")
            })?;
        // A paid plan cannot be bought here, so one organization has it from the start.
        organization.plan = Some("team".to_owned());
        store.save(&organization)?;
    }
    Ok(())
}

/// A name as part of an address: lower case letters and digits, joined by hyphens.
pub(crate) fn slug(name: &str) -> String {
    let words = name.to_lowercase();
    let words = words
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}
