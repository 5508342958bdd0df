//! Which queries are subscribed, what the deployment knows of them, and their values.

use std::sync::Arc;

use litemap::LiteMap;
use serde_json::Value;

use super::{QueryResult, Scope, Subscription, optimistic::differ};
use crate::convex::{
    function::{FunctionPath, QueryToken},
    protocol::QuerySetModification,
};

/// A subscribed query.
#[derive(Debug)]
pub(super) struct LocalQuery {
    pub(super) token: QueryToken,
    pub(super) path: FunctionPath,
    pub(super) arguments: Arc<Value>,
    pub(super) result: Option<Arc<QueryResult>>,
    subscribers: Subscribers,
    journal: Option<String>,
    on_server: bool,
}

#[derive(Debug, Default)]
struct Subscribers {
    public: u32,
    authenticated: u32,
}

impl Subscribers {
    fn of(&mut self, scope: Scope) -> &mut u32 {
        match scope {
            Scope::Public => &mut self.public,
            Scope::Authenticated => &mut self.authenticated,
        }
    }

    fn none(&self) -> bool {
        self.public == 0 && self.authenticated == 0
    }
}

impl LocalQuery {
    /// Whether the deployment may be asked now. One public subscriber makes the whole query public.
    fn is_eligible(&self, authenticated: bool) -> bool {
        authenticated || self.subscribers.public > 0
    }
}

/// The set of queries.
#[derive(Debug, Default)]
pub(super) struct QuerySet {
    /// By id, which is what the deployment calls them.
    queries: LiteMap<u32, LocalQuery>,
    ids: LiteMap<QueryToken, u32>,
    subscriptions: LiteMap<Subscription, (QueryToken, Scope)>,
    departed: Vec<u32>,
    /// Sent again by a new connection and not answered yet.
    outstanding: LiteMap<u32, ()>,
    /// Queries with another result than they had at the last [`take_changed`](Self::take_changed).
    changed: Vec<QueryToken>,
    next_query: u32,
    next_subscription: u64,
    version: u32,
}

impl QuerySet {
    pub(super) fn subscribe(
        &mut self,
        path: &FunctionPath,
        arguments: &Value,
        scope: Scope,
        journal: Option<String>,
    ) -> (Subscription, QueryToken) {
        let token = QueryToken::new(path, arguments);
        let id = match self.ids.get(&token) {
            Some(id) => *id,
            None => self.insert(LocalQuery {
                token: token.clone(),
                path: path.clone(),
                arguments: Arc::new(arguments.clone()),
                result: None,
                subscribers: Subscribers::default(),
                journal,
                on_server: false,
            }),
        };
        if let Some(query) = self.queries.get_mut(&id) {
            *query.subscribers.of(scope) += 1;
        }
        let subscription = Subscription(self.next_subscription);
        self.next_subscription += 1;
        self.subscriptions
            .insert(subscription, (token.clone(), scope));
        (subscription, token)
    }

    /// Ends a subscription; says which query it was. Ending it twice does nothing.
    pub(super) fn unsubscribe(
        &mut self,
        subscription: Subscription,
        authenticated: bool,
    ) -> Option<QueryToken> {
        let (token, scope) = self.subscriptions.remove(&subscription)?;
        let id = *self.ids.get(&token)?;
        let query = self.queries.get_mut(&id)?;
        let count = query.subscribers.of(scope);
        *count = count.saturating_sub(1);
        if query.subscribers.none() {
            if query.on_server {
                self.departed.push(id);
            }
            self.ids.remove(&token);
            self.outstanding.remove(&id);
            self.queries.remove(&id);
        } else if !query.is_eligible(authenticated) {
            self.withdraw(id);
        }
        Some(token)
    }

    /// Takes back every query that needs a confirmed identity, with its value: whoever comes next asks anew.
    pub(super) fn withdraw_authenticated(&mut self) {
        let ids: Vec<_> = self
            .queries
            .iter()
            .filter(|(_, query)| !query.is_eligible(false))
            .map(|(id, _)| *id)
            .collect();
        ids.into_iter().for_each(|id| self.withdraw(id));
    }

    /// Takes a query back. It goes on under a new id: an answer to the old one that is still under way must not be taken for
    /// one to the new.
    fn withdraw(&mut self, id: u32) {
        let Some(mut query) = self.queries.remove(&id) else {
            return;
        };
        if std::mem::take(&mut query.on_server) {
            self.departed.push(id);
        }
        if query.result.take().is_some() {
            self.changed.push(query.token.clone());
        }
        query.journal = None;
        self.outstanding.remove(&id);
        self.insert(query);
    }

