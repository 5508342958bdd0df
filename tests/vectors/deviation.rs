//! Where this library deliberately decides differently, and what that does to a row.
//!
//! Each rule looks at the row, not at its name, so that it also holds for files with other rows. A rule never makes a row pass
//! without a check: it says what has to come out instead.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leptos_clerk_convex::identity::SessionClaims;
use leptos_clerk_convex::server::contract;
use serde_json::{Value, json};

/// A deliberate difference.
#[derive(Clone, Copy)]
pub struct Deviation {
    pub name: &'static str,
    pub reason: &'static str,
}

const DOUBLE_SLASH: Deviation = Deviation {
    name: "double-slash path",
    reason: "only scheme and host of the URL are replaced: resolving the path would let `//evil.example` take over the host",
};
const NO_STAMPEDE: Deviation = Deviation {
    name: "key set without stampede",
    reason: "a refused secret key is not tried again, made-up key ids fetch once a minute, known keys outlive an outage by a day",
};
const LOOP_GUARD: Deviation = Deviation {
    name: "loop guard from three on",
    reason: "the reference stops at exactly three, so that a forged or stale counter goes on for ever",
};
const FOREIGN_CATEGORY: Deviation = Deviation {
    name: "no template tokens as sessions",
    reason: "tokens made from JWT templates are handed to third parties; the reference takes them where several kinds are accepted",
};
const TRIMMED: Deviation = Deviation {
    name: "trimmed forwarded headers",
    reason: "`https , http` means https, as everywhere else",
};
const TASKS: Deviation = Deviation {
    name: "tasks before the query",
    reason: "the reference glues `/tasks` to the sign-in page's query, where it leads nowhere",
};
const NO_CORS: Deviation = Deviation {
    name: "no CORS pair on handshakes",
    reason: "`access-control-allow-origin: null` with credentials opens the page to sandboxed frames of anyone",
};
const NO_STORE: Deviation = Deviation {
    name: "handshake results are not stored",
    reason: "a response with one person's cookies must not stay in a cache; the reference marks only redirects",
};
const NAMED: Deviation = Deviation {
    name: "sessions name user and session",
    reason: "a token without a user's or a session's id is nobody's session; the reference takes it for somebody without an id",
};
const OBJECTS_ONLY: Deviation = Deviation {
    name: "JSON parts are objects",
    reason: "a `null` payload crashes the reference; whatever is no object is no token here",
};

/// What is expected of a row, and by which deviations.
pub fn apply(section: &str, row: &Value, earlier: &[Value]) -> (Value, Vec<Deviation>) {
    let mut row = row.clone();
    let mut deviations = Vec::new();
    match section {
        "authenticate_request" => authenticate_request(&mut row, &mut deviations),
        "clerk_url" => clerk_url(&mut row, &mut deviations),
        "jwks_cache_sequence" => jwks_cache(&mut row, earlier, &mut deviations),
        "redirects" => redirects(&mut row, &mut deviations),
        "verify_token" => verify_token(&mut row, &mut deviations),
        _ => {}
    }
    (row, deviations)
}

fn authenticate_request(row: &mut Value, deviations: &mut Vec<Deviation>) {
    let jwks_status = row["bapi"]["jwks"]["status"].as_u64();
    if jwks_status == Some(401) && row["expect"]["jwks_fetches"] == json!(5) {
        row["expect"]["jwks_fetches"] = json!(1);
        deviations.push(NO_STAMPEDE);
    }
    let count = row["request"]["cookies"]["__clerk_redirect_count"]
        .as_str()
        .and_then(|count| count.parse::<f64>().ok());
    if count.is_some_and(|count| count > 3.0) && row["expect"]["status"] == json!("handshake") {
        let expect = row["expect"].as_object_mut().unwrap();
        expect.insert("status".to_owned(), json!("signed-out"));
        expect.insert("auth".to_owned(), json!({"isAuthenticated": false}));
        for name in ["location", "cache_control", "set_cookie"] {
            expect.remove(name);
        }
        deviations.push(LOOP_GUARD);
    }
    if takes_foreign_category(row) {
        let expect = json!({
            "status": "signed-out", "reason": "token-type-mismatch", "jwks_fetches": 0,
            "debug_headers": {"status": "=", "reason": "="}, "auth": {"isAuthenticated": false},
        });
        if row["expect"] != expect {
            row["expect"] = expect;
            deviations.push(FOREIGN_CATEGORY);
        }
    }
    if has_token_of_other_json(row) {
        let reason = row["expect"]["reason"].as_str();
        let carrier = if header_token(row).is_some() {
            "header"
        } else {
            "cookie"
        };
        if row["expect"].get("throws").is_some()
            || matches!(reason, Some("unexpected-error" | "jwk-kid-mismatch"))
        {
            row["expect"] = json!({
                "status": "signed-out", "reason": "token-invalid", "jwks_fetches": 0,
                "debug_headers": {"status": "=", "reason": "=", "message": "="}, "auth": {"isAuthenticated": false},
                "message_tail": format!("(reason=token-invalid, token-carrier={carrier})"),
            });
            deviations.push(OBJECTS_ONLY);
        }
    }
    if is_unnamed_session(&row["expect"]) {
        row["expect"]["auth"] = json!({"isAuthenticated": false});
        deviations.push(NAMED);
    }
    let expect = row["expect"].as_object_mut().unwrap();
    let is_handshake_result = expect.remove("other_headers").is_some();
    if is_handshake_result {
        deviations.push(NO_CORS);
    }
    let has_cookies = expect.get("set_cookie").is_some();
    if (is_handshake_result || has_cookies) && !expect.contains_key("cache_control") {
        expect.insert("cache_control".to_owned(), json!("no-store"));
        deviations.push(NO_STORE);
    }
}

