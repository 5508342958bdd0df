//! Machine credentials: API keys, machine-to-machine tokens, OAuth access tokens.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::server::jwt::{
    Category, DecodedToken, OAUTH_TYPES, machine_token_type, machine_type_by_prefix,
};
use crate::server::token::{Token, TokenType};
use crate::server::verify::{self, HeaderType, VerificationError};

use super::refresh::texts;
use super::{
    Authentication, BackendCall, BackendKey, BackendReply, Context, Credential, Flow, Reason,
    SignedOut, Verdict,
};

/// A verified machine credential.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineAuth {
    /// The id of the credential, `ak_…`, `mt_…`, `oat_…`; empty when a JWT names none.
    pub id: String,
    /// Whom it stands for: `user_…`, `org_…`, `mch_…`.
    pub subject: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// What depends on the kind.
    pub details: MachineDetails,
}

/// What differs between the kinds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MachineDetails {
    /// An API key.
    ApiKey {
        /// The name that its owner gave it.
        name: Option<String>,
        /// Custom claims, if any.
        claims: Option<Map<String, Value>>,
    },
    /// A machine-to-machine token.
    MachineToMachine {
        /// Custom claims, if any.
        claims: Option<Map<String, Value>>,
    },
    /// An OAuth access token.
    OAuth {
        /// The client that it was issued to.
        client_id: Option<String>,
    },
}

impl MachineAuth {
    /// The kind of credential.
    #[must_use]
    pub fn token_type(&self) -> TokenType {
        match self.details {
            MachineDetails::ApiKey { .. } => TokenType::ApiKey,
            MachineDetails::MachineToMachine { .. } => TokenType::MachineToMachine,
            MachineDetails::OAuth { .. } => TokenType::OAuth,
        }
    }

    /// The user that it stands for, if it stands for one.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        match self.details {
            MachineDetails::OAuth { .. } => Some(&self.subject),
            MachineDetails::ApiKey { .. } => {
                Some(self.subject.as_str()).filter(|id| id.starts_with("user_"))
            }
            MachineDetails::MachineToMachine { .. } => None,
        }
    }

    /// The organization that an API key stands for, if it stands for one.
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        let is_api_key = matches!(self.details, MachineDetails::ApiKey { .. });
        Some(self.subject.as_str()).filter(|id| is_api_key && id.starts_with("org_"))
    }

    /// The machine that a machine-to-machine token stands for.
    #[must_use]
    pub fn machine_id(&self) -> Option<&str> {
        let is_machine = matches!(self.details, MachineDetails::MachineToMachine { .. });
        Some(self.subject.as_str()).filter(|_| is_machine)
    }
}

/// What went wrong, with the status of the Backend API where it was asked.
struct Refusal {
    reason: Reason,
    status: Option<u16>,
    message: String,
}

impl Authentication<'_> {
    /// A machine token of one kind is wanted.
    pub(super) fn machine_header_token(
        &self,
        context: &Context<'_>,
        token: &str,
        wanted: TokenType,
    ) -> Flow<Verdict> {
        if machine_token_type(token) != Some(wanted) {
            return Ok(Verdict::signed_out_with(SignedOut::of_type(
                Reason::TokenTypeMismatch,
                Some(wanted),
            )));
        }
        let machine = if machine_type_by_prefix(token).is_some() {
            read_reply(self.call(verification_call(token, wanted))?, wanted)
        } else {
            self.verify_machine_jwt(context, token, wanted)?
                .map_err(|error| Refusal {
                    reason: Reason::Verification(error),
                    status: None,
                    message: error.to_string(),
                })
        };
        Ok(match machine {
            Ok(machine) => Verdict::signed_in(Credential::Machine {
                token: Token::new(token),
                machine: Arc::new(machine),
            }),
            Err(refusal) => {
                let status = refusal
                    .status
                    .map_or_else(|| "n/a".to_owned(), |status| status.to_string());
                Verdict::signed_out_with(SignedOut {
                    message: format!(
                        "{} (code={}, status={status})",
                        refusal.message,
                        refusal.reason.as_str()
                    ),
                    reason: refusal.reason,
                    token_type: Some(wanted),
                })
            }
        })
    }

    fn verify_machine_jwt(
        &self,
        context: &Context<'_>,
        token: &str,
        kind: TokenType,
    ) -> Flow<Result<MachineAuth, VerificationError>> {
        let decoded = match DecodedToken::decode(token) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(Err(error.into())),
        };
        let is_oauth = kind == TokenType::OAuth;
        if !is_oauth && !matches!(decoded.category(), Category::Machine | Category::Absent) {
            return Ok(Err(VerificationError::Invalid));
        }
        let key = match self.key_for(&decoded)? {
            Ok(key) => key,
            Err(_) => return Ok(Err(VerificationError::Failed)),
        };
        let header_type = if is_oauth {
            HeaderType::OneOf(&OAUTH_TYPES)
        } else {
            HeaderType::Jwt
        };
        let verified = verify::check_signature(token, &decoded, &key, header_type).and_then(|()| {
            verify::check_claims(&decoded.claims, &self.options.input.rules, context.now_ms)
        });
        // The exact reason is lost here upstream too.
        Ok(match verified {
            Ok(()) if is_oauth => Ok(oauth_from_claims(&decoded)),
            Ok(()) => Ok(machine_from_claims(&decoded)),
            Err(_) => Err(VerificationError::Failed),
        })
    }
}

