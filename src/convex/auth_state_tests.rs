#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

/// What happens to a page, one after another.
#[derive(Clone, Debug)]
enum Step {
    Provider(SignIn),
    /// The client takes over what the provider says.
    Apply,
    Convex(AuthStatus),
    /// The provider cannot be reached, or again.
    Unreachable(bool),
}

struct Page {
    sign_in: SignIn,
    vouched: Option<&'static str>,
    told: Option<String>,
    status: AuthStatus,
    unreachable: bool,
    verdict: Verdict,
}

impl Page {
    fn new(sign_in: SignIn, vouched: Option<&'static str>) -> Self {
        Self {
            sign_in,
            vouched,
            told: None,
            status: AuthStatus::Loading,
            unreachable: false,
            verdict: Verdict {
                status: AuthStatus::Loading,
                ..Verdict::default()
            },
        }
    }

    fn after(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        steps.into_iter().for_each(|step| self.step(step));
        self
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Provider(sign_in) => self.sign_in = sign_in,
            Step::Apply => match &self.sign_in {
                SignIn::Loading => {}
                SignIn::SignedOut => {
                    self.told = None;
                    self.status = AuthStatus::SignedOut;
                }
                SignIn::SignedIn { key, .. } if self.told.as_ref() != Some(key) => {
                    self.told = Some(key.clone());
                    self.status = AuthStatus::Loading;
                }
                SignIn::SignedIn { .. } => {}
            },
            // The client speaks of the person it was told of, and of nobody else.
            Step::Convex(_) if self.told.is_none() => {}
            Step::Convex(status) => self.status = status,
            Step::Unreachable(unreachable) => self.unreachable = unreachable,
        }
        self.verdict = self
            .verdict
            .next(self.told.clone(), self.status.clone(), self.unreachable);
    }

    fn state(&self) -> ConvexAuthState {
        combine(&self.sign_in, self.vouched, &self.verdict)
    }

    fn gate(&self) -> Gate {
        gate(&self.sign_in, &self.verdict)
    }
}

fn signed_in(key: &str) -> SignIn {
    SignIn::signed_in(key, "user_1")
}

fn refused(reason: RefusalReason) -> AuthStatus {
    AuthStatus::Refused(Refusal {
        reason,
        message: "no".to_owned(),
        claims: None,
    })
}

const CONFIRMED: AuthStatus = AuthStatus::Authenticated { refreshing: false };
const REFRESHING: AuthStatus = AuthStatus::Authenticated { refreshing: true };

fn authenticated(refreshing: bool) -> ConvexAuthState {
    ConvexAuthState::Authenticated { refreshing }
}

#[test]
fn a_person_whom_the_server_knows_is_never_loading() {
    let mut page = Page::new(signed_in("a"), Some("a"));
    assert_eq!(page.state(), authenticated(false));
    for step in [
        Step::Apply,
        Step::Convex(AuthStatus::Loading),
        Step::Convex(CONFIRMED),
    ] {
        page.step(step);
        assert_eq!(page.state(), authenticated(false));
    }
}

#[test]
fn a_person_who_signs_in_on_the_page_waits_for_the_deployment() {
    let page = Page::new(SignIn::SignedOut, None).after([Step::Apply]);
    assert_eq!(page.state(), ConvexAuthState::Unauthenticated);
    let page = page.after([Step::Provider(signed_in("a"))]);
    assert_eq!(page.state(), ConvexAuthState::Loading);
    assert_eq!(page.gate(), Gate::Waiting);
    let page = page.after([Step::Apply]);
    assert_eq!(page.state(), ConvexAuthState::Loading);
    let page = page.after([Step::Convex(CONFIRMED)]);
    assert_eq!(page.state(), authenticated(false));
    assert_eq!(page.gate(), Gate::Open);
}

#[test]
fn a_token_that_is_replaced_shows_nothing_but_that() {
    let mut page = Page::new(signed_in("a"), None).after([Step::Apply, Step::Convex(CONFIRMED)]);
    for (status, refreshing) in [(REFRESHING, true), (CONFIRMED, false)] {
        page.step(Step::Convex(status));
        assert_eq!(page.state(), authenticated(refreshing));
        assert_eq!(page.gate(), Gate::Open);
    }
}