    fn insert(&mut self, query: LocalQuery) -> u32 {
        let id = self.next_query;
        self.next_query += 1;
        self.ids.insert(query.token.clone(), id);
        self.queries.insert(id, query);
        id
    }

    /// A new connection knows nothing.
    pub(super) fn restart(&mut self) {
        self.version = 0;
        self.departed.clear();
        self.outstanding.clear();
        for (_, query) in &mut self.queries {
            query.on_server = false;
        }
    }

    /// Everything, for the first message of a connection: sent even when it is empty.
    pub(super) fn replay(&mut self, authenticated: bool) -> (u32, Vec<QuerySetModification>) {
        let modifications = self.additions(authenticated);
        self.outstanding.clear();
        for (id, query) in &self.queries {
            if query.on_server {
                self.outstanding.insert(*id, ());
            }
        }
        self.version += 1;
        (self.version - 1, modifications)
    }

    /// Whether something that the deployment does not know yet is for a confirmed identity.
    pub(super) fn needs_confirmation(&self) -> bool {
        self.queries
            .values()
            .any(|query| !query.on_server && !query.is_eligible(false))
    }

    /// What is to be taken back, without what is to be added.
    pub(super) fn departures(&mut self) -> Option<(u32, Vec<QuerySetModification>)> {
        if self.departed.is_empty() {
            return None;
        }
        let modifications = std::mem::take(&mut self.departed)
            .into_iter()
            .map(|query_id| QuerySetModification::Remove { query_id })
            .collect();
        self.version += 1;
        Some((self.version - 1, modifications))
    }

    /// What changed since the last message.
    pub(super) fn changes(
        &mut self,
        authenticated: bool,
    ) -> Option<(u32, Vec<QuerySetModification>)> {
        let mut modifications: Vec<_> = std::mem::take(&mut self.departed)
            .into_iter()
            .map(|query_id| QuerySetModification::Remove { query_id })
            .collect();
        modifications.extend(self.additions(authenticated));
        if modifications.is_empty() {
            return None;
        }
        self.version += 1;
        Some((self.version - 1, modifications))
    }

    fn additions(&mut self, authenticated: bool) -> Vec<QuerySetModification> {
        self.queries
            .iter_mut()
            .filter(|(_, query)| !query.on_server && query.is_eligible(authenticated))
            .map(|(query_id, query)| {
                query.on_server = true;
                QuerySetModification::Add {
                    query_id: *query_id,
                    udf_path: query.path.clone(),
                    args: vec![query.arguments.as_ref().clone()],
                    journal: query.journal.clone(),
                }
            })
            .collect()
    }

    /// The deployment has answered the query with this id. Nothing happens when the id is one of before.
    pub(super) fn answered(
        &mut self,
        id: u32,
        journal: Option<String>,
        result: impl FnOnce(&FunctionPath) -> Option<Arc<QueryResult>>,
    ) {
        self.outstanding.remove(&id);
        if let Some(query) = self.queries.get_mut(&id) {
            let before = std::mem::replace(&mut query.result, result(&query.path));
            query.journal = journal;
            if differ(before.as_ref(), query.result.as_ref()) {
                self.changed.push(query.token.clone());
            }
        }
    }

    /// The queries whose result has changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> Vec<QueryToken> {
        std::mem::take(&mut self.changed)
    }

    pub(super) fn get(&self, token: &QueryToken) -> Option<&LocalQuery> {
        self.queries.get(self.ids.get(token)?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LocalQuery> {
        self.queries.values()
    }

    pub(super) fn contains(&self, token: &QueryToken) -> bool {
        self.ids.contains_key(token)
    }

    /// Whether the value is one of an earlier connection.
    pub(super) fn is_stale(&self, token: &QueryToken) -> bool {
        self.ids.get(token).is_some_and(|id| {
            let is_asked = self.queries.get(id).is_some_and(|query| query.on_server);
            !is_asked || self.outstanding.contains_key(id)
        })
    }

    pub(super) fn journal(&self, token: &QueryToken) -> Option<&str> {
        self.get(token)?.journal.as_deref()
    }

    /// Whether everything that the new connection sent again is answered.
    pub(super) fn has_caught_up(&self) -> bool {
        self.outstanding.is_empty()
    }
}
