//! The sign-in attempt.
//!
//! [`SignIn::step`] decides; whether a password or an authenticator's code is right is found out by the caller and comes in
//! with the event, because hashing is work that does not belong into a decision.

use serde::{Deserialize, Serialize};

use super::verification::{Verification, VerificationStatus};
use crate::clock::{DAY, Millis};
use crate::error::{ApiError, Code};

/// How long an attempt can be continued.
const LIFETIME: Millis = DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignInStatus {
    NeedsIdentifier,
    NeedsFirstFactor,
    NeedsSecondFactor,
    NeedsNewPassword,
    Complete,
}

impl SignInStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NeedsIdentifier => "needs_identifier",
            Self::NeedsFirstFactor => "needs_first_factor",
            Self::NeedsSecondFactor => "needs_second_factor",
            Self::NeedsNewPassword => "needs_new_password",
            Self::Complete => "complete",
        }
    }
}

/// The state of one attempt to sign in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) status: SignInStatus,
    pub(crate) identifier: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) first: Option<Verification>,
    pub(crate) second: Option<Verification>,
    /// Where to go after the OAuth provider's answer.
    pub(crate) provider: Option<ProviderRequest>,
    /// Who the OAuth provider says this is, when no account matches: the start of a sign-up.
    pub(crate) profile: Option<ProviderProfile>,
    /// The invitation whose ticket this is about: accepted when the sign-in completes.
    #[serde(default)]
    pub(crate) invitation_id: Option<String>,
    pub(crate) created_session_id: Option<String>,
    pub(crate) created_at: Millis,
}

/// The addresses that ClerkJS wants the browser back at after an OAuth provider answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProviderRequest {
    pub(crate) strategy: String,
    pub(crate) redirect_url: String,
    pub(crate) complete_url: String,
}

/// What an OAuth provider tells about a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProviderProfile {
    pub(crate) provider: String,
    pub(crate) provider_user_id: String,
    pub(crate) email_address: String,
}

/// The account that an attempt is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Account {
    pub(crate) user_id: String,
    pub(crate) identifier: String,
    /// Whether the account has a second factor, which is then required.
    pub(crate) second_factor: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Event<'a> {
    /// The person said who they are, and there is such an account.
    Identify { account: Account },
    /// The person asks for a code to this address.
    SendCode {
        strategy: &'a str,
        email_address_id: &'a str,
        code: &'a str,
    },
    /// The person gave a password, which was compared with the account's.
    CheckPassword { correct: bool, account: Account },
    /// The person gave a code that was sent.
    CheckCode {
        strategy: &'a str,
        code: &'a str,
        account: Account,
    },
    /// The person chose a new password that meets the rules.
    NewPassword { account: Account },
    /// The person gave a code of an authenticator app or a backup code, which was checked.
    CheckSecondFactor { strategy: &'a str, correct: bool },
    /// The person wants to sign in with an OAuth provider.
    AskProvider {
        request: ProviderRequest,
        redirect_url: &'a str,
    },
    /// The provider vouches for someone who has an account.
    ProviderKnows { account: Account },
    /// The provider vouches for someone who has none.
    ProviderKnowsNobody { profile: ProviderProfile },
    /// The person refused (`oauth_access_denied`), or the account may not be used.
    ProviderRefused { code: Code },
    /// A valid, unused ticket for this account.
    Ticket {
        account: Account,
        invitation_id: Option<String>,
    },
    /// A sign-up found that the provider's person has an account.
    Transfer { account: Account, strategy: &'a str },
}

/// What the caller has to do after a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Nothing,
    /// Send the code of the event to the address of the event.
    SendCode,
    /// Start a session, and then say so with [`SignIn::completed`].
    StartSession {
        second_factor: bool,
        strategy: String,
    },
}

