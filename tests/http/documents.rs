//! Pages with cookies: who is signed in, who is sent where.

use http::StatusCode;
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn a_session_cookie_signs_in() {
    let site = development().await;
    let token = session("user_1");
    let page = site.open("/dashboard", &signed_in(&token)).await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (StatusCode::OK, "hello user_1")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("vary").to_ascii_lowercase().contains("cookie"));
    assert_eq!(
        page.header("x-clerk-auth-status"),
        "",
        "signed-in answers carry no reason"
    );
}

#[tokio::test]
async fn without_a_session_a_page_leads_to_sign_in_and_back() {
    let site = development().await;
    let page = site
        .open("/dashboard?tab=2", &[("__clerk_db_jwt", "dev-browser")])
        .await;
    assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(page.location().path(), "/sign-in");
    assert_eq!(
        page.parameter("redirect_url").as_deref(),
        Some("http://app.example/dashboard?tab=2")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(
        page.header("x-clerk-auth-reason"),
        "session-token-and-uat-missing"
    );
}

#[tokio::test]
async fn garbage_is_nobody_and_never_an_error() {
    let site = development().await;
    for garbage in [
        "garbage",
        "a.b.c",
        "%00",
        "eyJhbGciOiJub25lIn0.e30.",
        "....",
        "\u{e9}",
    ] {
        let page = site.open("/dashboard", &signed_in(garbage)).await;
        assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT, "{garbage}");
        assert_eq!(page.location().path(), "/sign-in", "{garbage}");
        assert_eq!(
            site.fetch("/api/private", &signed_in(garbage)).await.status,
            StatusCode::UNAUTHORIZED,
            "{garbage}"
        );
    }
}

#[tokio::test]
async fn a_forged_token_is_nobody() {
    let site = development().await;
    let token = forged(&claims("user_1"));
    let page = site.fetch("/api/who", &signed_in(&token)).await;
    assert_eq!(page.body, "nobody");
    assert_eq!(
        page.header("x-clerk-auth-reason"),
        "token-invalid-signature"
    );
}

#[tokio::test]
async fn a_development_browser_is_introduced_once() {
    let site = development().await;
    let page = site.open("/", &[]).await;
    assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(page.location().host_str(), Some("clerk.example.lcl.dev"));
    assert_eq!(page.location().path(), "/v1/client/handshake");
    assert_eq!(
        page.parameter("__clerk_hs_reason").as_deref(),
        Some("dev-browser-missing")
    );
    assert_eq!(
        page.parameter("redirect_url").as_deref(),
        Some("http://app.example/")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(
        page.cookies(),
        ["__clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2"]
    );
    assert!(
        page.body.is_empty(),
        "nothing is rendered for a browser that goes elsewhere"
    );
}

#[tokio::test]
async fn only_pages_are_sent_to_a_handshake() {
    let site = development().await;
    let cookies = [("__client_uat", "5"), ("__clerk_db_jwt", "dev-browser")];
    assert_eq!(
        site.open("/", &cookies).await.status,
        StatusCode::TEMPORARY_REDIRECT
    );
    assert_eq!(site.fetch("/plain", &cookies).await.status, StatusCode::OK);
    for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"] {
        let headers = [("sec-fetch-dest", "document"), ("accept", "text/html")];
        let answer = site
            .send(request(method, "/form", &headers, &cookies))
            .await;
        assert_ne!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{method}");
    }
    let image = site
        .send(request(
            "GET",
            "/",
            &[("sec-fetch-dest", "image"), ("accept", "text/html")],
            &cookies,
        ))
        .await;
    assert_eq!(image.status, StatusCode::OK);
}

#[tokio::test]
async fn redirects_end_at_the_loop_guard() {
    let site = production().await;
    let mut count = 0;
    for round in 0..20 {
        let counter = count.to_string();
        let page = site
            .open(
                "/",
                &[("__client_uat", "5"), ("__clerk_redirect_count", &counter)],
            )
            .await;
        if page.status == StatusCode::OK {
            assert_eq!(round, 3);
            assert_eq!(
                page.header("x-clerk-auth-reason"),
                "client-uat-but-no-session-token"
            );
            return;
        }
        count = page.cookies()[0]
            .split(['=', ';'])
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
    }
    panic!("the loop never ended");
}

