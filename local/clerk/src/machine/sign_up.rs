//! The sign-up attempt.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::sign_in::{ProviderProfile, ProviderRequest, waiting_for_provider, with_code};
use super::verification::{Verification, VerificationStatus};
use crate::clock::{DAY, Millis};
use crate::error::{ApiError, Code};

const LIFETIME: Millis = DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignUpStatus {
    MissingRequirements,
    Complete,
}

impl SignUpStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::MissingRequirements => "missing_requirements",
            Self::Complete => "complete",
        }
    }
}

/// What a person fills in. `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fields {
    pub(crate) email_address: Option<String>,
    /// The argon2id hash of a password that meets the rules.
    pub(crate) password_hash: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) unsafe_metadata: Option<Map<String, Value>>,
    pub(crate) locale: Option<String>,
    pub(crate) legal_accepted_at: Option<Millis>,
}

/// The state of one attempt to sign up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SignUp {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) status: SignUpStatus,
    pub(crate) fields: Fields,
    pub(crate) email: Option<Verification>,
    pub(crate) external: Option<Verification>,
    pub(crate) provider: Option<ProviderRequest>,
    /// Who the OAuth provider says this is.
    pub(crate) profile: Option<ProviderProfile>,
    /// The invitation that vouches for the address: accepted when the sign-up completes.
    #[serde(default)]
    pub(crate) invitation_id: Option<String>,
    pub(crate) created_user_id: Option<String>,
    pub(crate) created_session_id: Option<String>,
    pub(crate) created_at: Millis,
}

#[derive(Clone, Debug)]
pub(crate) enum Event<'a> {
    /// The person filled in fields. The caller has checked their form and that the address is free.
    Fill(Fields),
    /// The person asks for a code to their address.
    SendCode { code: &'a str },
    /// The person gave the code.
    CheckCode { code: &'a str },
    /// The person wants to sign up with an OAuth provider.
    AskProvider {
        request: ProviderRequest,
        redirect_url: &'a str,
    },
    /// The provider vouches for someone who has no account yet.
    ProviderKnowsNobody { profile: ProviderProfile },
    /// The provider vouches for someone who has an account: the start of a sign-in.
    ProviderKnows { profile: ProviderProfile },
    /// The person refused, or the provider did.
    ProviderDenied,
    /// The ticket of an invitation, which only the owner of the address can have.
    Ticket {
        email_address: &'a str,
        invitation_id: &'a str,
    },
    /// A sign-in found that the provider's person has no account.
    Transfer {
        profile: ProviderProfile,
        strategy: &'a str,
    },
}

/// What the caller has to do after a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Nothing,
    /// Send the code of the event to the address.
    SendCode {
        email_address: String,
    },
    /// Create the user, start a session, and then say so with [`SignUp::completed`].
    CreateUser {
        strategy: String,
    },
}

impl SignUp {
    pub(crate) fn new(id: String, client_id: String, now: Millis) -> Self {
        Self {
            id,
            client_id,
            status: SignUpStatus::MissingRequirements,
            fields: Fields::default(),
            email: None,
            external: None,
            provider: None,
            profile: None,
            invitation_id: None,
            created_user_id: None,
            created_session_id: None,
            created_at: now,
        }
    }

    pub(crate) fn abandon_at(&self) -> Millis {
        self.created_at + LIFETIME
    }

