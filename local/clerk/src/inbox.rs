//! E-mail that is not sent: codes and links go to the log and to a page.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, Uri, header};
use serde_json::{Value, json};

use crate::clock::{DAY, Millis};
use crate::error::{ApiError, Internal};
use crate::http::{App, Fields, no_store};
use crate::instance::Instance;
use crate::random;
use crate::store::Store;
use crate::store::records::Message;

/// Clerk's code for test addresses.
const TEST_CODE: &str = "424242";

/// Whether an address is one of Clerk's test addresses: `+clerk_test` in the local part.
pub(crate) fn is_test_address(address: &str) -> bool {
    address
        .rsplit_once('@')
        .is_some_and(|(local, _)| local.contains("+clerk_test"))
}

/// The code to send to an address.
pub(crate) fn code_for(address: &str) -> Result<String, Internal> {
    if is_test_address(address) {
        Ok(TEST_CODE.to_owned())
    } else {
        random::code()
    }
}

/// "Sends" a code: nothing is sent to test addresses, as in Clerk.
pub(crate) fn deliver_code(
    instance: &Instance,
    store: &Store<'_>,
    to: &str,
    subject: &str,
    code: &str,
    now: Millis,
) -> Result<(), Internal> {
    if is_test_address(to) {
        return Ok(());
    }
    tracing::info!(target: "local_clerk::inbox", to, code, inbox = %format!("{}/inbox", instance.issuer()), "{subject}");
    store.save(&Message {
        id: random::id("ema")?,
        to: to.to_owned(),
        subject: subject.to_owned(),
        code: Some(code.to_owned()),
        url: None,
        created_at: now,
    })
}

/// "Sends" a link, to test addresses too: unlike their code, nobody can know it beforehand.
pub(crate) fn deliver_link(
    instance: &Instance,
    store: &Store<'_>,
    to: &str,
    subject: &str,
    url: &str,
    now: Millis,
) -> Result<(), Internal> {
    tracing::info!(target: "local_clerk::inbox", to, inbox = %format!("{}/inbox", instance.issuer()), "{subject}");
    store.save(&Message {
        id: random::id("ema")?,
        to: to.to_owned(),
        subject: subject.to_owned(),
        code: None,
        url: Some(url.to_owned()),
        created_at: now,
    })
}

/// The page at `/__clerk/inbox`.
pub(crate) async fn page(State(app): State<App>) -> Response {
    let application = escape(&app.application_name);
    let (messages, now) = match recent(app).await {
        Ok(recent) => recent,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let page = format!(
        include_str!("inbox.html"),
        application = application,
        body = render(&messages, now)
    );
    let mut response = no_store(Html(page).into_response());
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    );
    response
}

/// The same messages at `/__clerk/inbox.json`, newest first, for tests that follow links: `?to=` narrows them to an address.
pub(crate) async fn list(State(app): State<App>, uri: Uri) -> Response {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let (messages, _) = match recent(app).await {
        Ok(recent) => recent,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let wanted = messages.iter().rev().filter(|message| {
        query
            .text("to")
            .is_none_or(|to| message.to.eq_ignore_ascii_case(to))
    });
    let items: Vec<Value> = wanted
        .map(|message| {
            json!({
                "id": message.id,
                "to": message.to,
                "subject": message.subject,
                "code": message.code,
                "url": message.url,
                "created_at": message.created_at,
            })
        })
        .collect();
    crate::http::json(StatusCode::OK, &json!({ "data": items }))
}

/// The messages of the last day, oldest first, and the time; older ones are forgotten.
async fn recent(app: App) -> Result<(Vec<Message>, Millis), Internal> {
    let load = move || {
        let now = app.clock.millis();
        app.database.transaction(Result::is_ok, |store| {
            let (old, new): (Vec<_>, Vec<_>) = store
                .all::<Message>()?
                .into_iter()
                .partition(|message| now - message.created_at > DAY);
            for message in old {
                store.delete::<Message>(&message.id)?;
            }
            Ok((new, now))
        })?
    };
    tokio::task::spawn_blocking(load)
        .await
        .unwrap_or(Err(Internal::Inconsistent("the inbox stopped")))
}

fn render(messages: &[Message], now: Millis) -> String {
    let rows: String = messages
        .iter()
        .rev()
        .map(|message| {
            format!(
                "<li><span><b>{}</b><br>{} · {}</span>{}</li>",
                escape(&message.to),
                escape(&message.subject),
                age(now - message.created_at),
                content(message),
            )
        })
        .collect();
    if rows.is_empty() {
        "<p>No e-mail yet. Codes and links that a hosted Clerk instance would send appear here.</p>"
            .to_owned()
    } else {
        format!("<ul>{rows}</ul>")
    }
}

fn content(message: &Message) -> String {
    match (&message.code, &message.url) {
        (_, Some(url)) => format!("<a href=\"{}\">Open the link</a>", escape(url)),
        (Some(code), None) => format!("<output>{}</output>", escape(code)),
        (None, None) => String::new(),
    }
}

fn age(millis: Millis) -> String {
    match millis / 60_000 {
        0 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes if minutes < 60 => format!("{minutes} minutes ago"),
        minutes => format!("{} h ago", minutes / 60),
    }
}

/// Text as HTML text or attribute value.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
