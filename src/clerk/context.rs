//! The handle that every hook and component shares.

use futures_channel::oneshot;
use leptos::{prelude::*, task::spawn_local};
use serde_json::{Value, json};

use super::{
    ClerkError, ClerkFailure, ClerkOptions, ClerkStatus, OrganizationMembership, Session,
    SetActive, SignOutOptions, User, bridge,
    clock::ServerClock,
    loader::{Loader, LoaderEvent},
    look::Look,
};
use crate::{
    auth::{
        AuthEffect, AuthEvent, AuthMachine, AuthSeed, AuthState, AuthView, Freshness, SeedState,
    },
    config::{PublicConfiguration, hosts},
    identity::Identity,
};

/// How the script of the prebuilt components is doing. It is loaded when the first of them is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UiStatus {
    /// Nothing has asked for it yet.
    #[default]
    Idle,
    /// It is being loaded.
    Loading,
    /// It is there.
    Ready,
    /// It could not be loaded; asking again tries again.
    Failed,
}

/// What waits for the end of hydration: scripts that change what a page shows may not come in the middle of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Nothing,
    ClerkJs,
    Ui,
}

/// The handle to Clerk on this page: what [`ClerkProvider`](super::ClerkProvider) provides and
/// [`use_clerk`](super::use_clerk) returns. Cheap to copy.
///
/// *On the server* every method that needs ClerkJS answers [`ClerkError::NotInBrowser`].
#[derive(Clone, Copy, Debug)]
pub struct Clerk {
    seed: StoredValue<Option<AuthSeed>>,
    pub(super) options: StoredValue<ClerkOptions>,
    pub(super) look: Look,
    loader: StoredValue<Loader>,
    machine: StoredValue<AuthMachine>,
    waiting: StoredValue<Vec<oneshot::Sender<Result<(), ClerkFailure>>>>,
    hydrated: StoredValue<bool>,
    /// What was asked for before the page had hydrated.
    wanted: StoredValue<Wanted>,
    clock: StoredValue<ServerClock>,
    status: RwSignal<ClerkStatus>,
    ui: RwSignal<UiStatus>,
    view: RwSignal<AuthView>,
    state: Memo<AuthState>,
    freshness: Memo<Freshness>,
    session: RwSignal<Option<Session>>,
    user: RwSignal<Option<User>>,
    membership: RwSignal<Option<OrganizationMembership>>,
    sessions: RwSignal<Vec<Session>>,
}

impl Clerk {
    pub(super) fn new(seed: Option<AuthSeed>, options: ClerkOptions, look: Look) -> Self {
        let known = seed
            .as_ref()
            .map(|seed| seed.state.clone())
            .unwrap_or_default();
        let view = RwSignal::new(known.view());
        Self {
            machine: StoredValue::new(AuthMachine::new(&known)),
            seed: StoredValue::new(seed),
            options: StoredValue::new(options),
            look,
            loader: StoredValue::new(Loader::default()),
            waiting: StoredValue::new(Vec::new()),
            hydrated: StoredValue::new(false),
            wanted: StoredValue::new(Wanted::Nothing),
            clock: StoredValue::new(ServerClock::default()),
            status: RwSignal::new(ClerkStatus::Idle),
            ui: RwSignal::new(UiStatus::Idle),
            // A memo of its own for each part: a view that reads who is there does not run again when only the token ages.
            state: Memo::new(move |_| view.with(|view| view.state.clone())),
            freshness: Memo::new(move |_| view.with(|view| view.freshness)),
            view,
            session: RwSignal::new(None),
            user: RwSignal::new(None),
            membership: RwSignal::new(None),
            sessions: RwSignal::new(Vec::new()),
        }
    }

    /// Who is there.
    #[must_use]
    pub fn state(&self) -> Memo<AuthState> {
        self.state
    }

    /// Whether the session token behind [`state`](Self::state) can still be used.
    #[must_use]
    pub fn freshness(&self) -> Memo<Freshness> {
        self.freshness
    }

    /// How ClerkJS is doing.
    #[must_use]
    pub fn status(&self) -> ReadSignal<ClerkStatus> {
        self.status.read_only()
    }

    /// How the script of the prebuilt components is doing.
    #[must_use]
    pub fn ui_status(&self) -> ReadSignal<UiStatus> {
        self.ui.read_only()
    }

