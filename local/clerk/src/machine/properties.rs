//! Whatever happens, in whatever order: nobody gets in without proof.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;

use super::sign_in::{
    self, Account, Effect, ProviderProfile, ProviderRequest, SignIn, SignInStatus,
};
use super::sign_up::{self, Fields, SignUp, SignUpStatus};
use super::verification::{CODE_LIFETIME, MAX_ATTEMPTS, Verification, VerificationStatus};
use crate::error::Code;

const CODE: &str = "123456";

#[derive(Clone, Debug)]
enum Move {
    Identify,
    SendCode(bool),
    Password(bool),
    Code(bool, bool),
    NewPassword,
    SecondFactor(bool),
    AskProvider,
    ProviderKnows,
    ProviderKnowsNobody,
    ProviderDenied,
    Ticket,
    Wait(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => Just(Move::Identify),
        2 => any::<bool>().prop_map(Move::SendCode),
        3 => any::<bool>().prop_map(Move::Password),
        3 => any::<(bool, bool)>().prop_map(|(reset, right)| Move::Code(reset, right)),
        1 => Just(Move::NewPassword),
        2 => any::<bool>().prop_map(Move::SecondFactor),
        1 => Just(Move::AskProvider),
        1 => Just(Move::ProviderKnows),
        1 => Just(Move::ProviderKnowsNobody),
        1 => Just(Move::ProviderDenied),
        1 => Just(Move::Ticket),
        1 => (0..2 * CODE_LIFETIME).prop_map(Move::Wait),
    ];
    prop::collection::vec(one, 0..24)
}

fn request() -> ProviderRequest {
    ProviderRequest {
        strategy: "oauth_x".into(),
        redirect_url: "/r".into(),
        complete_url: "/c".into(),
    }
}

fn profile() -> ProviderProfile {
    ProviderProfile {
        provider: "x".into(),
        provider_user_id: "1".into(),
        email_address: "a@b.c".into(),
    }
}

fn strategy(reset: bool) -> &'static str {
    if reset {
        "reset_password_email_code"
    } else {
        "email_code"
    }
}

