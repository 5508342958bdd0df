//! Operations on accounts that several endpoints share.

use crate::clock::{DAY, HOUR, Millis};
use crate::error::{ApiError, Code, Internal};
use crate::http::call::Call;
use crate::machine::sign_in::Account;
use crate::machine::verification::Verification;
use crate::password;
use crate::random;
use crate::resources::MAX_FAILED_ATTEMPTS;
use crate::store::Store;
use crate::store::records::{
    ApiKey, Client, EmailAddress, ExternalAccount, Membership, Metadata, Session, SessionStatus,
    User,
};

const SESSION_LIFETIME: Millis = 7 * DAY;
const SESSION_ABANDONED_AFTER: Millis = 30 * DAY;

/// What a new account starts with.
#[derive(Debug, Default)]
pub(crate) struct NewUser {
    pub(crate) email_addresses: Vec<String>,
    pub(crate) password_hash: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) unsafe_metadata: Metadata,
    pub(crate) legal_accepted_at: Option<Millis>,
}

/// Creates an account whose addresses are all verified; the first one is the primary.
pub(crate) fn create_user(store: &Store<'_>, new: NewUser, now: Millis) -> Result<User, ApiError> {
    for address in &new.email_addresses {
        require_free(store, address)?;
    }
    let mut user = User {
        id: random::id("user")?,
        first_name: new.first_name,
        last_name: new.last_name,
        locale: new.locale,
        external_id: new.external_id,
        password_hash: new.password_hash,
        public_metadata: new.public_metadata,
        private_metadata: new.private_metadata,
        unsafe_metadata: new.unsafe_metadata,
        legal_accepted_at: new.legal_accepted_at,
        created_at: now,
        updated_at: now,
        ..User::default()
    };
    for email_address in new.email_addresses {
        let email = EmailAddress {
            id: random::id("idn")?,
            user_id: user.id.clone(),
            email_address,
            verification: Some(Verification::verified("email_code")),
            created_at: now,
            updated_at: now,
        };
        store.save(&email)?;
        user.primary_email_address_id.get_or_insert(email.id);
    }
    store.save(&user)?;
    Ok(user)
}

/// Deletes an account and all that is only its own.
pub(crate) fn delete_user(store: &Store<'_>, user: &User) -> Result<(), Internal> {
    store.delete_by::<EmailAddress>("user_id", &user.id)?;
    store.delete_by::<ExternalAccount>("user_id", &user.id)?;
    store.delete_by::<Membership>("user_id", &user.id)?;
    store.delete_by::<Session>("user_id", &user.id)?;
    store.delete_by::<ApiKey>("subject", &user.id)?;
    if let Some(image) = &user.image_id {
        store.delete::<crate::store::records::Image>(image)?;
    }
    store.delete::<User>(&user.id)
}

/// The account that a verified address belongs to.
pub(crate) fn user_of_address(store: &Store<'_>, address: &str) -> Result<Option<User>, Internal> {
    match store.find_by::<EmailAddress>("email_address", address)? {
        Some(email) if email.verified() => store.find(&email.user_id),
        _ => Ok(None),
    }
}

/// Refuses an address that an account has already.
pub(crate) fn require_free(store: &Store<'_>, address: &str) -> Result<(), ApiError> {
    match store.find_by::<EmailAddress>("email_address", address)? {
        Some(_) => Err(ApiError::new(Code::FormIdentifierExists).parameter("email_address")),
        None => Ok(()),
    }
}

/// Refuses what is not an e-mail address, and gives back what is, trimmed.
pub(crate) fn check_address(address: &str) -> Result<String, ApiError> {
    let address = address.trim();
    let well_formed = address.len() <= 254
        && !address
            .contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"(),;:\\[]".contains(c))
        && address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.contains('.')
                && domain.split('.').all(|label| !label.is_empty())
        });
    if well_formed {
        return Ok(address.to_owned());
    }
    Err(ApiError::new(Code::FormParamFormatInvalid)
        .parameter("email_address")
        .because("Email address must be a valid email address."))
}

/// The account as the sign-in machine sees it.
pub(crate) fn account(user: &User, identifier: &str) -> Account {
    Account {
        user_id: user.id.clone(),
        identifier: identifier.to_owned(),
        second_factor: user.totp_enabled(),
    }
}

/// Refuses banned and locked accounts.
pub(crate) fn require_usable(user: &User, now: Millis) -> Result<(), ApiError> {
    if user.banned {
        return Err(Code::UserBanned.into());
    }
    if user.locked(now) {
        let seconds = user.locked_until.map_or(0, |until| (until - now) / 1000);
        return Err(ApiError::new(Code::UserLocked).meta("lockout_expires_in_seconds", seconds));
    }
    Ok(())
}

