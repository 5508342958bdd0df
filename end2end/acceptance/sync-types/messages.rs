//! What the client says is what Convex's own types read, and what they say is what the client reads.

mod convex;

use convex::{
    auth::AuthToken,
    function::FunctionPath,
    protocol::{
        ClientMessage, Credential, FunctionCall, QuerySetModification, ServerMessage, Timestamp,
    },
};
use convex_sync_types as theirs;
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};

/// A value, as Convex's types are generic over it.
#[derive(Clone, Debug, PartialEq, proptest_derive::Arbitrary)]
struct Payload(#[proptest(strategy = "theirs::testing::arb_json()")] Value);

impl From<Payload> for Value {
    fn from(payload: Payload) -> Self {
        payload.0
    }
}

impl TryFrom<Value> for Payload {
    type Error = anyhow::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        Ok(Self(value))
    }
}

fn paths() -> impl Strategy<Value = FunctionPath> {
    "[a-z][a-z0-9]{0,5}(/[a-z][a-z0-9]{0,5})?:[a-z][A-Za-z0-9]{0,8}"
        .prop_map(|path| FunctionPath::new(&path))
}

fn arguments() -> impl Strategy<Value = Vec<Value>> {
    vec(theirs::testing::arb_json(), 1)
        .prop_map(|mut values| vec![json!({ "a": values.remove(0) })])
}

fn modifications() -> impl Strategy<Value = QuerySetModification> {
    prop_oneof![
        (any::<u32>(), paths(), arguments(), option::of(".*")).prop_map(
            |(query_id, udf_path, args, journal)| QuerySetModification::Add {
                query_id,
                udf_path,
                args,
                journal,
            }
        ),
        any::<u32>().prop_map(|query_id| QuerySetModification::Remove { query_id }),
    ]
}

fn calls() -> impl Strategy<Value = FunctionCall> {
    (any::<u32>(), paths(), arguments()).prop_map(|(request_id, udf_path, args)| FunctionCall {
        request_id,
        udf_path,
        args,
    })
}

fn client_messages() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        (
            any::<u32>(),
            option::of(".*"),
            option::of(0..i64::MAX as u64),
            0..i64::MAX
        )
            .prop_map(
                |(connection_count, last_close_reason, timestamp, client_ts)| {
                    ClientMessage::Connect {
                        session_id: "4f9c2d0e-6f1a-4b8e-9a53-0d6f3b1c7e21".to_owned(),
                        connection_count,
                        last_close_reason,
                        max_observed_timestamp: timestamp.map(Timestamp),
                        client_ts,
                    }
                }
            ),
        (any::<u32>(), any::<u32>(), vec(modifications(), 0..4)).prop_map(
            |(base_version, new_version, modifications)| ClientMessage::ModifyQuerySet {
                base_version,
                new_version,
                modifications,
            }
        ),
        (any::<u32>(), option::of(".*")).prop_map(|(base_version, token)| {
            ClientMessage::Authenticate {
                base_version,
                credential: Credential::from(token.map(AuthToken::new).as_ref()),
            }
        }),
        calls().prop_map(ClientMessage::Mutation),
        calls().prop_map(ClientMessage::Action),
        (".*", theirs::testing::arb_json())
            .prop_map(|(event_type, event)| ClientMessage::Event { event_type, event }),
    ]
}

/// Without the fields that are absent on one side and `null` on the other.
fn without_nulls(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, value| !(value.is_null() && OPTIONAL.contains(&name.as_str())));
            for (name, value) in fields.iter_mut() {
                if name == "modifications" {
                    *value = without_nulls(value.take());
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = without_nulls(item.take())),
        _ => {}
    }
    value
}

const OPTIONAL: [&str; 5] = [
    "journal",
    "componentPath",
    "maxObservedTimestamp",
    "clientTs",
    "modifications",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn convex_reads_what_the_client_says(message in client_messages()) {
        let mut written: Value = serde_json::from_str(&message.to_json())?;
        let read = theirs::ClientMessage::try_from(written.clone());
        prop_assert!(read.is_ok(), "{written}: {read:?}");
        let mut again = Value::try_from(read.unwrap()).unwrap();
        // Convex writes a missing reason as the text that it takes it for.
        if written["lastCloseReason"].is_null() && written["type"] == "Connect" {
            written["lastCloseReason"] = again["lastCloseReason"].clone();
        }
        again = without_nulls(again);
        prop_assert_eq!(again, without_nulls(written));
    }

    #[test]
    fn the_client_reads_what_convex_says(message in any::<theirs::ServerMessage<Payload>>()) {
        let said = Value::from(message.clone());
        // A deployment of today always says which version it means.
        prop_assume!(said["type"] != "AuthError" || !said["baseVersion"].is_null());
        let read = ServerMessage::from_json(&said.to_string());
        prop_assert!(read.is_ok(), "{said}: {read:?}");
        let again = serde_json::to_value(read.unwrap())?;
        let read_again = theirs::ServerMessage::<Payload>::try_from(again);
        prop_assert!(read_again.is_ok(), "{said}: {read_again:?}");
        prop_assert_eq!(read_again.unwrap(), message);
    }
}
