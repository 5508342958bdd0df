//! Who a connection is, and when that ends.

use super::*;

#[test]
fn what_follows_a_token_waits_for_it_and_has_its_identity() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0)]);
    bench.message(ClientMessage::Authenticate {
        base_version: 0,
        token: token(),
    });
    assert!(bench.message(mutate(0)).is_empty());
    assert!(bench.snapshot().is_empty());
    let ada = Person {
        name: Some("ada"),
        until: None,
    };
    let effects = bench.handle(Event::Authenticated(Ok(ada.clone())));
    let [Effect::RunMutation { call, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(call.identity, ada);
    let effects = bench.snapshot();
    assert!(
        matches!(&effects[..], [Effect::ComputeUpdate(calls)] if calls[0].1.function.identity == ada)
    );
}

#[test]
fn a_new_identity_runs_everything_again() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0), add(1)]);
    bench.snapshot();
    bench.computed(vec![(0, given(1)), (1, given(2))]);
    bench.sign_in(0, Person::default());
    assert!(matches!(&bench.snapshot()[..], [Effect::ComputeUpdate(calls)] if calls.len() == 2));
    let transition = bench.computed(vec![(0, given(1)), (1, given(3))]);
    assert_eq!(
        (
            transition.start_version.identity,
            transition.end_version.identity
        ),
        (0, 1)
    );
    assert_eq!(transition.modifications.len(), 1);
    assert!(
        bench
            .message(ClientMessage::Authenticate {
                base_version: 1,
                token: Credentials::None
            })
            .is_empty()
    );
    assert!(matches!(&bench.snapshot()[..], [Effect::ComputeUpdate(calls)] if calls.len() == 2));
}

#[test]
fn a_refused_token_ends_the_connection() {
    let mut bench = Bench::new();
    bench.sign_in(0, Person::default());
    transition(&bench.snapshot());
    bench.message(ClientMessage::Authenticate {
        base_version: 1,
        token: token(),
    });
    let failure = AuthenticationFailure {
        code: "NoAuthProvider".to_owned(),
        message: "nobody knows it".to_owned(),
    };
    let effects = bench.handle(Event::Authenticated(Err(failure)));
    let [Effect::Send(message), Effect::Close(close)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(matches!(
        message,
        ServerMessage::AuthError {
            base_version: 1,
            auth_update_attempted: true,
            ..
        }
    ));
    assert_eq!(close.code, None);
}

/// Something that needs an identity.
type Work = fn(&mut Bench) -> Vec<Effect<Person>>;

#[test]
fn expiry_is_noticed_at_the_next_work_only() {
    let expired: [Work; 3] = [
        |bench| bench.message(mutate(0)),
        |bench| {
            bench.message(ClientMessage::Action {
                request_id: 0,
                function: function(None),
            })
        },
        |bench| {
            bench.handle(Event::QueryInvalidated);
            bench.snapshot()
        },
    ];
    for work in expired {
        let mut bench = Bench::new();
        bench.sign_in(
            0,
            Person {
                name: Some("ada"),
                until: Some(1060),
            },
        );
        transition(&bench.snapshot());
        bench.seconds = 1060;
        let effects = work(&mut bench);
        assert!(
            matches!(
                &effects[..],
                [
                    Effect::Send(ServerMessage::AuthError {
                        base_version: 1,
                        auth_update_attempted: false,
                        ..
                    }),
                    Effect::Close(Close { code: None, .. }),
                ]
            ),
            "{effects:?}"
        );
    }
}