    /// The public half of the configuration; `None` when the page came without one.
    #[must_use]
    pub fn configuration(&self) -> Option<PublicConfiguration> {
        self.seed
            .with_value(|seed| seed.as_ref().map(|seed| seed.configuration.clone()))
    }

    /// Where people sign in: the configured page, else the one that Clerk hosts for the instance.
    #[must_use]
    pub fn sign_in_url(&self) -> String {
        self.page_url("sign-in", "signInUrl", |configuration| {
            configuration.sign_in_url.as_ref()
        })
    }

    /// Where people sign up: the configured page, else the one that Clerk hosts for the instance.
    #[must_use]
    pub fn sign_up_url(&self) -> String {
        self.page_url("sign-up", "signUpUrl", |configuration| {
            configuration.sign_up_url.as_ref()
        })
    }

    fn page_url(
        &self,
        page: &str,
        option: &str,
        configured: fn(&PublicConfiguration) -> Option<&String>,
    ) -> String {
        let own = self
            .options
            .with_value(|options| options.text(option).map(str::to_owned));
        if let Some(own) = own {
            return own;
        }
        self.configuration().map_or_else(
            || format!("/{page}"),
            |configuration| {
                configured(&configuration).cloned().unwrap_or_else(|| {
                    format!(
                        "{}/{page}",
                        hosts::accounts_base_url(&configuration.direct_frontend_api())
                    )
                })
            },
        )
    }

    /// Starts loading ClerkJS, if that has not happened yet, and tries again if it failed.
    pub fn load(&self) {
        if !self.waits_for_hydration(Wanted::ClerkJs) {
            self.dispatch_loader(LoaderEvent::Requested);
        }
    }

    /// Starts loading ClerkJS and the script of the prebuilt components.
    pub fn load_ui(&self) {
        if self.waits_for_hydration(Wanted::Ui) {
            return;
        }
        self.load();
        if matches!(self.ui.get_untracked(), UiStatus::Idle | UiStatus::Failed) {
            self.ui.set(UiStatus::Loading);
            bridge::request_ui(*self);
        }
    }

    /// Whether it is too early, and noted for later.
    fn waits_for_hydration(&self, wanted: Wanted) -> bool {
        let waits = cfg!(target_arch = "wasm32") && self.hydrated.try_get_value() == Some(false);
        if waits {
            self.wanted
                .update_value(|known| *known = wanted.max(*known));
        }
        waits
    }

    /// Waits until ClerkJS can be asked for things, loading it if need be.
    ///
    /// # Errors
    /// When ClerkJS cannot be started.
    pub async fn operational(&self) -> Result<(), ClerkError> {
        if cfg!(not(target_arch = "wasm32")) {
            return Err(ClerkError::NotInBrowser);
        }
        self.load();
        if self.status.get_untracked().is_operational() {
            return Ok(());
        }
        let (sender, receiver) = oneshot::channel();
        self.waiting.update_value(|waiting| waiting.push(sender));
        match receiver.await {
            Ok(outcome) => Ok(outcome?),
            Err(oneshot::Canceled) => Err(ClerkFailure::FailedToLoadClerkJs.into()),
        }
    }

    /// A session token, or the token of a JWT template.
    ///
    /// # Errors
    /// [`ClerkError::SignedOut`] when nobody is signed in, [`ClerkError::Offline`] when Clerk cannot be reached,
    /// [`ClerkError::Api`] when Clerk refuses (an unknown template is `resource_not_found`).
    pub async fn get_token(&self, template: Option<&str>) -> Result<String, ClerkError> {
        let options =
            template.map_or_else(|| json!({}), |template| json!({ "template": template }));
        self.token(options).await
    }

    /// As [`get_token`](Self::get_token), for Convex: a new one when one from ClerkJS's cache will not do.
    pub(crate) async fn convex_token(
        &self,
        template: Option<&str>,
        force: bool,
    ) -> Result<String, ClerkError> {
        let options = template.map_or_else(
            || json!({ "skipCache": force }),
            |template| json!({ "template": template, "skipCache": force }),
        );
        self.token(options).await
    }

    async fn token(&self, options: Value) -> Result<String, ClerkError> {
        self.operational().await?;
        session_token(options).await
    }

