//! E-mail that is not sent: codes go to the log and to a page.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, header};

use crate::clock::{DAY, Millis};
use crate::error::{ApiError, Internal};
use crate::http::{App, no_store};
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
pub(crate) fn deliver(
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
        code: code.to_owned(),
        created_at: now,
    })
}

/// The page at `/__clerk/inbox`.
pub(crate) async fn page(State(app): State<App>) -> Response {
    let load = move || -> Result<String, Internal> {
        let now = app.clock.millis();
        app.database.transaction(Result::is_ok, |store| {
            for message in store.all::<Message>()? {
                if now - message.created_at > DAY {
                    store.delete::<Message>(&message.id)?;
                }
            }
            Ok(render(&app.application_name, &store.all::<Message>()?, now))
        })?
    };
    match tokio::task::spawn_blocking(load).await {
        Ok(Ok(html)) => {
            let mut response = no_store(Html(html).into_response());
            response.headers_mut().insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
                ),
            );
            response
        }
        Ok(Err(error)) => ApiError::from(error).into_response(),
        Err(_) => ApiError::from(Internal::Inconsistent("the inbox page stopped")).into_response(),
    }
}

fn render(application: &str, messages: &[Message], now: Millis) -> String {
    let rows: String = messages
        .iter()
        .rev()
        .map(|message| {
            format!(
                "<li><span><b>{}</b><br>{} · {}</span><output>{}</output></li>",
                escape(&message.to),
                escape(&message.subject),
                age(now - message.created_at),
                escape(&message.code),
            )
        })
        .collect();
    let body = if rows.is_empty() {
        "<p>No e-mail yet. Codes that a hosted Clerk instance would send appear here.</p>"
            .to_owned()
    } else {
        format!("<ul>{rows}</ul>")
    };
    format!(
        include_str!("inbox.html"),
        application = escape(application),
        body = body
    )
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