#[test]
fn a_refusal_has_a_name_and_ends_the_servers_word() {
    let refusal = refused(RefusalReason::NoMatchingProvider);
    let page = Page::new(signed_in("a"), Some("a")).after([Step::Apply, Step::Convex(refusal)]);
    assert!(matches!(page.state(), ConvexAuthState::Refused(_)));
    assert!(matches!(page.gate(), Gate::Refused(_)));
    let page = page.after([Step::Convex(AuthStatus::Loading)]);
    assert_eq!(page.state(), ConvexAuthState::Loading);
}

#[test]
fn a_provider_that_is_not_reached_signs_nobody_out() {
    let no_token = [
        Step::Apply,
        Step::Unreachable(true),
        Step::Convex(refused(RefusalReason::NoToken)),
    ];
    let known = Page::new(signed_in("a"), Some("a")).after(no_token.clone());
    assert_eq!(known.state(), authenticated(true));
    let unknown = Page::new(signed_in("a"), None).after(no_token);
    assert_eq!(unknown.state(), ConvexAuthState::Loading);
    let reached = known.after([Step::Unreachable(false)]);
    assert!(matches!(reached.state(), ConvexAuthState::Refused(_)));
}

#[test]
fn another_person_gets_nothing_of_the_one_before() {
    let page = Page::new(signed_in("a"), Some("a")).after([Step::Apply, Step::Convex(CONFIRMED)]);
    let page = page.after([Step::Provider(signed_in("b"))]);
    assert_eq!(page.state(), ConvexAuthState::Loading);
    assert_eq!(page.gate(), Gate::Waiting);
    let page = page.after([Step::Apply]);
    assert_eq!(page.state(), ConvexAuthState::Loading);
}

#[test]
fn signing_out_shows_at_once() {
    let page = Page::new(signed_in("a"), Some("a")).after([
        Step::Apply,
        Step::Convex(CONFIRMED),
        Step::Provider(SignIn::SignedOut),
    ]);
    assert_eq!(page.state(), ConvexAuthState::Unauthenticated);
    assert_eq!(page.gate(), Gate::SignedOut);
}

#[test]
fn a_change_that_leads_back_keeps_the_values() {
    let page = Page::new(signed_in("a"), Some("a")).after([
        Step::Apply,
        Step::Convex(CONFIRMED),
        Step::Provider(SignIn::Loading),
        Step::Apply,
    ]);
    assert_eq!(page.gate(), Gate::Open);
    let page = page.after([Step::Provider(signed_in("a")), Step::Apply]);
    assert_eq!(page.state(), authenticated(false));
}

fn a_sign_in() -> impl Strategy<Value = SignIn> {
    prop_oneof![
        Just(SignIn::Loading),
        Just(SignIn::SignedOut),
        Just(signed_in("a")),
        Just(signed_in("b")),
    ]
}

fn a_step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![
        Just(AuthStatus::Loading),
        Just(CONFIRMED),
        Just(REFRESHING),
        Just(refused(RefusalReason::NoToken)),
        Just(refused(RefusalReason::Expired)),
    ];
    prop_oneof![
        a_sign_in().prop_map(Step::Provider),
        Just(Step::Apply),
        status.prop_map(Step::Convex),
        any::<bool>().prop_map(Step::Unreachable),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_no_view_is_wrong(
        first in a_sign_in(),
        vouched in any::<bool>(),
        steps in prop::collection::vec(a_step(), 0..40),
    ) {
        let vouched = (vouched && first.key() == Some("a")).then_some("a");
        let mut page = Page::new(first, vouched);
        for step in steps {
            page.step(step);
            let state = page.state();
            match &page.sign_in {
                SignIn::Loading => prop_assert_eq!(&state, &ConvexAuthState::Loading),
                SignIn::SignedOut => prop_assert_eq!(&state, &ConvexAuthState::Unauthenticated),
                SignIn::SignedIn { key, .. } => {
                    prop_assert_ne!(&state, &ConvexAuthState::Unauthenticated);
                    let told = page.told.as_ref() == Some(key);
                    let is_authenticated = matches!(state, ConvexAuthState::Authenticated { .. });
                    prop_assert!(!is_authenticated || told || vouched == Some(key.as_str()));
                    prop_assert!(told || page.gate() == Gate::Waiting, "values of another person are shown");
                }
            }
        }
    }
}
