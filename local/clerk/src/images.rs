//! Profile images: uploaded ones, and initials for everyone else.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};

use crate::error::{ApiError, Code, Internal};
use crate::http::App;
use crate::inbox::escape;
use crate::random;
use crate::resources::PROVIDER_NAME;
use crate::store::Store;
use crate::store::records::{EmailAddress, Image, Organization, User};

/// Image types that browsers show and that cannot carry scripts.
const TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const COLORS: [&str; 6] = [
    "#6c47ff", "#0f766e", "#b45309", "#be185d", "#1d4ed8", "#4d7c0f",
];

/// Keeps an uploaded image and tells its id.
pub(crate) fn store_upload(
    store: &Store<'_>,
    upload: Option<&(String, Vec<u8>)>,
) -> Result<String, ApiError> {
    let (content_type, bytes) = upload.ok_or_else(|| ApiError::missing("file"))?;
    let image = if content_type.starts_with("application/octet-stream") {
        // ClerkJS sends images that are strings as base64 text, with or without the head of a data URI.
        let text = String::from_utf8_lossy(bytes);
        let (head, data) = text.split_once(',').unwrap_or(("", &text));
        let content_type = head
            .strip_prefix("data:")
            .and_then(|head| head.split(';').next())
            .unwrap_or("image/png");
        Image {
            id: random::id("img")?,
            content_type: content_type.to_owned(),
            base64: data.trim().to_owned(),
        }
    } else {
        Image {
            id: random::id("img")?,
            content_type: content_type.clone(),
            base64: STANDARD.encode(bytes),
        }
    };
    let decodable = STANDARD
        .decode(&image.base64)
        .is_ok_and(|bytes| !bytes.is_empty());
    if !TYPES.contains(&image.content_type.as_str()) || !decodable {
        return Err(ApiError::new(Code::FormParamValueInvalid)
            .parameter("file")
            .because("The image must be a PNG, JPEG, GIF or WebP file."));
    }
    store.save(&image)?;
    Ok(image.id)
}

/// `GET /images/{id}`: an uploaded image, or the initials of a user or organization.
pub(crate) async fn serve(State(app): State<App>, Path(id): Path<String>) -> Response {
    let load = move || {
        app.database
            .transaction(Result::is_ok, |store| find(store, &id))
            .and_then(|found| found)
    };
    match tokio::task::spawn_blocking(load).await {
        Ok(Ok(Some((content_type, bytes)))) => {
            let mut response = Response::new(Body::from(bytes));
            let headers = response.headers_mut();
            if let Ok(content_type) = HeaderValue::from_str(&content_type) {
                headers.insert(header::CONTENT_TYPE, content_type);
            }
            headers.insert(
                header::CACHE_CONTROL,
                HeaderValue::from_static("private, max-age=60"),
            );
            headers.insert(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            );
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
            );
            response
        }
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => ApiError::from(error).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn find(store: &Store<'_>, id: &str) -> Result<Option<(String, Vec<u8>)>, Internal> {
    let svg = |svg: String| Some(("image/svg+xml".to_owned(), svg.into_bytes()));
    if id == "provider" {
        return Ok(svg(initials(PROVIDER_NAME)));
    }
    if let Some(image) = store.find::<Image>(id)? {
        return Ok(STANDARD
            .decode(&image.base64)
            .ok()
            .map(|bytes| (image.content_type, bytes)));
    }
    if let Some(user) = store.find::<User>(id)? {
        let name = match (user.full_name(), &user.primary_email_address_id) {
            (Some(name), _) => name,
            (None, Some(id)) => store
                .find::<EmailAddress>(id)?
                .map(|email| email.email_address)
                .unwrap_or_default(),
            (None, None) => String::new(),
        };
        return Ok(svg(initials(&name)));
    }
    Ok(store
        .find::<Organization>(id)?
        .and_then(|organization| svg(initials(&organization.name))))
}

/// A square with up to two initials, in a colour that depends on the name.
fn initials(name: &str) -> String {
    let letters: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .flat_map(char::to_uppercase)
        .collect();
    let color = COLORS[name.bytes().map(usize::from).sum::<usize>() % COLORS.len()];
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="{color}"/><text x="32" y="33" fill="#fff" font-family="system-ui, sans-serif" font-size="26" font-weight="600" text-anchor="middle" dominant-baseline="central">{}</text></svg>"##,
        escape(&letters)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_escaped_and_short() {
        assert!(initials("ada lovelace king").contains(">AL<"));
        assert!(initials("<script> x").contains("&lt;X"));
    }
}