fn verification_call(token: &str, kind: TokenType) -> BackendCall {
    let (path, field, key) = match kind {
        TokenType::ApiKey | TokenType::Session => {
            ("/api_keys/verify", "secret", BackendKey::Secret)
        }
        TokenType::MachineToMachine => ("/m2m_tokens/verify", "token", BackendKey::Machine),
        TokenType::OAuth => (
            "/oauth_applications/access_tokens/verify",
            "access_token",
            BackendKey::Secret,
        ),
    };
    BackendCall {
        method: http::Method::POST,
        path: path.to_owned(),
        query: Vec::new(),
        body: Some(json!({ field: token })),
        key,
    }
}

fn read_reply(reply: &BackendReply, kind: TokenType) -> Result<MachineAuth, Refusal> {
    let refusal = |reason: Reason, message: &str| Refusal {
        reason,
        status: reply.status,
        message: message.to_owned(),
    };
    let Some(body) = reply.success() else {
        return Err(match reply.status {
            Some(401) => {
                // The Backend API says it best, but only its sentence is taken over.
                let said =
                    body_message(&reply.body).unwrap_or("the secret key is not accepted by Clerk");
                refusal(Reason::Verification(VerificationError::SecretKey), said)
            }
            Some(404) => refusal(
                Reason::Verification(VerificationError::Invalid),
                "there is no such token",
            ),
            _ => refusal(
                Reason::UnexpectedError,
                "the Backend API could not verify the token",
            ),
        });
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let claims = || body.get("claims").and_then(Value::as_object).cloned();
    let details = match kind {
        TokenType::ApiKey | TokenType::Session => MachineDetails::ApiKey {
            name: text("name"),
            claims: claims(),
        },
        TokenType::MachineToMachine => MachineDetails::MachineToMachine { claims: claims() },
        TokenType::OAuth => MachineDetails::OAuth {
            client_id: text("client_id"),
        },
    };
    let Some(subject) = text("subject") else {
        return Err(refusal(
            Reason::UnexpectedError,
            "the Backend API named no subject",
        ));
    };
    Ok(MachineAuth {
        id: text("id").unwrap_or_default(),
        subject,
        scopes: texts(body.get("scopes")),
        details,
    })
}

fn body_message(body: &Value) -> Option<&str> {
    body.get("errors")?.get(0)?.get("message")?.as_str()
}

fn machine_from_claims(token: &DecodedToken) -> MachineAuth {
    let claims = &token.claims;
    let scopes = match claims.text("scopes") {
        Some(scopes) => scopes.split(' ').map(str::to_owned).collect(),
        None => match claims.claim("aud") {
            Some(Value::String(audience)) => vec![audience.clone()],
            audience => texts(audience),
        },
    };
    let mut rest = claims.as_map().clone();
    rest.retain(|name, _| !matches!(name.as_str(), "iss" | "sub" | "exp" | "nbf" | "iat" | "jti"));
    MachineAuth {
        id: claims.text("jti").unwrap_or_default().to_owned(),
        subject: claims.text("sub").unwrap_or_default().to_owned(),
        scopes,
        details: MachineDetails::MachineToMachine {
            claims: (!rest.is_empty()).then_some(rest),
        },
    }
}

fn oauth_from_claims(token: &DecodedToken) -> MachineAuth {
    let claims = &token.claims;
    let scopes = match claims.claim("scp") {
        Some(Value::Array(_)) => texts(claims.claim("scp")),
        _ => claims
            .text("scope")
            .map(|scope| scope.split(' ').map(str::to_owned).collect())
            .unwrap_or_default(),
    };
    MachineAuth {
        id: claims.text("jti").unwrap_or_default().to_owned(),
        subject: claims.text("sub").unwrap_or_default().to_owned(),
        scopes,
        details: MachineDetails::OAuth {
            client_id: claims.text("client_id").map(str::to_owned),
        },
    }
}
