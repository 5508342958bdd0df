//! Runs the official `convex` crate against the deployment at `CONVEX_URL` and prints `ok NAME` after each scenario.
//!
//! What the scenarios need from outside comes on standard input: after `RESTART` on standard output, a line says that the
//! deployment was killed and started again. `TOKEN`, `OTHER_TOKEN` and `BAD_TOKEN` are tokens of the deployment's issuer.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use convex::{ConvexClient, FunctionResult, QuerySubscription, Value};
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, BufReader};

/// How long anything may take that a scenario waits for.
const PATIENCE: Duration = Duration::from_secs(20);

type Arguments = BTreeMap<String, Value>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut client = ConvexClient::new(&variable("CONVEX_URL")?).await?;
    scenario("subscribe, mutate, see the update", subscribe(&mut client)).await?;
    scenario("a mutation's result", mutation(&mut client)).await?;
    scenario("an action calls mutations and queries", action(&mut client)).await?;
    scenario(
        "data of a ConvexError, and a plain error",
        errors(&mut client),
    )
    .await?;
    scenario("values come back as they were", values(&mut client)).await?;
    scenario("pages", pages(&mut client)).await?;
    scenario(
        "an accepted token, another one, none",
        identity(&mut client),
    )
    .await?;
    scenario("with a refused token nothing runs", refused(&mut client)).await?;
    scenario("the admin key acts as people", admin(&mut client)).await?;
    scenario("a killed deployment comes back", restart(&mut client)).await?;
    Ok(())
}