/// Counts a failed or a successful proof; too many failures lock the account for an hour.
pub(crate) fn record_proof(
    store: &Store<'_>,
    user: &mut User,
    correct: bool,
    now: Millis,
) -> Result<(), Internal> {
    if correct {
        if user.failed_attempts == 0 && user.locked_until.is_none() {
            return Ok(());
        }
        (user.failed_attempts, user.locked_until) = (0, None);
    } else {
        user.failed_attempts += 1;
        if user.failed_attempts >= MAX_FAILED_ATTEMPTS {
            (user.failed_attempts, user.locked_until) = (0, Some(now + HOUR));
        }
    }
    store.save(user)
}

/// Whether `password` is the account's; counts the try.
pub(crate) fn check_password(
    store: &Store<'_>,
    user: &mut User,
    given: &str,
    now: Millis,
) -> Result<bool, ApiError> {
    let hash = user
        .password_hash
        .as_deref()
        .ok_or(Code::StrategyForUserInvalid)?;
    let correct = password::matches(given, hash);
    record_proof(store, user, correct, now)?;
    Ok(correct)
}

/// Starts a session of `user` on the caller's client and makes it the active one.
pub(crate) fn start_session(
    call: &mut Call<'_>,
    user: &mut User,
    second_factor: bool,
    strategy: &str,
) -> Result<Session, ApiError> {
    let now = call.now;
    let mut client = call.ensure_client()?;
    let session = new_session(call, user, &client.id, second_factor)?;
    client.last_active_session_id = Some(session.id.clone());
    client.last_authentication_strategy = Some(strategy.to_owned());
    (client.sign_in_id, client.sign_up_id) = (None, None);
    client.updated_at = now;
    call.save_client(client)?;
    call.follow_active_session()?;
    Ok(session)
}

/// Stores a session of `user` on a client.
pub(crate) fn new_session(
    call: &Call<'_>,
    user: &mut User,
    client_id: &str,
    second_factor: bool,
) -> Result<Session, ApiError> {
    let now = call.now;
    let session = Session {
        id: random::id("sess")?,
        client_id: client_id.to_owned(),
        user_id: user.id.clone(),
        status: SessionStatus::Active,
        active_organization_id: None,
        first_factor_at: None,
        second_factor_at: second_factor.then_some(now),
        reverification: None,
        user_agent: call.request.header("user-agent").map(str::to_owned),
        last_active_at: now,
        expire_at: now + SESSION_LIFETIME,
        abandon_at: now + SESSION_ABANDONED_AFTER,
        created_at: now,
        updated_at: now,
    };
    call.store.save(&session)?;
    user.last_sign_in_at = Some(now);
    user.last_active_at = Some(now);
    call.store.save(user)?;
    Ok(session)
}

/// Ends a session and gives its client another active one, if it has one.
pub(crate) fn end_session(
    store: &Store<'_>,
    mut session: Session,
    status: SessionStatus,
    now: Millis,
) -> Result<Session, Internal> {
    session.status = status;
    session.updated_at = now;
    store.save(&session)?;
    if let Some(mut client) = store.find::<Client>(&session.client_id)? {
        if client.last_active_session_id.as_ref() == Some(&session.id) {
            let others = store.list::<Session>("client_id", &client.id)?;
            client.last_active_session_id = others
                .into_iter()
                .rfind(|other| other.live(now))
                .map(|other| other.id);
        }
        client.updated_at = now;
        store.save(&client)?;
    }
    Ok(session)
}

/// Ends all live sessions of a user but one.
pub(crate) fn end_other_sessions(
    store: &Store<'_>,
    user_id: &str,
    keep: Option<&str>,
    status: SessionStatus,
    now: Millis,
) -> Result<(), Internal> {
    for session in store.list::<Session>("user_id", user_id)? {
        if session.live(now) && Some(session.id.as_str()) != keep {
            end_session(store, session, status, now)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::options::Data;
    use crate::store::Database;

    #[test]
    fn a_hundred_failed_proofs_in_a_row_lock_the_account_for_an_hour() {
        let database = Database::open(&Data::Memory).unwrap();
        let work = |store: &Store<'_>| {
            let mut user = create_user(store, NewUser::default(), 0).unwrap();
            for _ in 0..99 {
                record_proof(store, &mut user, false, 1).unwrap();
            }
            record_proof(store, &mut user, true, 1).unwrap();
            for _ in 0..99 {
                record_proof(store, &mut user, false, 1).unwrap();
            }
            assert!(
                require_usable(&user, 1).is_ok(),
                "a success starts the count anew"
            );
            record_proof(store, &mut user, false, 1).unwrap();
            let stored = store.find::<User>(&user.id).unwrap().unwrap();
            let refusal = require_usable(&stored, HOUR).unwrap_err();
            assert_eq!(refusal.code(), Code::UserLocked);
            assert!(require_usable(&stored, HOUR + 1).is_ok());
        };
        database.transaction(|()| true, work).unwrap();
    }

    #[test]
    fn addresses_are_recognised() {
        for good in ["a@b.example", "a+b.c@d-e.example", " padded@b.example "] {
            assert!(check_address(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.example",
            "a@b..example",
            "a b@c.example",
            "a@b@c.example",
            "<a@b.example>",
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }
}
