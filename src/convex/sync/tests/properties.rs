//! Anything in any order: what must always hold, and that a network that works ends in a page that is up to date.
//!
//! The driver checks at every step: one socket, one token fetch, `Connect` first, versions in order, every call settled once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::{
    deployment::Deployment,
    driver::{Driver, jwt},
};
use crate::convex::{
    auth::AuthStatus,
    function::QueryToken,
    sync::{Event, RequestId, Scope, Subscription, SyncOptions, Timer},
};

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u8, bool),
    Unsubscribe(usize),
    Mutate(bool),
    Act(bool),
    SignIn(bool),
    SignOut,
    SocketOpens,
    SocketCloses,
    SendFails,
    Serve,
    Nonsense,
    Token(bool),
    Run(usize),
    Online,
    PageShown,
    Wait(i64),
    Refuse(bool, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..3_u8, any::<bool>()).prop_map(|(query, public)| Step::Subscribe(query, public)),
        2 => (0..8_usize).prop_map(Step::Unsubscribe),
        2 => any::<bool>().prop_map(Step::Mutate),
        1 => any::<bool>().prop_map(Step::Act),
        2 => any::<bool>().prop_map(Step::SignIn),
        1 => Just(Step::SignOut),
        4 => Just(Step::SocketOpens),
        1 => Just(Step::SocketCloses),
        1 => Just(Step::SendFails),
        5 => Just(Step::Serve),
        1 => Just(Step::Nonsense),
        4 => any::<bool>().prop_map(Step::Token),
        2 => (0..5_usize).prop_map(Step::Run),
        1 => Just(Step::Online),
        1 => Just(Step::PageShown),
        1 => (0..100_000_i64).prop_map(Step::Wait),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(who, refuses)| Step::Refuse(who, refuses)),
    ];
    prop::collection::vec(step, 0..60)
}

const TIMERS: [Timer; 5] = [
    Timer::Reconnect,
    Timer::Inactivity,
    Timer::TokenRefresh,
    Timer::TokenFetch,
    Timer::RefusalRetry,
];

struct World {
    driver: Driver,
    deployment: Deployment,
    subscriptions: Vec<(Subscription, QueryToken, bool)>,
    /// Who made each call.
    callers: BTreeMap<RequestId, Option<String>>,
    person: Option<String>,
    /// Which fetch is under way, and who was there when it began: its token is theirs, however late it comes.
    fetching: Option<(u64, Option<String>)>,
    tokens: u32,
}

impl World {
    fn new(expect_auth: bool, reuse: bool) -> Self {
        let options = SyncOptions::default()
            .with_expect_auth(expect_auth)
            .with_reuse_initial_token(reuse);
        Self {
            driver: Driver::new(options),
            deployment: Deployment::default(),
            subscriptions: Vec::new(),
            callers: BTreeMap::new(),
            person: None,
            fetching: None,
            tokens: 0,
        }
    }

