//! The Frontend API proxy: what goes to Clerk, and what comes back.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use leptos_clerk_convex::config::{
    Configuration, PublicConfiguration, PublishableKey, SecretKey, hosts,
};
use leptos_clerk_convex::server::proxy::{FrontendApiProxy, ProxyError};
use serde_json::{Map, Value, json};
use url::Url;

use super::cookies::headers;
use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn sections() -> Vec<Section> {
    vec![
        Section::new(
            "proxy_match",
            &[("", &["url", "proxy_path", "expect"])],
            |vectors, row, _| {
                let mut proxy = proxy(vectors, &json!({}))?;
                if let Some(path) = row["proxy_path"].as_str() {
                    proxy = proxy.at(path);
                }
                let url: Url = text(row, "url")
                    .parse()
                    .map_err(|error| format!("{error}"))?;
                same("match", &row["expect"], &json!(proxy.matches(url.path())))
            },
        ),
        Section::new(
            "fapi_proxy_base",
            &[("", &["key", "expect"])],
            |_, row, _| {
                let key = PublishableKey::parse(text(row, "key"));
                let frontend_api = key
                    .as_ref()
                    .map(PublishableKey::frontend_api)
                    .unwrap_or_default();
                same(
                    "upstream",
                    &row["expect"],
                    &json!(hosts::frontend_api_upstream(frontend_api)),
                )
            },
        ),
        Section::new(
            "fapi_proxy",
            &[
                ("", &["id", "request", "options", "upstream", "expect"]),
                ("request", &["url", "method", "headers", "body"]),
                (
                    "options",
                    &["secretKey", "publishableKey", "fapiUrl", "proxyPath"],
                ),
                (
                    "upstream",
                    &["status", "headers", "headerList", "error", "passthrough"],
                ),
                ("expect", &["upstream_request", "response"]),
                (
                    "expect.upstream_request",
                    &["url", "method", "redirect", "headers", "body"],
                ),
                (
                    "expect.response",
                    &["status", "headers", "set_cookie", "body"],
                ),
            ],
            exchange,
        ),
    ]
}

fn proxy(vectors: &Vectors, options: &Value) -> Result<FrontendApiProxy, String> {
    let default_key = vectors.publishable_key(&json!("live")).unwrap();
    let key = options["publishableKey"].as_str().unwrap_or(&default_key);
    let secret = options["secretKey"].as_str().unwrap_or("sk_test_x");
    let environment = |name: &str| match name {
        "CLERK_PUBLISHABLE_KEY" => Some(key.to_owned()),
        "CLERK_SECRET_KEY" => Some(secret.to_owned()),
        _ => None,
    };
    // A server without keys does not start, so there is no proxy that could answer; that is this library's form of the error.
    if secret.is_empty() || PublishableKey::parse(key).is_err() {
        return match Configuration::from_lookup(environment) {
            Err(_) => Err(ProxyError::InvalidUpstream.code().to_owned()),
            Ok(_) => Err("a configuration without keys was accepted".to_owned()),
        };
    }
    let public = PublicConfiguration::new(PublishableKey::parse(key).unwrap());
    let configuration = Configuration::new(public, SecretKey::new(secret).unwrap());
    let mut proxy =
        FrontendApiProxy::new(&configuration).map_err(|error| error.code().to_owned())?;
    if let Some(address) = options["fapiUrl"].as_str() {
        proxy = proxy
            .to_upstream(address)
            .map_err(|error| error.code().to_owned())?;
    }
    if let Some(path) = options["proxyPath"].as_str() {
        proxy = proxy.at(path);
    }
    Ok(proxy)
}

fn exchange(vectors: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let (request, upstream, expect) = (&row["request"], &row["upstream"], &row["expect"]);
    let failed = |status: u16, code: &str| {
        same(
            "upstream request",
            &expect["upstream_request"],
            &Value::Null,
        )?;
        same("response", &expect["response"], &failure(status, code))
    };
    let proxy = match proxy(vectors, &row["options"]) {
        Ok(proxy) => proxy,
        Err(code) => return failed(500, &code),
    };
    let url: Url = text(request, "url")
        .parse()
        .map_err(|error| format!("{error}"))?;
    let method: Method = text(request, "method")
        .parse()
        .map_err(|error| format!("{error}"))?;
    let planned = match proxy.plan(method, &url, &headers(&request["headers"])) {
        Ok(planned) => planned,
        Err(error) => return failed(error.status().as_u16(), error.code()),
    };
    let mut sent = json!({
        "url": planned.url.as_str(),
        "method": planned.method.as_str(),
        "headers": as_object(&planned.headers, &[]),
        // Redirects are the browser's to follow; that the client follows none is tested with a real one beside the code.
        "redirect": "manual",
    });
    if let Some(body) = expect["upstream_request"].get("body") {
        sent["body"] = body.clone();
    }
    same("upstream request", &expect["upstream_request"], &sent)?;

    if upstream.get("error").is_some() {
        let error = ProxyError::Unreachable("");
        return same(
            "response",
            &expect["response"],
            &failure(error.status().as_u16(), error.code()),
        );
    }
    let relayed = proxy.relay(&answer_headers(upstream), &planned);
    let mut response =
        json!({ "status": upstream["status"], "headers": as_object(&relayed, &["set-cookie"]) });
    let cookies: Vec<_> = relayed
        .get_all("set-cookie")
        .iter()
        .map(|value| json!(value.to_str().unwrap()))
        .collect();
    if !cookies.is_empty() {
        response["set_cookie"] = json!(cookies);
    }
    same("response", &expect["response"], &response)
}

fn failure(status: u16, code: &str) -> Value {
    json!({
        "status": status,
        "headers": { "cache-control": "no-store", "content-type": "application/json" },
        "body": { "errors": [{ "code": code }] },
    })
}

/// The recorded answers had a text as their body, which gives them a type.
fn answer_headers(upstream: &Value) -> HeaderMap {
    let mut answer = headers(&upstream["headers"]);
    for pair in upstream["headerList"].as_array().into_iter().flatten() {
        let name: HeaderName = pair[0].as_str().unwrap().parse().unwrap();
        answer.append(
            name,
            HeaderValue::from_str(pair[1].as_str().unwrap()).unwrap(),
        );
    }
    answer
        .entry("content-type")
        .or_insert(HeaderValue::from_static("text/plain;charset=UTF-8"));
    answer
}

fn as_object(headers: &HeaderMap, without: &[&str]) -> Value {
    let mut object = Map::new();
    for name in headers
        .keys()
        .filter(|name| !without.contains(&name.as_str()))
    {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        object.insert(name.as_str().to_owned(), json!(values.join(", ")));
    }
    Value::Object(object)
}