    /// Signs out and leaves for the after-sign-out URL.
    ///
    /// # Errors
    /// When ClerkJS cannot be started or Clerk cannot be reached; the person is then still signed in.
    pub async fn sign_out(&self, options: SignOutOptions) -> Result<(), ClerkError> {
        self.operational().await?;
        self.dispatch_auth(AuthEvent::SignOutRequested);
        let options = serde_json::to_value(options).unwrap_or_default();
        bridge::call("signOut", &[options]).await?;
        Ok(())
    }

    /// Makes another session, or another organization, the active one.
    ///
    /// # Errors
    /// When ClerkJS cannot be started, Clerk cannot be reached, or the session or organization is none of this person's.
    pub async fn set_active(&self, change: SetActive) -> Result<(), ClerkError> {
        self.operational().await?;
        bridge::call("setActive", &[change.into_value()]).await?;
        Ok(())
    }

    /// Opens the sign-in form above the page. `props` are those of Clerk's `<SignIn/>`.
    ///
    /// # Errors
    /// When ClerkJS cannot be started, or refuses: for example because somebody is signed in already.
    pub async fn open_sign_in(&self, props: Value) -> Result<(), ClerkError> {
        self.open("openSignIn", props).await
    }

    /// Opens the sign-up form above the page. `props` are those of Clerk's `<SignUp/>`.
    ///
    /// # Errors
    /// As [`open_sign_in`](Self::open_sign_in).
    pub async fn open_sign_up(&self, props: Value) -> Result<(), ClerkError> {
        self.open("openSignUp", props).await
    }

    /// Opens the account page above the page. `props` are those of Clerk's `<UserProfile/>`.
    ///
    /// # Errors
    /// When ClerkJS cannot be started, or refuses: for example because nobody is signed in.
    pub async fn open_user_profile(&self, props: Value) -> Result<(), ClerkError> {
        self.open("openUserProfile", props).await
    }

    /// Opens the page of the active organization above the page. `props` are those of Clerk's `<OrganizationProfile/>`.
    ///
    /// # Errors
    /// When ClerkJS cannot be started, or refuses: for example because no organization is active.
    pub async fn open_organization_profile(&self, props: Value) -> Result<(), ClerkError> {
        self.open("openOrganizationProfile", props).await
    }

    /// Opens the form that makes an organization above the page. `props` are those of Clerk's `<CreateOrganization/>`.
    ///
    /// # Errors
    /// As [`open_user_profile`](Self::open_user_profile).
    pub async fn open_create_organization(&self, props: Value) -> Result<(), ClerkError> {
        self.open("openCreateOrganization", props).await
    }

    /// Opens the form that joins the waitlist above the page. `props` are those of Clerk's `<Waitlist/>`.
    ///
    /// # Errors
    /// When ClerkJS cannot be started.
    pub async fn open_waitlist(&self, props: Value) -> Result<(), ClerkError> {
        self.open("openWaitlist", props).await
    }

    pub(super) async fn open(&self, method: &str, props: Value) -> Result<(), ClerkError> {
        self.load_ui();
        self.operational().await?;
        bridge::call_void(method, &[props])
    }

    /// Milliseconds since the Unix epoch, in the server's time: until the page has hydrated that of the HTML, so that both
    /// sides render the same.
    pub(crate) fn now(&self) -> i64 {
        if cfg!(target_arch = "wasm32") && !self.hydrated.get_value() {
            self.seed
                .with_value(|seed| seed.as_ref().map_or(0, |seed| seed.rendered_at_ms))
        } else {
            self.server_now()
        }
    }

    /// When the token in use expires, in milliseconds since the Unix epoch.
    pub(super) fn token_expires_at_ms(&self) -> Option<i64> {
        self.machine.with_value(AuthMachine::expires_at_ms)
    }

    fn server_now(&self) -> i64 {
        let ahead_ms = self.clock.try_with_value(|clock| clock.ahead_ms);
        bridge::now().saturating_sub(ahead_ms.unwrap_or_default())
    }

