//! Names and attributes of Clerk's cookies.

pub(crate) const CLIENT: &str = "__client";
pub(crate) const DEV_BROWSER: &str = "__clerk_db_jwt";
pub(crate) const SESSION: &str = "__session";
pub(crate) const CLIENT_UAT: &str = "__client_uat";

const TEN_YEARS: u32 = 315_360_000;
const ONE_YEAR: u32 = 31_536_000;

/// The client's own cookie: the one that proves who the browser is, so scripts never see it.
pub(crate) fn client(token: &str) -> String {
    format!("{CLIENT}={token}; Path=/; Max-Age={TEN_YEARS}; HttpOnly; SameSite=Lax")
}

pub(crate) fn expired_client() -> String {
    format!("{CLIENT}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}

/// The refresh token's cookie: for servers only, suffixed only.
pub(crate) fn refresh(suffix: &str, token: &str, max_age_seconds: i64) -> String {
    format!("__refresh_{suffix}={token}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax")
}

pub(crate) fn expired_refresh(suffix: &str) -> String {
    format!("__refresh_{suffix}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}

/// A directive of a handshake for a cookie that ClerkJS reads and writes too, hence no HttpOnly; plain and suffixed.
pub(crate) fn readable(name: &str, suffix: &str, value: Option<&str>) -> [String; 2] {
    let directive = |name: String| match value {
        Some(value) => format!("{name}={value}; Path=/; Max-Age={ONE_YEAR}; SameSite=Lax"),
        None => format!("{name}=; Path=/; Max-Age=0; SameSite=Lax"),
    };
    [
        directive(name.to_owned()),
        directive(format!("{name}_{suffix}")),
    ]
}
