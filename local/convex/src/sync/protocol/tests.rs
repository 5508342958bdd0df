#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use serde_json::json;

use super::*;

fn samples() -> Json {
    serde_json::from_str(include_str!("../../../tests/data/convex-samples.json")).unwrap()
}

/// Keeps apart a field that is null and one that is absent.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<JsonText>, D::Error> {
    JsonText::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(|json| Self::from(&json))
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Fields {
            success: bool,
            result: Json,
            #[serde(default, deserialize_with = "present")]
            error_data: Option<JsonText>,
        }
        let fields = Fields::deserialize(deserializer)?;
        Ok(if fields.success {
            Self::Success(JsonText::from(&fields.result))
        } else {
            Self::Failure {
                message: fields.result.as_str().unwrap().to_owned(),
                data: fields.error_data,
            }
        })
    }
}

/// Every server message of the samples and traces.
fn server_messages() -> Vec<Json> {
    let samples = samples();
    let mut messages = samples["wire"]["server"].as_array().unwrap().clone();
    messages.extend(traced("server"));
    messages
}

fn traced(side: &str) -> Vec<Json> {
    let samples = samples();
    let traces = samples["client_traces"].as_array().unwrap();
    traces
        .iter()
        .flat_map(|trace| trace["steps"].as_array().unwrap())
        .filter(|step| step["dir"] == side)
        .map(|step| step["msg"].clone())
        .collect()
}

#[test]
fn server_messages_are_written_as_recorded() {
    for sample in server_messages() {
        let message: ServerMessage = serde_json::from_value(sample.clone()).unwrap();
        let mut written: Json = serde_json::from_str(&message.to_text()).unwrap();
        if sample.get("ts").is_none() && written["ts"].is_null() {
            written.as_object_mut().unwrap().remove("ts");
        }
        assert_eq!(written, sample);
    }
}

#[test]
fn recorded_client_messages_are_read() {
    let samples = samples();
    let wire = samples["wire"]["client"].as_array().unwrap().clone();
    for sample in wire.into_iter().chain(traced("client")) {
        let name = sample["type"].as_str().unwrap().to_owned();
        let message: ClientMessage = serde_json::from_value(sample.clone())
            .unwrap_or_else(|error| panic!("{sample}: {error}"));
        assert!(format!("{message:?}").starts_with(&name));
        assert!(
            !format!("{message:?}").contains("<jwt"),
            "tokens are not shown"
        );
    }
}

#[test]
fn null_and_absent_are_the_same_and_unknown_fields_are_ignored() {
    let read = |json: Json| serde_json::from_value::<ClientMessage>(json).unwrap();
    assert_eq!(
        read(json!({ "type": "Mutation", "requestId": 1, "udfPath": "a:b", "args": [{}] })),
        read(json!({
            "type": "Mutation", "requestId": 1, "udfPath": "a:b", "args": {}, "componentPath": null, "new": 1
        }))
    );
    let connect = read(json!({
        "type": "Connect", "sessionId": "4f9c2d0e-6f1a-4b8e-9a53-0d6f3b1c7e21", "connectionCount": 0,
        "maxObservedTimestamp": null, "lastCloseReason": null
    }));
    assert!(matches!(
        connect,
        ClientMessage::Connect {
            client_ts: None,
            ..
        }
    ));
}

#[test]
fn what_does_not_fit_is_refused() {
    for json in [
        json!({ "type": "Mutation", "requestId": 1, "udfPath": "a:b", "args": [{}, {}] }),
        json!({ "type": "Mutation", "requestId": 1, "udfPath": "a:b", "args": [1] }),
        json!({ "type": "Mutation", "requestId": -1, "udfPath": "a:b", "args": [{}] }),
        json!({ "type": "Connect", "sessionId": "not-a-uuid", "connectionCount": 0 }),
        json!({ "type": "Dance" }),
        json!([]),
    ] {
        assert!(
            serde_json::from_value::<ClientMessage>(json.clone()).is_err(),
            "{json}"
        );
    }
}

#[test]
fn chunks_join_to_the_text() {
    let text = format!("{{\"a\":\"{}\"}}", "é€😀x".repeat(50));
    for size in [1, 4, 7, 100, 10_000] {
        let mut joined = String::new();
        for (number, chunk) in Transition::chunks(&text, size).into_iter().enumerate() {
            let ServerMessage::TransitionChunk {
                chunk,
                part_number,
                total_parts,
                transition_id,
            } = chunk
            else {
                panic!("a chunk");
            };
            assert_eq!(part_number, number);
            assert!(part_number < total_parts);
            assert_eq!(transition_id, text.len().to_string());
            joined.push_str(&chunk);
        }
        assert_eq!(joined, text);
    }
}
