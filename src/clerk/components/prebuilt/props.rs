//! The props of a prebuilt component, as the object that ClerkJS gets.

use leptos::prelude::*;
use serde_json::{Map, Value};

use crate::clerk::Appearance;

/// One prop. It may follow a signal; what is absent is left to Clerk.
#[derive(Clone, Copy)]
pub(in crate::clerk) enum Prop {
    Text(MaybeProp<String>),
    Flag(MaybeProp<bool>),
    Number(MaybeProp<u32>),
    Object(MaybeProp<Value>),
    Look(MaybeProp<Appearance>),
    Fixed(&'static str),
}

impl Prop {
    fn read(self) -> Option<Value> {
        match self {
            Self::Text(text) => text.get().map(Value::from),
            Self::Flag(flag) => flag.get().map(Value::from),
            Self::Number(number) => number.get().map(Value::from),
            Self::Object(object) => object.get(),
            Self::Look(look) => look.get().map(Appearance::into_value),
            Self::Fixed(text) => Some(text.into()),
        }
    }
}

macro_rules! from {
    ($($variant:ident($inner:ty)),+) => {
        $(impl From<$inner> for Prop {
            fn from(prop: $inner) -> Self {
                Self::$variant(prop)
            }
        })+
    };
}

from!(
    Text(MaybeProp<String>),
    Flag(MaybeProp<bool>),
    Number(MaybeProp<u32>),
    Object(MaybeProp<Value>),
    Look(MaybeProp<Appearance>),
    Fixed(&'static str)
);

/// The object with the given props, read now. A name with a dot is a member of a member. Reactive.
pub(in crate::clerk) fn object(props: &[(&'static str, Prop)]) -> Value {
    let mut object = Map::new();
    for (name, prop) in props {
        if let Some(value) = prop.read() {
            let (parent, name) = name.split_once('.').unwrap_or(("", name));
            if parent.is_empty() {
                object.insert(name.to_owned(), value);
            } else if let Some(parent) = object
                .entry(parent)
                .or_insert_with(|| Value::Object(Map::new()))
                .as_object_mut()
            {
                parent.insert(name.to_owned(), value);
            }
        }
    }
    // A path means that the steps are routes below it. A page to go to means that it is not opened above this one.
    for (address, mode, value) in [
        ("path", "routing", "path"),
        ("userProfileUrl", "userProfileMode", "navigation"),
        (
            "organizationProfileUrl",
            "organizationProfileMode",
            "navigation",
        ),
        (
            "createOrganizationUrl",
            "createOrganizationMode",
            "navigation",
        ),
    ] {
        if object.contains_key(address) {
            object.insert(mode.to_owned(), value.into());
        }
    }
    Value::Object(object)
}

/// The object with the given props. It follows them.
pub(in crate::clerk) fn signal(props: Vec<(&'static str, Prop)>) -> Signal<Value> {
    Signal::derive(move || object(&props))
}

/// `props![name: prop, …]`, the names being Clerk's.
macro_rules! props {
    ($($name:literal: $prop:expr),* $(,)?) => {
        vec![$(($name, $crate::clerk::components::prebuilt::Prop::from($prop))),*]
    };
}
pub(in crate::clerk) use props;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_is_left_out_and_modes_follow_addresses() {
        let owner = Owner::new();
        owner.with(|| {
            let url = RwSignal::new(None::<String>);
            let props = props![
                "path": MaybeProp::<String>::from("/account"),
                "userProfileUrl": MaybeProp::<String>::from(url),
                "showName": MaybeProp::<bool>::from(true),
                "perPage": MaybeProp::<u32>::default(),
                "for": "user",
                "apiKeysProps.hide": MaybeProp::<bool>::from(true),
            ];
            let props = signal(props);
            assert_eq!(
                props.get_untracked(),
                json!({
                    "path": "/account", "routing": "path", "showName": true, "for": "user",
                    "apiKeysProps": { "hide": true },
                })
            );
            url.set(Some("/me".to_owned()));
            let props = props.get_untracked();
            assert_eq!(props["userProfileUrl"], "/me");
            assert_eq!(props["userProfileMode"], "navigation");
        });
    }
}