fn header_token(row: &Value) -> Option<&str> {
    contract::authorization_token(row["request"]["headers"]["authorization"].as_str()?)
}

/// Signed in with a session token that lacks an id.
fn is_unnamed_session(expect: &Value) -> bool {
    let is_session =
        expect.get("token_type").is_none() && expect["auth"]["isAuthenticated"] == json!(true);
    let claims = SessionClaims::insecure_decode(expect["token"].as_str().unwrap_or_default());
    is_session
        && claims.is_ok_and(|claims| claims.user_id().is_none() || claims.session_id().is_none())
}

/// Several kinds are accepted, and the header's token says that it is no session.
fn takes_foreign_category(row: &Value) -> bool {
    let accepts = &row["options"]["acceptsToken"];
    let takes_sessions = *accepts == json!("any")
        || accepts
            .as_array()
            .is_some_and(|kinds| kinds.contains(&json!("session_token")));
    let (kind, is_non_session) = contract::machine_token(header_token(row).unwrap_or_default());
    takes_sessions && kind.is_none() && is_non_session
}

fn has_token_of_other_json(row: &Value) -> bool {
    let cookies = row["request"]["cookies"].as_object();
    let sessions = cookies
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("__session"))
        .filter_map(|(_, value)| value.as_str());
    header_token(row)
        .into_iter()
        .chain(sessions)
        .any(is_other_json)
}

/// Three parts, of which header or payload is JSON, but no object.
fn is_other_json(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let json = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
        serde_json::from_slice::<Value>(&bytes).ok()
    };
    match parts.as_slice() {
        [header, payload, _] => match (json(header), json(payload)) {
            (Some(header), Some(payload)) => !header.is_object() || !payload.is_object(),
            _ => false,
        },
        _ => false,
    }
}

fn redirects(row: &mut Value, deviations: &mut Vec<Deviation>) {
    // `/sign-in?x=1%2Ftasks`: the path segment ended up in the last value of the page's own query.
    let expect = row["expect"].as_str().unwrap_or_default();
    let page_query = expect.split("&redirect_url=").next().unwrap_or_default();
    let Some((page, query)) = page_query
        .strip_suffix("%2Ftasks")
        .and_then(|page| page.split_once('?'))
    else {
        return;
    };
    row["expect"] = json!(expect.replacen(page_query, &format!("{page}/tasks?{query}"), 1));
    deviations.push(TASKS);
}

fn verify_token(row: &mut Value, deviations: &mut Vec<Deviation>) {
    let is_invalid = row["expect"] == json!({"error": "token-invalid"});
    if is_other_json(row["token"].as_str().unwrap_or_default()) && !is_invalid {
        row["expect"] = json!({"error": "token-invalid"});
        deviations.push(OBJECTS_ONLY);
    }
}

fn clerk_url(row: &mut Value, deviations: &mut Vec<Deviation>) {
    let first = |name: &str| {
        let text = row["headers"][name].as_str()?;
        Some(text.split(',').next().unwrap_or_default().to_owned())
    };
    let url = row["url"].as_str().unwrap().to_owned();
    let (scheme, rest) = url.split_once("://").unwrap();
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    let host = first("x-forwarded-host")
        .or_else(|| first("host"))
        .unwrap_or_default();
    let proto = first("x-forwarded-proto").unwrap_or_else(|| scheme.to_owned());
    let trimmed = format!("{}://{}{path}", proto.trim(), host.trim());
    if host.trim().is_empty() || proto.trim().is_empty() || row["expect"].as_str() == Some(&trimmed)
    {
        return;
    }
    if path.starts_with("//") {
        deviations.push(DOUBLE_SLASH);
    } else if host.trim() != host || proto.trim() != proto {
        deviations.push(TRIMMED);
    } else {
        return;
    }
    row["expect"] = json!(trimmed);
}

fn jwks_cache(row: &mut Value, earlier: &[Value], deviations: &mut Vec<Deviation>) {
    let t = row["t"].as_i64().unwrap();
    let is_known = row["kid"] == json!("main");
    // What the rules of this library make of the rows before.
    let (mut last_fetch, mut last_success) = (None, None);
    for (index, before) in earlier.iter().enumerate() {
        if before["secret"] != row["secret"] {
            continue;
        }
        let (before, _) = apply_jwks(before, &earlier[..index]);
        if before["expect"]["http_requests"] != json!(0) {
            last_fetch = before["t"].as_i64();
            if before["upstream"] == json!("ok") {
                last_success = last_fetch;
            }
        }
    }
    let within = |last: Option<i64>, seconds: i64| last.is_some_and(|last| t - last < seconds);
    let is_up = row["upstream"] == json!("ok");
    let mut expect = row["expect"].clone();
    if row["upstream"] == json!("401") && expect["http_requests"] == json!(5) {
        expect["http_requests"] = json!(1);
    }
    if !is_known && last_success.is_some() {
        if within(last_fetch, 60) {
            expect = json!({"http_requests": 0, "result": "jwk-kid-mismatch"});
        } else if !is_up {
            expect = json!({"http_requests": 1, "result": "jwk-kid-mismatch"});
        }
    } else if is_known && expect["result"] != json!("ok") && within(last_success, 86_400) {
        expect["result"] = json!("ok");
    }
    if row["expect"] != expect {
        row["expect"] = expect;
        deviations.push(NO_STAMPEDE);
    }
}

fn apply_jwks(row: &Value, earlier: &[Value]) -> (Value, Vec<Deviation>) {
    let (mut row, mut deviations) = (row.clone(), Vec::new());
    jwks_cache(&mut row, earlier, &mut deviations);
    (row, deviations)
}