impl SignIn {
    pub(crate) fn new(id: String, client_id: String, now: Millis) -> Self {
        Self {
            id,
            client_id,
            status: SignInStatus::NeedsIdentifier,
            identifier: None,
            user_id: None,
            first: None,
            second: None,
            provider: None,
            profile: None,
            invitation_id: None,
            created_session_id: None,
            created_at: now,
        }
    }

    pub(crate) fn abandon_at(&self) -> Millis {
        self.created_at + LIFETIME
    }

    /// The session that [`Effect::StartSession`] asked for.
    pub(crate) fn completed(mut self, session_id: &str) -> Self {
        self.created_session_id = Some(session_id.to_owned());
        self
    }

    /// What `event` makes of this attempt. The state is to be kept also when the step is refused: tries are counted.
    pub(crate) fn step(mut self, event: Event<'_>, now: Millis) -> (Self, Result<Effect, Code>) {
        if now >= self.abandon_at() || self.status == SignInStatus::Complete {
            return (self, Err(Code::ClientStateInvalid));
        }
        let expected = match &event {
            Event::Identify { .. }
            | Event::AskProvider { .. }
            | Event::ProviderKnows { .. }
            | Event::ProviderKnowsNobody { .. }
            | Event::ProviderRefused { .. }
            | Event::Ticket { .. }
            | Event::Transfer { .. } => SignInStatus::NeedsIdentifier,
            Event::SendCode { .. } | Event::CheckPassword { .. } | Event::CheckCode { .. } => {
                SignInStatus::NeedsFirstFactor
            }
            Event::NewPassword { .. } => SignInStatus::NeedsNewPassword,
            Event::CheckSecondFactor { .. } => SignInStatus::NeedsSecondFactor,
        };
        // Choosing a provider is also possible after naming an account: the form offers both.
        let asks_late = matches!(event, Event::AskProvider { .. })
            && self.status == SignInStatus::NeedsFirstFactor;
        if self.status != expected && !asks_late {
            return (self, Err(Code::ClientStateInvalid));
        }
        // Factors are the account's own: an event about another account is a mistake of the caller.
        let about = match &event {
            Event::CheckPassword { account, .. }
            | Event::CheckCode { account, .. }
            | Event::NewPassword { account } => Some(&account.user_id),
            _ => None,
        };
        if about.is_some() && about != self.user_id.as_ref() {
            return (self, Err(Code::ClientStateInvalid));
        }

        match event {
            Event::Identify { account } => {
                self.identify(&account);
                self.status = SignInStatus::NeedsFirstFactor;
                (self, Ok(Effect::Nothing))
            }
            Event::SendCode {
                strategy,
                email_address_id,
                code,
            } => {
                self.first = Some(Verification::sent(
                    strategy,
                    Some(email_address_id),
                    code,
                    now,
                ));
                (self, Ok(Effect::SendCode))
            }
            Event::CheckPassword { correct: false, .. } => (self, Err(Code::FormPasswordIncorrect)),
            Event::CheckPassword {
                correct: true,
                account,
            } => self.first_factor_done("password", &account),
            Event::CheckCode {
                strategy,
                code,
                account,
            } => self.check_code(strategy, code, &account, now),
            Event::NewPassword { account } => self.advance(&account),
            Event::CheckSecondFactor { correct: false, .. } => (self, Err(Code::FormCodeIncorrect)),
            Event::CheckSecondFactor {
                strategy,
                correct: true,
            } => {
                self.second = Some(Verification::verified(strategy));
                self.complete(true)
            }
            Event::AskProvider {
                request,
                redirect_url,
            } => {
                self.status = SignInStatus::NeedsIdentifier;
                self.first = Some(Verification::redirecting(
                    &request.strategy,
                    redirect_url,
                    now,
                ));
                self.provider = Some(request);
                (self, Ok(Effect::Nothing))
            }
            Event::ProviderKnows { account } => match self.waiting_for_provider(now) {
                Ok(strategy) => self.first_factor_done(&strategy, &account),
                Err(code) => (self, Err(code)),
            },
            Event::ProviderKnowsNobody { profile } => match self.waiting_for_provider(now) {
                Ok(strategy) => {
                    let error = ApiError::new(Code::FormIdentifierNotFound)
                        .because("No account here belongs to this provider's account.")
                        .item();
                    let error = with_code(error, "external_account_not_found");
                    self.first = Some(Verification::refused(
                        &strategy,
                        VerificationStatus::Transferable,
                        error,
                    ));
                    self.profile = Some(profile);
                    (self, Ok(Effect::Nothing))
                }
                Err(code) => (self, Err(code)),
            },
            Event::ProviderRefused { code } => match self.waiting_for_provider(now) {
                Ok(strategy) => {
                    let error = ApiError::new(code).item();
                    self.first = Some(Verification::refused(
                        &strategy,
                        VerificationStatus::Unverified,
                        error,
                    ));
                    (self, Ok(Effect::Nothing))
                }
                Err(code) => (self, Err(code)),
            },
            Event::Ticket {
                account,
                invitation_id,
            } => {
                self.invitation_id = invitation_id;
                self.first_factor_done("ticket", &account)
            }
            Event::Transfer { account, strategy } => self.first_factor_done(strategy, &account),
        }
    }