#[tokio::test]
async fn a_loop_guard_beyond_its_limit_still_holds() {
    let site = production().await;
    for count in ["3", "4", "99", "1e9"] {
        let page = site
            .open(
                "/",
                &[("__client_uat", "5"), ("__clerk_redirect_count", count)],
            )
            .await;
        assert_eq!(page.status, StatusCode::OK, "{count}");
    }
}

#[tokio::test]
async fn an_expired_session_is_refreshed_before_anything_is_rendered() {
    let site = development().await;
    let fresh = session("user_1");
    *site.upstream.refreshed.lock().unwrap() = vec![
        format!("__session={fresh}; Path=/"),
        "__client_uat=9; Path=/".to_owned(),
    ];
    let old = expired("user_1");
    let suffix = site
        .layer
        .public_configuration()
        .publishable_key
        .cookie_suffix();
    let refresh = format!("__refresh_{suffix}");
    let cookies = [
        ("__session", old.as_str()),
        ("__client_uat", "1"),
        ("__clerk_db_jwt", "db"),
        (&refresh, "refresh-token"),
    ];
    let page = site.open("/dashboard", &cookies).await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (StatusCode::OK, "hello user_1")
    );
    assert_eq!(page.cookies().len(), 2);
    assert_eq!(page.header("cache-control"), "no-store");
    let calls = site.upstream.calls.lock().unwrap();
    assert_eq!(calls[0].0, "refresh sess_user_1");
    assert_eq!(calls[0].1["refresh_token"], json!("refresh-token"));
    assert_eq!(calls[0].1["request_origin"], json!("http://app.example"));
}

