//! The second factor of a sign-in.

use super::{apply, finish, named, user_of};
use crate::accounts::{record_proof, require_usable};
use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::machine::sign_in::{Event, SignInStatus};
use crate::second_factor::{use_backup_code, use_totp};

/// `POST /v1/client/sign_ins/{sign_in}/prepare_second_factor`: authenticator apps and backup codes need no preparation.
pub(in crate::frontend_api) fn prepare_second_factor(
    call: &mut Call<'_>,
) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    match call.required("strategy")? {
        "totp" | "backup_code" if sign_in.status == SignInStatus::NeedsSecondFactor => {
            finish(call, sign_in, None)
        }
        "totp" | "backup_code" => Err(Code::ClientStateInvalid.into()),
        _ => Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
    }
}

/// `POST /v1/client/sign_ins/{sign_in}/attempt_second_factor`
pub(in crate::frontend_api) fn attempt_second_factor(
    call: &mut Call<'_>,
) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    // Codes are used up by being checked, so the state is looked at first.
    if sign_in.status != SignInStatus::NeedsSecondFactor {
        return Err(Code::ClientStateInvalid.into());
    }
    let mut user = user_of(call, &sign_in)?;
    require_usable(&user, call.now)?;
    let (strategy, code) = (call.required("strategy")?, call.required("code")?);
    let correct = match strategy {
        "totp" => use_totp(&mut user, code, call.now),
        "backup_code" => use_backup_code(&mut user, code),
        _ => return Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
    };
    call.store.save(&user)?;
    record_proof(call.store, &mut user, correct, call.now)?;
    apply(
        call,
        sign_in,
        Event::CheckSecondFactor { strategy, correct },
        Some("code"),
    )
}
