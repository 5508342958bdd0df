//! How an instance is opened.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::clock::Clock;
use crate::seed::Seed;

/// Where an instance keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// In files in this directory, which is made when it does not exist.
    Directory(PathBuf),
    /// In memory: gone when the instance is dropped. Adds the test-only reset endpoint.
    Memory,
}

/// How to open a [`LocalClerk`](crate::LocalClerk).
///
/// ```
/// use local_clerk::{Data, Options};
///
/// let options = Options::new(Data::Memory, "http://127.0.0.1:3000");
/// assert_eq!(options.session_token_lifetime.as_secs(), 60);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where users, sessions and keys are kept.
    pub data: Data,
    /// The origin of the app, for example `http://127.0.0.1:3000`. Loopback only.
    pub origin: String,
    /// The directory that holds `@clerk/clerk-js/dist` and `@clerk/ui/dist`, as set-up unpacks them.
    pub bundles: PathBuf,
    /// How long a session token is valid. Clerk's, and the default, is 60 seconds.
    pub session_token_lifetime: Duration,
    /// The users of a new, empty instance. `None` starts empty.
    pub seed: Option<Seed>,
    /// Where the time comes from.
    pub clock: Clock,
    /// One account at a time in a browser (the default), or several, with a switcher.
    pub single_session_mode: bool,
    /// Whether a signed-in person has to choose an organization before the session is active.
    pub force_organization_selection: bool,
    /// Whether a session is pending until the person has a second factor.
    pub require_second_factor: bool,
    /// Whether sensitive changes need a factor that was proved within the last ten minutes.
    pub reverification: bool,
    /// Whether people and organizations have plans (the default), which tokens then name. Nothing can be paid for here.
    pub billing: bool,
    /// Extra claims of the session token, with shortcodes as in Clerk's dashboard (*Customize session token*).
    pub session_claims: Map<String, Value>,
    /// JWT templates by name, with shortcodes as in Clerk's dashboard.
    pub jwt_templates: Map<String, Value>,
    /// The name in e-mails, authenticator apps and on the instance's own pages.
    pub application_name: String,
}

impl Options {
    /// Options for an instance at `origin`, with everything else at its default.
    pub fn new(data: Data, origin: impl Into<String>) -> Self {
        Self {
            data,
            origin: origin.into(),
            bundles: PathBuf::from("local/clerk/vendor"),
            session_token_lifetime: Duration::from_secs(60),
            seed: Some(Seed::default()),
            clock: Clock::system(),
            single_session_mode: true,
            force_organization_selection: false,
            require_second_factor: false,
            reverification: false,
            billing: true,
            session_claims: object(json!({
                "aud": "convex",
                "name": "{{user.full_name}}",
                "email": "{{user.primary_email_address}}",
                "picture": "{{user.image_url}}",
            })),
            jwt_templates: object(json!({ "convex": {
                "aud": "convex",
                "name": "{{user.full_name}}",
                "given_name": "{{user.first_name}}",
                "family_name": "{{user.last_name}}",
                "nickname": "{{user.username}}",
                "picture": "{{user.image_url}}",
                "email": "{{user.primary_email_address}}",
                "email_verified": "{{user.email_verified}}",
                "updated_at": "{{user.updated_at}}",
            }})),
            application_name: "Local Clerk".to_owned(),
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