#[tokio::test]
async fn an_expired_session_without_refresh_goes_to_a_handshake() {
    let site = development().await;
    let old = expired("user_1");
    let page = site.open("/dashboard", &signed_in(&old)).await;
    assert_eq!(page.location().path(), "/v1/client/handshake");
    assert_eq!(
        page.parameter("__clerk_hs_reason").as_deref(),
        Some("session-token-expired-refresh-non-eligible-no-refresh-cookie")
    );
    assert_eq!(
        site.fetch("/api/private", &signed_in(&old)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_pending_session_is_signed_out_and_goes_on_to_its_tasks() {
    let site = development().await;
    let token = signed(&with(claims("user_1"), &json!({"sts": "pending"})));
    assert_eq!(
        site.fetch("/api/who", &signed_in(&token)).await.body,
        "nobody"
    );
    let page = site.open("/dashboard", &signed_in(&token)).await;
    assert_eq!(page.location().path(), "/sign-in/tasks");
}

#[tokio::test]
async fn the_suffixed_cookies_of_this_instance_win() {
    let site = production().await;
    let suffix = site
        .layer
        .public_configuration()
        .publishable_key
        .cookie_suffix();
    let ours = signed(&with(
        claims("user_ours"),
        &json!({"iss": "https://clerk.example.com"}),
    ));
    let theirs = signed(&with(
        claims("user_theirs"),
        &json!({"iss": "https://clerk.other-app.com"}),
    ));
    let (session, uat) = (
        format!("__session_{suffix}"),
        format!("__client_uat_{suffix}"),
    );
    let cookies = [
        ("__session", theirs.as_str()),
        ("__client_uat", "1"),
        (&session, &ours),
        (&uat, "1"),
    ];
    assert_eq!(site.fetch("/api/who", &cookies).await.body, "user_ours");
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_counts() {
    let site = production().await;
    let headers = [
        ("sec-fetch-dest", "document"),
        ("x-forwarded-host", "public.example"),
        ("x-forwarded-proto", "https , http"),
    ];
    let page = site.send(request("GET", "/dashboard", &headers, &[])).await;
    assert_eq!(
        page.parameter("redirect_url").as_deref(),
        Some("https://public.example/dashboard")
    );

    let direct = site_without_trust().await;
    let page = direct
        .send(request("GET", "/dashboard", &headers, &[]))
        .await;
    assert_eq!(
        page.parameter("redirect_url").as_deref(),
        Some("http://app.example/dashboard")
    );
}

async fn site_without_trust() -> Site {
    site(
        PRODUCTION,
        "sk_live_secret",
        &[("CLERK_TRUST_FORWARDED_HEADERS", "false")],
    )
    .await
}

#[tokio::test]
async fn a_double_slash_does_not_take_over_the_host() {
    let site = production().await;
    let headers = [
        ("sec-fetch-dest", "document"),
        ("x-forwarded-host", "public.example"),
        ("x-forwarded-proto", "https"),
    ];
    let page = site
        .send(request(
            "GET",
            "//evil.example/x",
            &headers,
            &[("__client_uat", "5")],
        ))
        .await;
    assert_eq!(
        page.parameter("redirect_url").as_deref(),
        Some("https://public.example//evil.example/x")
    );
}

#[tokio::test]
async fn a_token_for_another_origin_is_refused() {
    let site = site(
        DEVELOPMENT,
        "sk_test_secret",
        &[("CLERK_AUTHORIZED_PARTIES", "http://app.example")],
    )
    .await;
    let ours = session("user_1");
    assert_eq!(
        site.fetch("/api/who", &signed_in(&ours)).await.body,
        "user_1"
    );
    let theirs = signed(&with(
        claims("user_1"),
        &json!({"azp": "http://evil.example"}),
    ));
    let answer = site.fetch("/api/who", &signed_in(&theirs)).await;
    assert_eq!(
        (answer.body.as_str(), answer.header("x-clerk-auth-reason")),
        ("nobody", "token-invalid-authorized-parties")
    );
}

#[tokio::test]
async fn the_audience_of_the_convex_integration_is_always_accepted() {
    let site = site(
        DEVELOPMENT,
        "sk_test_secret",
        &[("CLERK_AUDIENCE", "https://api.example")],
    )
    .await;
    let convex = signed(&with(claims("user_1"), &json!({"aud": "convex"})));
    assert_eq!(
        site.fetch("/api/who", &signed_in(&convex)).await.body,
        "user_1"
    );
    let other = signed(&with(claims("user_1"), &json!({"aud": "other"})));
    assert_eq!(
        site.fetch("/api/who", &signed_in(&other)).await.body,
        "nobody"
    );
}

#[tokio::test]
async fn json_that_is_no_object_is_no_token() {
    let site = production().await;
    for payload in [json!(null), json!([]), json!(7), json!("text"), json!(true)] {
        let token = signed(&payload);
        let answer = site.fetch("/api/who", &signed_in(&token)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "nobody"),
            "{payload}"
        );
        assert_eq!(
            answer.header("x-clerk-auth-reason"),
            "token-invalid",
            "{payload}"
        );
    }
    let token = signed_with_header(&json!(null), &claims("user_1"));
    assert_eq!(
        site.fetch("/api/who", &signed_in(&token))
            .await
            .header("x-clerk-auth-reason"),
        "token-invalid"
    );
}

#[tokio::test]
async fn anonymous_answers_say_why() {
    let site = production().await;
    let answer = site.fetch("/plain", &[]).await;
    assert_eq!(answer.header("x-clerk-auth-status"), "signed-out");
    assert_eq!(
        answer.header("x-clerk-auth-reason"),
        "session-token-and-uat-missing"
    );
    assert_eq!(answer.header("x-clerk-auth-message"), "");
}

#[tokio::test]
async fn what_a_client_claims_about_itself_is_not_believed() {
    let site = production().await;
    let headers = [
        ("x-clerk-auth-status", "signed-in"),
        ("x-clerk-auth-token", "anything"),
        ("x-clerk-auth-signature", "anything"),
        ("x-middleware-subrequest", "middleware"),
    ];
    assert_eq!(
        site.send(request("GET", "/api/me", &headers, &[]))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}