proptest! {
    #[test]
    fn a_sign_in_completes_only_with_verified_factors(moves in moves(), second_factor: bool) {
        let account = Account { user_id: "user_1".into(), identifier: "a@b.c".into(), second_factor };
        let mut now = 1_000_000;
        let mut state = SignIn::new("sia_1".into(), "client_1".into(), now);
        let (mut first_proven, mut second_proven) = (false, false);
        let mut sessions = 0;
        for step in moves {
            let account = account.clone();
            let proves_first = matches!(
                step, Move::Password(true) | Move::Code(_, true) | Move::ProviderKnows | Move::Ticket
            );
            let proves_second = matches!(step, Move::SecondFactor(true));
            let event = match step {
                Move::Identify => sign_in::Event::Identify { account },
                Move::SendCode(reset) =>
                    sign_in::Event::SendCode { strategy: strategy(reset), email_address_id: "idn_1", code: CODE },
                Move::Password(correct) => sign_in::Event::CheckPassword { correct, account },
                Move::Code(reset, right) => sign_in::Event::CheckCode {
                    strategy: strategy(reset), code: if right { CODE } else { "000000" }, account,
                },
                Move::NewPassword => sign_in::Event::NewPassword { account },
                Move::SecondFactor(correct) => sign_in::Event::CheckSecondFactor { strategy: "totp", correct },
                Move::AskProvider => sign_in::Event::AskProvider { request: request(), redirect_url: "/oauth" },
                Move::ProviderKnows => sign_in::Event::ProviderKnows { account },
                Move::ProviderKnowsNobody => sign_in::Event::ProviderKnowsNobody { profile: profile() },
                Move::ProviderDenied => sign_in::Event::ProviderRefused { code: Code::OAuthAccessDenied },
                Move::Ticket => sign_in::Event::Ticket { account, invitation_id: None },
                Move::Wait(millis) => { now += millis; continue }
            };
            let (next, result) = state.step(event, now);
            state = next;
            if result.is_ok() {
                first_proven |= proves_first;
                second_proven |= proves_second;
            }
            if let Ok(Effect::StartSession { second_factor: with_second, .. }) = result {
                sessions += 1;
                prop_assert!(first_proven);
                prop_assert_eq!(with_second, second_factor);
                prop_assert!(!second_factor || second_proven);
            }
            prop_assert_eq!(state.status == SignInStatus::Complete, sessions == 1);
        }
        prop_assert!(sessions <= 1);
    }

    #[test]
    fn a_sign_up_completes_only_with_a_verified_address(
        moves in prop::collection::vec((0..6_u8, any::<bool>(), 0..CODE_LIFETIME), 0..24)
    ) {
        let mut now = 1_000_000;
        let mut state = SignUp::new("sua_1".into(), "client_1".into(), now);
        let mut created = 0;
        for (kind, flag, wait) in moves {
            now += wait / 4;
            let address = if flag { "a@b.c" } else { "d@e.f" };
            let event = match kind {
                0 => sign_up::Event::Fill(Fields { email_address: Some(address.into()), ..Fields::default() }),
                1 => sign_up::Event::Fill(Fields { password_hash: Some("h".into()), ..Fields::default() }),
                2 => sign_up::Event::SendCode { code: CODE },
                3 => sign_up::Event::CheckCode { code: if flag { CODE } else { "999999" } },
                4 => sign_up::Event::AskProvider { request: request(), redirect_url: "/oauth" },
                _ => sign_up::Event::ProviderKnowsNobody { profile: profile() },
            };
            let (next, result) = state.step(event, now);
            state = next;
            if let Ok(sign_up::Effect::CreateUser { .. }) = result {
                created += 1;
                prop_assert!(state.unverified_fields().is_empty());
                prop_assert!(state.missing_fields().is_empty());
                prop_assert!(state.email.as_ref().is_some_and(Verification::is_verified));
            }
            prop_assert_eq!(state.status == SignUpStatus::Complete, created == 1);
        }
    }

    #[test]
    fn a_code_is_tried_a_few_times_and_for_ten_minutes(tries in prop::collection::vec((any::<bool>(), 0..CODE_LIFETIME), 0..12)) {
        let start = 1_000_000;
        let mut now = start;
        let mut verification = Verification::sent("email_code", None, CODE, now);
        let mut wrong = 0;
        for (right, wait) in tries {
            now += wait / 3;
            let was = verification.status;
            let (next, result) = verification.attempt(if right { CODE } else { "x" }, now);
            verification = next;
            if was != VerificationStatus::Unverified {
                prop_assert!(result.is_err());
                continue;
            }
            if now >= start + CODE_LIFETIME {
                prop_assert_eq!(result, Err(Code::VerificationExpired));
            } else if right {
                prop_assert_eq!(result, Ok(()));
            } else {
                wrong += 1;
                let expected = if wrong >= MAX_ATTEMPTS { Code::VerificationFailed } else { Code::FormCodeIncorrect };
                prop_assert_eq!(result, Err(expected));
            }
        }
        prop_assert!(wrong <= MAX_ATTEMPTS);
    }
}

#[test]
fn another_address_needs_another_code() {
    let fill = |address: &str| {
        sign_up::Event::Fill(Fields {
            email_address: Some(address.into()),
            ..Fields::default()
        })
    };
    let state = SignUp::new("sua_1".into(), "client_1".into(), 0);
    let (state, _) = state.step(fill("a@b.c"), 1);
    let (state, _) = state.step(sign_up::Event::SendCode { code: CODE }, 1);
    let (state, _) = state.step(sign_up::Event::CheckCode { code: CODE }, 1);
    assert!(state.unverified_fields().is_empty());
    let (state, _) = state.step(fill("d@e.f"), 1);
    assert_eq!(state.unverified_fields(), ["email_address"]);
}
