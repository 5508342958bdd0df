//! The local instance under a page without any framework: `cargo run -p local-clerk --example page`, then open the address
//! that it prints. Run set-up first: it fetches the ClerkJS bundles.

use axum::Router;
use axum::response::Html;
use local_clerk::{Data, LocalClerk, Options, SEED_USERS};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener =
        tokio::net::TcpListener::bind(std::env::var("ADDRESS").as_deref().unwrap_or("127.0.0.1:0"))
            .await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let mut options = Options::new(Data::Memory, &origin);
    options.follow_variables(|name| std::env::var(name).ok())?;
    let clerk = LocalClerk::open(options)?;
    let page = Html(include_str!("page.html").replace("PUBLISHABLE_KEY", &clerk.publishable_key()));
    let app = Router::new()
        .nest("/__clerk", clerk.router())
        .fallback(move || async move { page.clone() });
    let [admin, _] = SEED_USERS;
    println!(
        "{origin} (sign in as {} with {})",
        admin.email_address, admin.password
    );
    if std::env::args().any(|argument| argument == "--print-keys") {
        println!(
            "{}",
            serde_json::json!({
                "publishableKey": clerk.publishable_key(), "secretKey": clerk.secret_key(), "apiUrl": clerk.api_url(),
                "jwtKey": clerk.jwt_key_pem(),
            })
        );
    }
    axum::serve(listener, app).await?;
    Ok(())
}
