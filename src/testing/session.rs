//! A session of a test, and the request that it comes with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderValue, Request, header};
use serde_json::{Map, Value, json};

use crate::identity::{ClaimsError, Identity, SessionClaims};
use crate::server::Token;

use super::TestIssuer;

/// As long as Clerk's session tokens live.
const LIFETIME: Duration = Duration::from_secs(60);

/// A session that a test describes: by default an active one of a user without organization, issued now.
#[derive(Clone, Debug)]
pub struct TestSession {
    issuer: TestIssuer,
    user_id: String,
    session_id: String,
    organization: Option<(String, String, String)>,
    permissions: Vec<(String, String)>,
    features: Vec<String>,
    issued_at: i64,
    lifetime: Duration,
    version_1: bool,
    claims: Map<String, Value>,
}

impl TestSession {
    pub(super) fn new(issuer: TestIssuer, user_id: &str) -> Self {
        let elapsed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            session_id: format!("sess_{}", user_id.strip_prefix("user_").unwrap_or(user_id)),
            user_id: user_id.to_owned(),
            issuer,
            organization: None,
            permissions: Vec::new(),
            features: Vec::new(),
            issued_at: i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX),
            lifetime: LIFETIME,
            version_1: false,
            claims: Map::new(),
        }
    }

    /// The session's id; otherwise `sess_` and the end of the user's.
    #[must_use]
    pub fn session_id(mut self, session_id: &str) -> Self {
        session_id.clone_into(&mut self.session_id);
        self
    }

    /// The active organization, and the role in it, with or without `org:`.
    #[must_use]
    pub fn organization(mut self, id: &str, slug: &str, role: &str) -> Self {
        let role = role.strip_prefix("org:").unwrap_or(role);
        self.organization = Some((id.to_owned(), slug.to_owned(), role.to_owned()));
        self
    }

    /// A permission in the active organization: a feature's slug and what may be done with it. `("invoices", "create")` is
    /// checked as `org:invoices:create`.
    #[must_use]
    pub fn permission(mut self, feature: &str, action: &str) -> Self {
        self.permissions
            .push((feature.to_owned(), action.to_owned()));
        self
    }

    /// A feature: `user:export` or `org:export`.
    #[must_use]
    pub fn feature(mut self, feature: &str) -> Self {
        self.features.push(scoped(feature));
        self
    }

    /// A plan: `user:pro` or `org:business`.
    #[must_use]
    pub fn plan(mut self, plan: &str) -> Self {
        let plans = match self.claims.get("pla").and_then(Value::as_str) {
            Some(plans) => format!("{plans},{}", scoped(plan)),
            None => scoped(plan),
        };
        self.claims.insert("pla".to_owned(), json!(plans));
        self
    }

    /// With a task left, such as choosing an organization.
    #[must_use]
    pub fn pending(self) -> Self {
        self.claim("sts", json!("pending"))
    }

    /// Impersonated by this user.
    #[must_use]
    pub fn impersonated_by(self, user_id: &str) -> Self {
        self.claim("act", json!({ "sub": user_id }))
    }

    /// How many minutes before issue each factor was verified; `None` for one that is not enrolled.
    #[must_use]
    pub fn verified_minutes_ago(
        self,
        first_factor: Option<u32>,
        second_factor: Option<u32>,
    ) -> Self {
        let age = |minutes: Option<u32>| minutes.map_or(json!(-1), |minutes| json!(minutes));
        self.claim("fva", json!([age(first_factor), age(second_factor)]))
    }

    /// Name and e-mail address, as an instance that adds them to its session tokens has them.
    #[must_use]
    pub fn profile(self, name: &str, email: &str) -> Self {
        self.claim("name", json!(name)).claim("email", json!(email))
    }

    /// Usable for Convex as it is: with the audience that Clerk's Convex integration adds.
    #[must_use]
    pub fn for_convex(self) -> Self {
        self.claim("aud", json!("convex"))
    }

    /// Any claim. It replaces what the session would have; `null` leaves a claim out.
    #[must_use]
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims.insert(name.to_owned(), value);
        self
    }

    /// Issued at this time, in unix seconds.
    #[must_use]
    pub fn issued_at(mut self, unix_seconds: i64) -> Self {
        self.issued_at = unix_seconds;
        self
    }

    /// Expired by so much.
    #[must_use]
    pub fn expired_since(mut self, time: Duration) -> Self {
        let back = i64::try_from((self.lifetime + time).as_secs()).unwrap_or(i64::MAX);
        self.issued_at = self.issued_at.saturating_sub(back);
        self
    }

    /// Living for so long, instead of a minute.
    #[must_use]
    pub fn living_for(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// With claims of version 1, which instances made before 2025 still issue.
    #[must_use]
    pub fn version_1(mut self) -> Self {
        self.version_1 = true;
        self
    }

    /// The claims that the token states.
    #[must_use]
    pub fn claims(&self) -> SessionClaims {
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("sub", json!(self.user_id));
        set("sid", json!(self.session_id));
        set("iss", json!(self.issuer.issuer()));
        set("iat", json!(self.issued_at));
        set("nbf", json!(self.issued_at.saturating_sub(10)));
        let lifetime = i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX);
        set("exp", json!(self.issued_at.saturating_add(lifetime)));
        if self.version_1 {
            self.add_version_1(&mut claims);
        } else {
            self.add_version_2(&mut claims);
        }
        claims.extend(self.claims.clone());
        claims.retain(|_, value| !value.is_null());
        SessionClaims::new(claims)
    }

    fn add_version_1(&self, claims: &mut Map<String, Value>) {
        let Some((id, slug, role)) = &self.organization else {
            return;
        };
        let permissions: Vec<_> = self
            .permissions
            .iter()
            .map(|(feature, action)| format!("org:{feature}:{action}"))
            .collect();
        claims.insert("org_id".to_owned(), json!(id));
        claims.insert("org_slug".to_owned(), json!(slug));
        claims.insert("org_role".to_owned(), json!(format!("org:{role}")));
        claims.insert("org_permissions".to_owned(), json!(permissions));
        if !self.features.is_empty() {
            claims.insert("fea".to_owned(), json!(self.features.join(",")));
        }
    }

    fn add_version_2(&self, claims: &mut Map<String, Value>) {
        claims.insert("v".to_owned(), json!(2));
        claims.insert("sts".to_owned(), json!("active"));
        let mut features = self.features.clone();
        for (feature, _) in &self.permissions {
            let feature = format!("o:{feature}");
            if !features.contains(&feature) {
                features.push(feature);
            }
        }
        if !features.is_empty() {
            claims.insert("fea".to_owned(), json!(features.join(",")));
        }
        let Some((id, slug, role)) = &self.organization else {
            return;
        };
        let mut organization = json!({ "id": id, "slg": slug, "rol": role });
        let mut actions: Vec<&str> = Vec::new();
        for (_, action) in &self.permissions {
            if !actions.contains(&action.as_str()) {
                actions.push(action);
            }
        }
        if !actions.is_empty() {
            let masks = features
                .iter()
                .filter_map(|feature| feature.strip_prefix("o:"))
                .map(|feature| {
                    let granted = |action: &&str| {
                        self.permissions
                            .iter()
                            .any(|(of, may)| of == feature && may == action)
                    };
                    decimal(&actions.iter().map(granted).collect::<Vec<_>>())
                });
            organization["fpm"] = json!(masks.collect::<Vec<_>>().join(","));
            organization["per"] = json!(actions.join(","));
        }
        claims.insert("o".to_owned(), organization);
    }

    /// What the token says about the person.
    ///
    /// # Errors
    /// When claims were set that make no identity.
    pub fn identity(&self) -> Result<Identity, ClaimsError> {
        Identity::from_claims(&self.claims())
    }

    /// The session token.
    #[must_use]
    pub fn token(&self) -> Token {
        Token::new(
            self.issuer
                .sign(&json!({ "cat": "cl_B7d4PD111AAA" }), &json!(self.claims())),
        )
    }

    /// The value of the `Cookie` header that a browser with this session sends.
    #[must_use]
    pub fn cookie_header(&self) -> String {
        let key = self.issuer.publishable_key();
        let suffix = key.cookie_suffix();
        let (token, updated_at) = (self.token(), self.issued_at);
        let mut cookies = vec![
            format!("__session={}", token.as_secret_str()),
            format!("__session_{suffix}={}", token.as_secret_str()),
            format!("__client_uat={updated_at}"),
            format!("__client_uat_{suffix}={updated_at}"),
        ];
        if key.is_development() {
            cookies.push("__clerk_db_jwt=dvb_test".to_owned());
            cookies.push(format!("__clerk_db_jwt_{suffix}=dvb_test"));
        }
        cookies.join("; ")
    }

    /// The request as a browser with this session makes it: with its cookies, besides those that are there.
    #[must_use]
    pub fn sign_in<B>(&self, mut request: Request<B>) -> Request<B> {
        let mut cookies = self.cookie_header();
        if let Some(there) = request
            .headers()
            .get(header::COOKIE)
            .and_then(|cookies| cookies.to_str().ok())
        {
            cookies = format!("{there}; {cookies}");
        }
        if let Ok(cookies) = HeaderValue::from_str(&cookies) {
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        request
    }

    /// The request as a program with this session's token makes it: with an `Authorization` header.
    #[must_use]
    pub fn authorize<B>(&self, mut request: Request<B>) -> Request<B> {
        if let Ok(value) =
            HeaderValue::from_str(&format!("Bearer {}", self.token().as_secret_str()))
        {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        request
    }
}

/// `user:export` as the claim has it, `u:export`.
fn scoped(text: &str) -> String {
    match text.split_once(':') {
        Some(("org" | "organization", slug)) => format!("o:{slug}"),
        Some(("user", slug)) => format!("u:{slug}"),
        Some(_) => text.to_owned(),
        None => format!("u:{text}"),
    }
}

/// Bits, lowest first, as a decimal number of any length.
fn decimal(bits: &[bool]) -> String {
    let mut digits = vec![0u8];
    for bit in bits.iter().rev() {
        let mut carry = u8::from(*bit);
        for digit in &mut digits {
            let value = *digit * 2 + carry;
            *digit = value % 10;
            carry = value / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}