    /// Required fields that are not filled in.
    pub(crate) fn missing_fields(&self) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if self.fields.email_address.is_none() {
            missing.push("email_address");
        }
        // A provider that vouches for the person stands in for the password.
        if self.fields.password_hash.is_none() && !self.external_verified() {
            missing.push("password");
        }
        missing
    }

    /// Filled-in fields that still need a verification.
    pub(crate) fn unverified_fields(&self) -> Vec<&'static str> {
        if self.fields.email_address.is_some() && !self.email_verified() {
            vec!["email_address"]
        } else {
            Vec::new()
        }
    }

    fn email_verified(&self) -> bool {
        self.email.as_ref().is_some_and(Verification::is_verified)
    }

    pub(crate) fn external_verified(&self) -> bool {
        self.external
            .as_ref()
            .is_some_and(Verification::is_verified)
    }

    /// The user and session that [`Effect::CreateUser`] asked for.
    pub(crate) fn completed(mut self, user_id: &str, session_id: &str) -> Self {
        self.created_user_id = Some(user_id.to_owned());
        self.created_session_id = Some(session_id.to_owned());
        self
    }

    /// What `event` makes of this attempt. The state is to be kept also when the step is refused: tries are counted.
    pub(crate) fn step(mut self, event: Event<'_>, now: Millis) -> (Self, Result<Effect, Code>) {
        if now >= self.abandon_at() || self.status == SignUpStatus::Complete {
            return (self, Err(Code::ClientStateInvalid));
        }
        match event {
            Event::Fill(fields) => {
                self.fill(fields);
                self.advance()
            }
            Event::SendCode { code } => match self.fields.email_address.clone() {
                None => (self, Err(Code::VerificationMissing)),
                Some(_) if self.email_verified() => (self, Err(Code::VerificationAlreadyVerified)),
                Some(email_address) => {
                    self.email = Some(Verification::sent("email_code", None, code, now));
                    (self, Ok(Effect::SendCode { email_address }))
                }
            },
            Event::CheckCode { code } => match self.email.take() {
                None => (self, Err(Code::VerificationNotSent)),
                Some(verification) => {
                    let (verification, result) = verification.attempt(code, now);
                    self.email = Some(verification);
                    match result {
                        Ok(()) => self.advance(),
                        Err(code) => (self, Err(code)),
                    }
                }
            },
            Event::AskProvider {
                request,
                redirect_url,
            } => {
                self.external = Some(Verification::redirecting(
                    &request.strategy,
                    redirect_url,
                    now,
                ));
                self.provider = Some(request);
                (self, Ok(Effect::Nothing))
            }
            Event::ProviderKnowsNobody { profile } => {
                match waiting_for_provider(self.external.as_ref(), now) {
                    Ok(strategy) => self.vouched_for(profile, &strategy),
                    Err(code) => (self, Err(code)),
                }
            }
            Event::ProviderKnows { profile } => {
                match waiting_for_provider(self.external.as_ref(), now) {
                    Ok(strategy) => {
                        let error = ApiError::new(Code::FormIdentifierExists)
                            .because("An account here already belongs to this provider's account.")
                            .item();
                        let error = with_code(error, "external_account_exists");
                        self.external = Some(Verification::refused(
                            &strategy,
                            VerificationStatus::Transferable,
                            error,
                        ));
                        self.profile = Some(profile);
                        (self, Ok(Effect::Nothing))
                    }
                    Err(code) => (self, Err(code)),
                }
            }
            Event::ProviderDenied => match waiting_for_provider(self.external.as_ref(), now) {
                Ok(strategy) => {
                    let error = ApiError::new(Code::OAuthAccessDenied).item();
                    self.external = Some(Verification::refused(
                        &strategy,
                        VerificationStatus::Unverified,
                        error,
                    ));
                    (self, Ok(Effect::Nothing))
                }
                Err(code) => (self, Err(code)),
            },
            Event::Ticket {
                email_address,
                invitation_id,
            } => {
                self.fields.email_address = Some(email_address.to_owned());
                self.email = Some(Verification::verified("ticket"));
                self.invitation_id = Some(invitation_id.to_owned());
                self.advance()
            }
            Event::Transfer { profile, strategy } => self.vouched_for(profile, strategy),
        }
    }

    fn fill(&mut self, fields: Fields) {
        // A code or a ticket proves one address: another address needs another one.
        if fields.email_address.is_some() && fields.email_address != self.fields.email_address {
            self.email = None;
            self.invitation_id = None;
        }
        let known = std::mem::take(&mut self.fields);
        self.fields = Fields {
            email_address: fields.email_address.or(known.email_address),
            password_hash: fields.password_hash.or(known.password_hash),
            first_name: fields.first_name.or(known.first_name),
            last_name: fields.last_name.or(known.last_name),
            unsafe_metadata: fields.unsafe_metadata.or(known.unsafe_metadata),
            locale: fields.locale.or(known.locale),
            legal_accepted_at: fields.legal_accepted_at.or(known.legal_accepted_at),
        };
    }

    fn vouched_for(
        mut self,
        profile: ProviderProfile,
        strategy: &str,
    ) -> (Self, Result<Effect, Code>) {
        self.external = Some(Verification::verified(strategy));
        // The simulated provider vouches for the address too, which may be another than the invited one.
        self.invitation_id = None;
        self.email = Some(Verification::verified("email_code"));
        self.fields.email_address = Some(profile.email_address.clone());
        self.profile = Some(profile);
        self.advance()
    }

    fn advance(mut self) -> (Self, Result<Effect, Code>) {
        if !self.missing_fields().is_empty() || !self.unverified_fields().is_empty() {
            return (self, Ok(Effect::Nothing));
        }
        self.status = SignUpStatus::Complete;
        let strategy = match &self.external {
            Some(external) if external.is_verified() => external.strategy.clone(),
            _ if self.invitation_id.is_some() => "ticket".to_owned(),
            _ => "email_code".to_owned(),
        };
        (self, Ok(Effect::CreateUser { strategy }))
    }
}
