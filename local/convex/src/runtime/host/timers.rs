//! `setTimeout` and its kin, in actions.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use rquickjs::{Ctx, Function, Persistent, Result};

use super::{Host, State, state::Timer};

/// The longest delay that a timer of the web platform can have.
const LONGEST: f64 = 2_147_483_647.0;

pub(super) fn install<'js>(host: &mut Host<'js>, state: &Rc<State>) -> Result<()> {
    let shared = Rc::clone(state);
    host.add(
        "startTimer",
        move |context: Ctx<'js>, callback: Function<'js>, milliseconds: f64, repeats: bool| {
            start(&context, &shared, callback, milliseconds, repeats)
        },
    )?;
    let shared = Rc::clone(state);
    host.add("stopTimer", move |number: f64| {
        if let Some(mut side) = shared.action() {
            side.timers.retain(|(_, other), _| *other as f64 != number);
        }
    })
}

fn start<'js>(
    context: &Ctx<'js>,
    state: &State,
    callback: Function<'js>,
    milliseconds: f64,
    repeats: bool,
) -> Result<f64> {
    let mut side = state.expect_action(context, "setTimeout")?;
    let delay = if (0.0..=LONGEST).contains(&milliseconds) {
        milliseconds
    } else {
        0.0
    };
    let delay = Duration::from_secs_f64(delay / 1000.0);
    let number = side.number();
    let timer = Timer {
        callback: Persistent::save(context, callback),
        // An interval of zero would leave no time for anything else.
        every: repeats.then(|| delay.max(Duration::from_millis(1))),
    };
    side.timers.insert((Instant::now() + delay, number), timer);
    Ok(number as f64)
}
