//! The functions in `convex/` that the chat calls, and what they take and return.

use leptos_clerk_convex::convex::{Mutation, PageOf, Query, RequestError};
use serde::{Deserialize, Serialize, de::IgnoredAny};

/// A channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Channel {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_default: bool,
}

/// What others see of somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) picture_url: Option<String>,
}

/// A message, and what the reader may do with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    #[serde(rename = "_id")]
    pub(super) id: String,
    #[serde(rename = "_creationTime")]
    pub(super) creation_time: f64,
    pub(super) channel_id: String,
    pub(super) body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) edited_at: Option<f64>,
    pub(super) author: Option<Person>,
    pub(super) can_edit: bool,
    pub(super) can_remove: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InChannel {
    pub(super) channel_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Send {
    pub(super) channel_id: String,
    pub(super) body: String,
    /// Tells messages apart that are on their way. The deployment does not see it.
    #[serde(skip)]
    pub(super) number: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Edit {
    pub(super) message_id: String,
    pub(super) body: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remove {
    pub(super) message_id: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Create {
    pub(super) name: String,
}

/// The first page of a channel's messages, as the list asks for it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FirstPage {
    pub(super) channel_id: String,
    pub(super) pagination_opts: PageOptions,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageOptions {
    pub(super) num_items: u32,
    pub(super) cursor: Option<String>,
}

/// A channel, as those see it who keep it in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChannelOverview {
    pub(super) channel_id: String,
    pub(super) name: String,
    pub(super) messages: u32,
    /// Whether there are more messages than were counted.
    pub(super) has_more: bool,
}

pub(super) const STORE_PERSON: Mutation<(), String> = Mutation::new("users:store");
pub(super) const CHANNELS: Query<(), Vec<Channel>> = Query::new("channels:list");
pub(super) const CREATE_CHANNEL: Mutation<Create, String> = Mutation::new("channels:create");
pub(super) const MESSAGES: Query<InChannel, PageOf<Message>> = Query::new("messages:list");
pub(super) const FIRST_MESSAGES: Query<FirstPage, PageOf<Message>> = Query::new("messages:list");
pub(super) const SEND: Mutation<Send, String> = Mutation::new("messages:send");
pub(super) const EDIT: Mutation<Edit, ()> = Mutation::new("messages:edit");
pub(super) const REMOVE: Mutation<Remove, ()> = Mutation::new("messages:remove");
pub(super) const HERE: Query<InChannel, Vec<Person>> = Query::new("presence:here");
pub(super) const HEARTBEAT: Mutation<InChannel, ()> = Mutation::new("presence:heartbeat");
pub(super) const LEAVE: Mutation<InChannel, ()> = Mutation::new("presence:leave");
pub(super) const OVERVIEW: Query<(), Vec<ChannelOverview>> = Query::new("admin:overview");
/// What it has come to is on the page anyway.
pub(super) const CLEAR_CHANNEL: Mutation<InChannel, IgnoredAny> =
    Mutation::new("admin:clearChannel");

/// What the functions' own errors carry.
#[derive(Deserialize)]
struct Refused {
    message: String,
}

/// What to tell the person about an error.
pub(super) fn told(error: &RequestError) -> String {
    match error {
        RequestError::Function(function) => match function.data_as::<Refused>() {
            Some(refused) => refused.message,
            None => "That did not work. Try again.".to_owned(),
        },
        other => format!("That did not work: {other}."),
    }
}
