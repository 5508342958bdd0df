//! The recorded exchanges that the official clients accepted.

use serde_json::Value;

pub fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The recorded response of an exchange, with the client left to the test when the recording abbreviates it.
pub fn response(exchange: &Value) -> Value {
    let mut response = exchange["response"].clone();
    if response.get("client").is_some_and(Value::is_string) {
        response["client"] = Value::Null;
    }
    response
}