    fn identify(&mut self, account: &Account) {
        self.user_id = Some(account.user_id.clone());
        self.identifier = Some(account.identifier.clone());
    }

    fn check_code(
        mut self,
        strategy: &str,
        code: &str,
        account: &Account,
        now: Millis,
    ) -> (Self, Result<Effect, Code>) {
        let Some(first) = self.first.take().filter(|first| first.strategy == strategy) else {
            return (self, Err(Code::VerificationNotSent));
        };
        let (first, result) = first.attempt(code, now);
        self.first = Some(first);
        match result {
            Err(code) => (self, Err(code)),
            Ok(()) if strategy == "reset_password_email_code" => {
                self.status = SignInStatus::NeedsNewPassword;
                (self, Ok(Effect::Nothing))
            }
            Ok(()) => self.advance(account),
        }
    }

    fn first_factor_done(
        mut self,
        strategy: &str,
        account: &Account,
    ) -> (Self, Result<Effect, Code>) {
        self.identify(account);
        self.first = Some(Verification::verified(strategy));
        self.advance(account)
    }

    fn advance(mut self, account: &Account) -> (Self, Result<Effect, Code>) {
        if account.second_factor {
            self.status = SignInStatus::NeedsSecondFactor;
            return (self, Ok(Effect::Nothing));
        }
        self.complete(false)
    }

    fn complete(mut self, second_factor: bool) -> (Self, Result<Effect, Code>) {
        let Some(strategy) = self
            .first
            .as_ref()
            .filter(|first| first.is_verified())
            .map(|first| first.strategy.clone())
        else {
            return (self, Err(Code::ClientStateInvalid));
        };
        self.status = SignInStatus::Complete;
        (
            self,
            Ok(Effect::StartSession {
                second_factor,
                strategy,
            }),
        )
    }

    fn waiting_for_provider(&self, now: Millis) -> Result<String, Code> {
        waiting_for_provider(self.first.as_ref(), now)
    }
}

/// The strategy of a verification that waits for an OAuth provider's answer.
pub(crate) fn waiting_for_provider(
    verification: Option<&Verification>,
    now: Millis,
) -> Result<String, Code> {
    verification
        .filter(|v| v.status == VerificationStatus::Unverified && v.redirect_url.is_some())
        .filter(|v| v.expire_at.is_some_and(|expire_at| now < expire_at))
        .map(|v| v.strategy.clone())
        .ok_or(Code::OAuthCallbackInvalid)
}

/// Codes that appear only inside verifications are not in the list of answers, so they are named here.
pub(super) fn with_code(mut item: serde_json::Value, code: &str) -> serde_json::Value {
    item["code"] = code.into();
    item
}