    fn step(&mut self, step: &Step) {
        let scope = |public: bool| {
            if public {
                Scope::Public
            } else {
                Scope::Authenticated
            }
        };
        match *step {
            Step::Subscribe(query, public) => {
                let path = format!(
                    "{}:{query}",
                    if public { "public" } else { "authenticated" }
                );
                let (subscription, token) = self.driver.subscribe(&path, scope(public));
                self.subscriptions.push((subscription, token, public));
            }
            Step::Unsubscribe(place) => {
                if place < self.subscriptions.len() {
                    let (subscription, _, _) = self.subscriptions.remove(place);
                    self.driver.unsubscribe(subscription);
                }
            }
            Step::Mutate(public) => {
                let id = self.driver.mutation("m:m", scope(public));
                self.callers.insert(id, self.person.clone());
            }
            Step::Act(public) => {
                let id = self.driver.action("a:a", scope(public));
                self.callers.insert(id, self.person.clone());
            }
            Step::SignIn(first) => {
                let person = if first { "a" } else { "b" };
                self.person = Some(person.to_owned());
                self.driver.set_auth(person);
            }
            Step::SignOut => {
                self.person = None;
                self.driver.clear_auth();
            }
            Step::SocketOpens => self.open_socket(),
            Step::SocketCloses => {
                if self.driver.socket.is_some() {
                    self.driver.socket_closes(1006, "");
                }
            }
            Step::SendFails => {
                if let Some((connection, true)) = self.driver.socket {
                    self.driver.event(Event::SendFailed { connection });
                }
            }
            Step::Serve => self.serve(),
            Step::Nonsense => {
                if let Some((_, true)) = self.driver.socket {
                    self.driver.receives_text(r#"{"type":"Transition"}"#);
                }
            }
            Step::Token(there) => self.answer_fetch(there),
            Step::Run(timer) => {
                if self.driver.timers.contains_key(&TIMERS[timer]) {
                    // The driver counts an abandoned fetch as over: the client waits for it no longer.
                    if TIMERS[timer] == Timer::TokenFetch {
                        self.driver.fetch = None;
                    }
                    self.driver.timer(TIMERS[timer]);
                }
            }
            Step::Online => self.driver.event(Event::Online),
            Step::PageShown => self.driver.event(Event::PageShown),
            Step::Wait(ms) => self.driver.now_ms += ms,
            Step::Refuse(first, refuses) => {
                let person = if first { "a" } else { "b" }.to_owned();
                if refuses {
                    self.deployment.refuses.insert(person);
                } else {
                    self.deployment.refuses.remove(&person);
                }
            }
        }
        self.check();
    }

    fn open_socket(&mut self) {
        if let Some((_, false)) = self.driver.socket {
            self.deployment.new_conversation();
            self.driver.socket_opens();
        }
    }

    fn serve(&mut self) {
        if let Some((connection, true)) = self.driver.socket {
            let good = self.deployment.serve(&mut self.driver);
            if !good && self.driver.socket == Some((connection, true)) {
                self.driver.socket_closes(1005, "");
            }
        }
    }

    fn answer_fetch(&mut self, there: bool) {
        if self.driver.fetch.is_some() {
            self.tokens += 1;
            let now = self.driver.now_ms / 1000;
            let person = self.fetching.take().and_then(|(_, person)| person);
            let person = person.as_deref().unwrap_or("nobody");
            let token = jwt(&self.tokens.to_string(), person, now, now + 60);
            self.driver.token(there.then_some(token.as_str()));
        }
    }

    fn check(&mut self) {
        if let Some((generation, _)) = self.driver.fetch
            && self
                .fetching
                .as_ref()
                .is_none_or(|(known, _)| *known != generation)
        {
            self.fetching = Some((generation, self.person.clone()));
        }
        let Self {
            driver,
            deployment,
            person,
            ..
        } = self;
        if person.is_none() && !matches!(driver.status(), AuthStatus::Loading) {
            assert_eq!(driver.status(), AuthStatus::SignedOut);
        }
        for (_, token, public) in &self.subscriptions {
            let Some(value) = driver.value(token) else {
                continue;
            };
            if !public {
                assert_eq!(
                    value,
                    json!({ "seen by": person }),
                    "something of another person is shown"
                );
                assert!(driver.status().is_authenticated());
            }
        }
        for (request, runner) in &deployment.ran {
            let caller = &self.callers[&RequestId(*request)];
            let same = runner.is_none() || caller.is_none() || runner == caller;
            assert!(same, "{caller:?}'s call was run as {runner:?}");
        }
    }

    /// A network that works, a provider that answers, a deployment that agrees.
    fn settle(&mut self) {
        self.deployment.refuses.clear();
        for _ in 0..30 {
            self.answer_fetch(true);
            self.check();
            self.driver.event(Event::Online);
            self.check();
            self.open_socket();
            self.serve();
            if matches!(self.driver.status(), AuthStatus::Refused(_))
                && self.driver.timers.contains_key(&Timer::RefusalRetry)
            {
                self.driver.timer(Timer::RefusalRetry);
            }
            self.check();
        }
    }

    fn check_settled(&self) {
        let Self { driver, .. } = self;
        assert!(matches!(driver.socket, Some((_, true))));
        assert_eq!(driver.sent, [], "nothing is left to say");
        match &self.person {
            Some(_) => assert_eq!(
                driver.status(),
                AuthStatus::Authenticated { refreshing: false }
            ),
            None => assert_eq!(driver.status(), AuthStatus::SignedOut),
        }
        for request in self.callers.keys() {
            assert!(
                driver.settled.contains_key(request),
                "{request:?} is still open"
            );
        }
        for (_, token, public) in &self.subscriptions {
            let expected =
                (*public || self.person.is_some()).then(|| json!({ "seen by": self.person }));
            assert_eq!(driver.value(token), expected, "{token:?}");
            assert!(!driver.client.is_stale(token) || expected.is_none());
        }
        assert_eq!(driver.client.connection_state().connection_retries, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_network_that_works_ends_in_a_page_that_is_up_to_date(
        expect_auth in any::<bool>(),
        reuse in any::<bool>(),
        steps in steps(),
    ) {
        let mut world = World::new(expect_auth, reuse);
        for step in &steps {
            world.step(step);
        }
        if expect_auth && !steps.iter().any(|step| matches!(step, Step::SignIn(_) | Step::SignOut)) {
            world.step(&Step::SignOut);
        }
        world.settle();
        world.check_settled();
    }

    #[test]
    fn after_sign_out_no_token_is_fetched(steps in steps(), reuse in any::<bool>(), after in steps()) {
        let mut world = World::new(false, reuse);
        for step in &steps {
            world.step(step);
        }
        world.step(&Step::SignOut);
        world.driver.effects.clear();
        for step in after.iter().filter(|step| !matches!(step, Step::SignIn(_))) {
            world.step(step);
        }
        let fetched = world.driver.effects.iter().any(|effect| matches!(effect, crate::convex::sync::Effect::FetchToken { .. }));
        prop_assert!(!fetched);
    }
}