    /// A token that was issued at this time has just arrived.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn token_issued(&self, issued_at_ms: i64) {
        let now_ms = bridge::now();
        _ = self
            .clock
            .try_update_value(|clock| clock.token_issued(issued_at_ms, now_ms));
    }

    /// The person whom the server has verified for this page.
    pub(crate) fn seed_identity(&self) -> Option<Identity> {
        self.seed.with_value(|seed| match &seed.as_ref()?.state {
            SeedState::SignedIn { identity, .. } => Some(identity.as_ref().clone()),
            SeedState::Unknown | SeedState::SignedOut => None,
        })
    }

    /// The cookies that scripts may read, as the browser gives them; empty where there is no browser.
    pub(crate) fn cookies(&self) -> String {
        bridge::cookies()
    }

    /// Called once per page, after hydration.
    pub(super) fn hydrated(&self) {
        self.hydrated.set_value(true);
        if let Some(rendered_at_ms) = self
            .seed
            .with_value(|seed| seed.as_ref().map(|seed| seed.rendered_at_ms))
        {
            let now_ms = bridge::now();
            self.clock
                .update_value(|clock| clock.page_rendered(rendered_at_ms, now_ms));
        }
        self.dispatch_auth(AuthEvent::Woken);
        bridge::on_return(*self);
        match self.wanted.get_value() {
            Wanted::Nothing => {}
            Wanted::ClerkJs => self.load(),
            Wanted::Ui => self.load_ui(),
        }
        let clerk = *self;
        if self
            .state
            .with_untracked(|state| !matches!(state, AuthState::Unauthenticated))
        {
            bridge::hydrated_idle(move || clerk.load());
        }
    }

    /// The page was away, and other tabs and devices may have gone on: what they did is asked for.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn returned(&self) {
        self.dispatch_auth(AuthEvent::Woken);
        if self.status.get_untracked().is_operational() {
            // ClerkJS acts on the answer itself; without a session there is nothing to ask.
            spawn_local(async { drop(bridge::call("session.touch", &[]).await) });
        }
    }

    pub(super) fn session(&self) -> ReadSignal<Option<Session>> {
        self.session.read_only()
    }

    pub(super) fn user(&self) -> ReadSignal<Option<User>> {
        self.user.read_only()
    }

    pub(super) fn membership(&self) -> ReadSignal<Option<OrganizationMembership>> {
        self.membership.read_only()
    }

    pub(super) fn sessions(&self) -> ReadSignal<Vec<Session>> {
        self.sessions.read_only()
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn set_membership(&self, membership: Option<OrganizationMembership>) {
        set_if_changed(self.membership, membership);
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn set_sessions(&self, sessions: Vec<Session>) {
        set_if_changed(self.sessions, sessions);
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn set_session(&self, session: Option<Session>) {
        set_if_changed(self.session, session);
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn set_user(&self, user: Option<User>) {
        set_if_changed(self.user, user);
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge calls it, in the browser")
    )]
    pub(super) fn set_ui_status(&self, status: UiStatus) {
        set_if_changed(self.ui, status);
    }

    pub(super) fn dispatch_loader(&self, event: LoaderEvent) {
        let Some((effects, status)) = self.loader.try_update_value(|loader| {
            let effects = loader.handle(event);
            (effects, loader.status())
        }) else {
            return;
        };
        if self.status.with_untracked(|known| *known != status) {
            self.dispatch_auth(AuthEvent::ClerkStatus(status.clone()));
            self.status.set(status.clone());
            self.answer_waiting(&status);
        }
        for effect in effects {
            bridge::perform(*self, effect);
        }
    }

    pub(super) fn dispatch_auth(&self, event: AuthEvent) {
        let now = self.server_now();
        let Some((effect, view)) = self.machine.try_update_value(|machine| {
            let effect = machine.handle(event, now);
            (effect, machine.view())
        }) else {
            return;
        };
        set_if_changed(self.view, view);
        if let Some(AuthEffect::WakeAt(at)) = effect {
            bridge::wake_at(*self, bridge::now().saturating_add(at.saturating_sub(now)));
        }
    }

    fn answer_waiting(&self, status: &ClerkStatus) {
        let outcome = match status {
            ClerkStatus::Ready | ClerkStatus::Degraded => Ok(()),
            ClerkStatus::Failed(failure) => Err(failure.clone()),
            ClerkStatus::Idle | ClerkStatus::Loading => return,
        };
        let waiting = self
            .waiting
            .try_update_value(std::mem::take)
            .unwrap_or_default();
        for sender in waiting {
            // Whoever stopped waiting does not want the answer.
            _ = sender.send(outcome.clone());
        }
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|known| *known != value) == Some(true) {
        signal.set(value);
    }
}

/// A token of this tab's session, from ClerkJS as it is now.
pub(super) async fn session_token(options: Value) -> Result<String, ClerkError> {
    match bridge::call("session.getToken", &[options]).await? {
        Some(Value::String(token)) => Ok(token),
        _ => Err(ClerkError::SignedOut),
    }
}