async fn scenario(name: &str, run: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::time::timeout(PATIENCE, run)
        .await
        .with_context(|| format!("{name}: took too long"))?
        .with_context(|| name.to_owned())?;
    println!("ok {name}");
    Ok(())
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

fn arguments<const N: usize>(pairs: [(&str, Value); N]) -> Arguments {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

fn named(name: &str) -> Arguments {
    arguments([("name", text(name))])
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn value(result: FunctionResult) -> Result<Value> {
    match result {
        FunctionResult::Value(value) => Ok(value),
        FunctionResult::ErrorMessage(message) => bail!("{message}"),
        FunctionResult::ConvexError(error) => bail!("{error:?}"),
    }
}

/// Waits for a result of the subscription that is `wanted`.
async fn until(
    subscription: &mut QuerySubscription,
    wanted: impl Fn(&Value) -> bool,
) -> Result<()> {
    loop {
        let result = subscription
            .next()
            .await
            .context("the subscription ended")?;
        if wanted(&value(result)?) {
            return Ok(());
        }
    }
}

async fn subscribe(client: &mut ConvexClient) -> Result<()> {
    let mut counter = client.subscribe("counters:get", named("crate")).await?;
    until(&mut counter, |count| *count == Value::Float64(0.0)).await?;
    value(
        client
            .mutation("counters:increment", named("crate"))
            .await?,
    )?;
    until(&mut counter, |count| *count == Value::Float64(1.0)).await
}

async fn mutation(client: &mut ConvexClient) -> Result<()> {
    for expected in 1..=3 {
        let result = value(
            client
                .mutation("counters:increment", named("results"))
                .await?,
        )?;
        ensure!(result == Value::Float64(f64::from(expected)), "{result:?}");
    }
    let read = value(client.query("counters:get", named("results")).await?)?;
    ensure!(read == Value::Float64(3.0), "{read:?}");
    Ok(())
}

async fn action(client: &mut ConvexClient) -> Result<()> {
    let counts = value(
        client
            .action("actions:incrementTwice", named("action"))
            .await?,
    )?;
    let expected = [1.0, 2.0, 2.0].map(Value::Float64).to_vec();
    ensure!(counts == Value::Array(expected), "{counts:?}");
    Ok(())
}

async fn errors(client: &mut ConvexClient) -> Result<()> {
    let with_data = arguments([("data", Value::Object(arguments([("code", text("no"))])))]);
    match client.query("errors:withData", with_data).await? {
        FunctionResult::ConvexError(error) => {
            let data = Value::Object(arguments([("code", text("no"))]));
            ensure!(error.data == data, "{error:?}");
        }
        other => bail!("{other:?}"),
    }
    match client.query("errors:plain", Arguments::new()).await? {
        FunctionResult::ErrorMessage(message) => {
            ensure!(message.contains("plain on purpose"), "{message}");
        }
        other => bail!("{other:?}"),
    }
    match client
        .mutation("counters:incrementAndFail", named("failed"))
        .await?
    {
        FunctionResult::ErrorMessage(message) => {
            ensure!(message.contains("failed on purpose"), "{message}");
        }
        other => bail!("{other:?}"),
    }
    let left = value(client.query("counters:get", named("failed")).await?)?;
    ensure!(left == Value::Float64(0.0), "{left:?}");
    Ok(())
}

async fn values(client: &mut ConvexClient) -> Result<()> {
    let all = Value::Array(vec![
        Value::Null,
        Value::Int64(i64::MIN),
        Value::Float64(-1.5),
        Value::Float64(f64::INFINITY),
        Value::Boolean(true),
        text("äöü 😀"),
        Value::Bytes(vec![0, 255]),
        Value::Object(arguments([("inner", Value::Array(Vec::new()))])),
    ]);
    let back = value(
        client
            .query("values:echo", arguments([("value", all.clone())]))
            .await?,
    )?;
    ensure!(back == all, "{back:?}");
    Ok(())
}

async fn pages(client: &mut ConvexClient) -> Result<()> {
    const FROM: f64 = 77_000.0;
    for rank in 0..5 {
        let message = arguments([
            ("author", text("crate")),
            ("body", text("page")),
            ("rank", Value::Float64(FROM + f64::from(rank))),
        ]);
        value(client.mutation("messages:send", message).await?)?;
    }
    let mut cursor = Value::Null;
    let mut lengths = Vec::new();
    loop {
        let options = arguments([("numItems", Value::Float64(2.0)), ("cursor", cursor)]);
        let page = arguments([
            ("from", Value::Float64(FROM)),
            ("paginationOpts", Value::Object(options)),
        ]);
        let Value::Object(mut page) = value(client.query("messages:page", page).await?)? else {
            bail!("a page is an object");
        };
        let Some(Value::Array(rows)) = page.remove("page") else {
            bail!("{page:?}")
        };
        lengths.push(rows.len());
        if page.get("isDone") == Some(&Value::Boolean(true)) {
            break;
        }
        cursor = page.remove("continueCursor").context("no cursor")?;
    }
    ensure!(lengths.iter().sum::<usize>() == 5, "{lengths:?}");
    Ok(())
}

async fn subject(client: &mut ConvexClient) -> Result<Option<String>> {
    match value(
        client
            .mutation("whoami:inMutation", Arguments::new())
            .await?,
    )? {
        Value::String(subject) => Ok(Some(subject)),
        _ => Ok(None),
    }
}

async fn identity(client: &mut ConvexClient) -> Result<()> {
    client.set_auth(Some(variable("TOKEN")?)).await;
    ensure!(subject(client).await?.as_deref() == Some("user_1"));
    client.set_auth(Some(variable("OTHER_TOKEN")?)).await;
    ensure!(subject(client).await?.as_deref() == Some("user_2"));
    client.set_auth(None).await;
    ensure!(subject(client).await?.is_none());
    Ok(())
}

async fn refused(client: &mut ConvexClient) -> Result<()> {
    // This client takes a refusal for a lost connection, and tries the same token for ever: nothing it asks is run.
    let mut other = ConvexClient::new(&variable("CONVEX_URL")?).await?;
    other.set_auth(Some(variable("BAD_TOKEN")?)).await;
    let increment = other.mutation("counters:increment", named("refused"));
    let answered = tokio::time::timeout(Duration::from_secs(1), increment).await;
    ensure!(
        !matches!(answered, Ok(Ok(FunctionResult::Value(_)))),
        "{answered:?}"
    );
    let count = value(client.query("counters:get", named("refused")).await?)?;
    ensure!(count == Value::Float64(0.0), "{count:?}");
    Ok(())
}

async fn admin(client: &mut ConvexClient) -> Result<()> {
    client.set_admin_auth(variable("ADMIN_KEY")?, None).await;
    let result = value(
        client
            .mutation("counters:incrementInternally", named("admin"))
            .await?,
    )?;
    ensure!(result == Value::Float64(1.0), "{result:?}");
    client.set_auth(None).await;
    let outside = client
        .mutation("counters:incrementInternally", named("admin"))
        .await?;
    ensure!(
        matches!(outside, FunctionResult::ErrorMessage(_)),
        "{outside:?}"
    );
    Ok(())
}

async fn restart(client: &mut ConvexClient) -> Result<()> {
    let mut counter = client.subscribe("counters:get", named("restart")).await?;
    value(
        client
            .mutation("counters:increment", named("restart"))
            .await?,
    )?;
    until(&mut counter, |count| *count == Value::Float64(1.0)).await?;
    println!("RESTART");
    let mut line = String::new();
    BufReader::new(tokio::io::stdin())
        .read_line(&mut line)
        .await?;
    value(
        client
            .mutation("counters:increment", named("restart"))
            .await?,
    )?;
    until(&mut counter, |count| *count == Value::Float64(2.0)).await
}
