//! The surroundings in the browser.

use std::{future::Future, time::Duration};

use js_sys::{Date, Math};
use leptos::{
    ev::beforeunload,
    logging::{error, log, warn},
    prelude::{
        TimeoutHandle, WindowListenerHandle, document, set_timeout_with_handle, window,
        window_event_listener, window_event_listener_untyped,
    },
};

use crate::convex::{
    driver::ConvexClient,
    sync::{Event, Moment, Report, Timer},
};

pub(in crate::convex::driver) const IS_BROWSER: bool = true;

pub(in crate::convex::driver) fn moment() -> Moment {
    Moment {
        now_ms: Date::now() as i64,
        random: Math::random(),
    }
}

/// A random UUID (version 4).
pub(in crate::convex::driver) fn session_id() -> String {
    let mut bytes = [0_u8; 16];
    let filled = window()
        .crypto()
        .is_ok_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        // It only has to be unlike the other clients' ids.
        bytes.fill_with(|| (Math::random() * 256.0) as u8);
    }
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[derive(Debug)]
pub(in crate::convex::driver) struct TimerHandle(TimeoutHandle);

impl TimerHandle {
    pub(in crate::convex::driver) fn clear(&self) {
        self.0.clear();
    }
}

pub(in crate::convex::driver) fn set_timer(
    client: &ConvexClient,
    timer: Timer,
    after_ms: u32,
) -> Option<TimerHandle> {
    let client = client.clone();
    let after = Duration::from_millis(u64::from(after_ms));
    set_timeout_with_handle(move || client.handle(Event::Timer(timer)), after)
        .ok()
        .map(TimerHandle)
}

pub(in crate::convex::driver) fn spawn(future: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(future);
}

/// The page's events, for as long as the client lives.
#[derive(Debug)]
pub(in crate::convex::driver) struct Listeners(Vec<WindowListenerHandle>);

impl Listeners {
    pub(in crate::convex::driver) fn remove(self) {
        self.0.into_iter().for_each(WindowListenerHandle::remove);
    }
}

pub(in crate::convex::driver) fn listen(client: &ConvexClient) -> Listeners {
    let on = |name: &str, when: fn() -> bool, event: Event| {
        let client = client.clone();
        window_event_listener_untyped(name, move |_| {
            if when() {
                client.handle(event.clone());
            }
        })
    };
    let mut listeners = vec![
        on("online", || true, Event::Online),
        // It is the document's event, and bubbles.
        on(
            "visibilitychange",
            || !document().hidden(),
            Event::PageShown,
        ),
        on("pageshow", || true, Event::PageShown),
    ];
    if client.shared.options.unsaved_changes_warning {
        let client = client.clone();
        listeners.push(window_event_listener(beforeunload, move |event| {
            if client.has_unsaved_changes() {
                event.prevent_default();
                // Some browsers ask only when this is set; none shows the text.
                event.set_return_value("Changes have not been saved yet.");
            }
        }));
    }
    Listeners(listeners)
}

/// Says it in the browser's console.
pub(in crate::convex::driver) fn report(report: &Report) {
    match report {
        Report::Disconnected { code, reason } => {
            warn!("Convex closed the connection with code {code}: {reason}");
        }
        Report::Protocol(problem) => warn!("A message from Convex was not taken: {problem}"),
        Report::Refused(refusal) => error!(
            "Convex refuses the sign-in: {refusal}. {}",
            refusal.action()
        ),
        Report::TokenWithoutSchedule => {
            warn!(
                "The token for Convex has no times (`iat`, `exp`), or lives too short to be refreshed."
            );
        }
        Report::OptimisticUpdate(problem) => warn!("An optimistic update failed: {problem}"),
        Report::Logs { kind, path, lines } => {
            for line in lines {
                let line = format!("[CONVEX {}({path})] {line}", kind.letter());
                if line.contains("] [ERROR] ") {
                    error!("{line}");
                } else if line.contains("] [WARN] ") {
                    warn!("{line}");
                } else {
                    log!("{line}");
                }
            }
        }
    }
}
