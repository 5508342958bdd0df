//! How far a sign-in or sign-up has come.

use serde_json::Value;

/// How far a sign-in or sign-up has come, and what was wrong with the last step.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FlowState {
    /// The attempt's id, once there is one.
    pub id: Option<String>,
    /// Where it stands. A sign-in: `needs_identifier`, `needs_first_factor`, `needs_second_factor`, `needs_client_trust`,
    /// `needs_new_password`, `complete`. A sign-up: `missing_requirements`, `complete`, `abandoned`.
    pub status: Option<String>,
    /// What the person has said who they are, in a sign-in.
    pub identifier: Option<String>,
    /// What the person can prove it with, in a sign-in.
    pub first_factors: Vec<FlowFactor>,
    /// What they can prove it with besides, in a sign-in.
    pub second_factors: Vec<FlowFactor>,
    /// What is still to be said, in a sign-up: `password`, `first_name`, …
    pub missing_fields: Vec<String>,
    /// What is still to be verified, in a sign-up: `email_address`, `phone_number`.
    pub unverified_fields: Vec<String>,
    /// Whether it would be complete as the other of the two: an unknown account that could sign up, a known one that could sign in.
    pub is_transferable: bool,
    /// The session that it has led to; `finalize` makes it the active one.
    pub created_session_id: Option<String>,
    /// Whether Clerk is being asked.
    pub is_fetching: bool,
    /// What was wrong with the last step.
    pub errors: FlowErrors,
}

impl FlowState {
    /// Whether there is nothing left to do but `finalize`.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.status.as_deref() == Some("complete")
    }

    /// Whether it stands at `status`.
    #[must_use]
    pub fn is_at(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }

    pub(super) fn from_json(json: &Value) -> Self {
        let attempt = &json["attempt"];
        let text = |name: &str| attempt[name].as_str().map(str::to_owned);
        Self {
            id: text("id"),
            status: text("status"),
            identifier: text("identifier"),
            first_factors: factors(&attempt["supportedFirstFactors"]),
            second_factors: factors(&attempt["supportedSecondFactors"]),
            missing_fields: texts(&attempt["missingFields"]),
            unverified_fields: texts(&attempt["unverifiedFields"]),
            is_transferable: attempt["isTransferable"] == true,
            created_session_id: text("createdSessionId"),
            is_fetching: json["fetchStatus"] == "fetching",
            errors: FlowErrors::from_json(&json["errors"]),
        }
    }
}

/// One way to prove who one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowFactor {
    /// Clerk's name of it: `password`, `email_code`, `totp`, …
    pub strategy: String,
    /// Where a code would go, partly hidden.
    pub safe_identifier: Option<String>,
}

/// What was wrong with a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowErrors {
    fields: Vec<(String, FlowError)>,
    global: Vec<FlowError>,
}

/// One thing that was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowError {
    /// Clerk's code, such as `form_password_incorrect`.
    pub code: String,
    /// Clerk's text for people.
    pub message: String,
}

impl FlowErrors {
    /// What was wrong with a field, by Clerk's name: `identifier`, `password`, `code`, `emailAddress`, `firstName`, …
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FlowError> {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map(|(_, error)| error)
    }

    /// What was wrong with no field in particular.
    #[must_use]
    pub fn global(&self) -> &[FlowError] {
        &self.global
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.global.is_empty()
    }

    fn from_json(json: &Value) -> Self {
        let fields = json["fields"].as_object().into_iter().flatten();
        let global = json["global"].as_array().into_iter().flatten();
        Self {
            fields: fields
                .filter_map(|(name, error)| Some((name.clone(), flow_error(error)?)))
                .collect(),
            global: global.filter_map(flow_error).collect(),
        }
    }
}

fn flow_error(json: &Value) -> Option<FlowError> {
    let message = json["longMessage"].as_str();
    Some(FlowError {
        code: json["code"].as_str().unwrap_or_default().to_owned(),
        message: message.or_else(|| json["message"].as_str())?.to_owned(),
    })
}

fn factors(json: &Value) -> Vec<FlowFactor> {
    let factors = json.as_array().into_iter().flatten();
    factors
        .filter_map(|factor| {
            Some(FlowFactor {
                strategy: factor["strategy"].as_str()?.to_owned(),
                safe_identifier: factor["safeIdentifier"].as_str().map(str::to_owned),
            })
        })
        .collect()
}

fn texts(json: &Value) -> Vec<String> {
    let texts = json.as_array().into_iter().flatten();
    texts.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_is_read_as_clerkjs_shows_it() {
        let state = FlowState::from_json(&json!({
            "attempt": {
                "id": "sia_1", "status": "needs_second_factor", "identifier": "ada@example.com",
                "supportedFirstFactors": [{ "strategy": "password" }],
                "supportedSecondFactors": [
                    { "strategy": "totp" },
                    { "strategy": "phone_code", "safeIdentifier": "+1*****01" },
                    { "no": "strategy" },
                ],
                "isTransferable": false, "createdSessionId": null,
            },
            "fetchStatus": "fetching",
            "errors": { "fields": { "identifier": null, "password": null }, "global": null },
        }));
        assert!(state.is_at("needs_second_factor") && !state.is_complete());
        assert!(state.is_fetching && state.errors.is_empty());
        assert_eq!(state.second_factors.len(), 2);
        assert_eq!(
            state.second_factors[1].safe_identifier.as_deref(),
            Some("+1*****01")
        );
    }

    #[test]
    fn errors_belong_to_a_field_or_to_none() {
        let state = FlowState::from_json(&json!({ "errors": {
            "fields": { "identifier": null, "password": {
                "code": "form_password_incorrect", "message": "is wrong", "longMessage": "Password is wrong.",
            }},
            "global": [{ "code": "network_error", "message": "No connection" }],
        }}));
        assert_eq!(state.errors.field("identifier"), None);
        assert_eq!(
            state.errors.field("password"),
            Some(&FlowError {
                code: "form_password_incorrect".to_owned(),
                message: "Password is wrong.".to_owned(),
            })
        );
        assert_eq!(state.errors.global()[0].code, "network_error");
        assert!(!state.errors.is_empty());
    }

    #[test]
    fn nothing_is_an_attempt_that_has_not_begun() {
        assert_eq!(FlowState::from_json(&Value::Null), FlowState::default());
    }
}
