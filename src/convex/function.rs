//! Which function is meant: its path, and references that know the types of its arguments and its value.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// It reads, and its value is live.
    Query,
    /// It reads and writes, all or nothing.
    Mutation,
    /// It may do anything, and is never repeated by the client.
    Action,
}

impl FunctionKind {
    /// The letter that official clients put into error texts.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Query => 'Q',
            Self::Mutation => 'M',
            Self::Action => 'A',
        }
    }
}

/// The path of a function in its canonical form, `directory/module:function`.
///
/// ```
/// use leptos_clerk_convex::convex::FunctionPath;
///
/// assert_eq!(FunctionPath::new("messages.js:list").as_str(), "messages:list");
/// assert_eq!(FunctionPath::new("admin/users").as_str(), "admin/users:default");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionPath(Arc<str>);

impl FunctionPath {
    /// Takes any spelling: with or without `.js`, without a function for the default export.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let (module, function) = path.rsplit_once(':').unwrap_or((path, "default"));
        let module = module.strip_suffix(".js").unwrap_or(module);
        Self(format!("{module}:{function}").into())
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FunctionPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for FunctionPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<&str> for FunctionPath {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl Serialize for FunctionPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FunctionPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|path| Self::new(&path))
    }
}

/// What makes two subscriptions the same one: the path and the arguments, as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryToken(Arc<str>);

impl QueryToken {
    /// The token of a query with arguments in the form that [`encode_arguments`](super::values::encode_arguments) gives.
    #[must_use]
    pub fn new(path: &FunctionPath, arguments: &Value) -> Self {
        let path = Value::from(path.as_str());
        Self(format!(r#"{{"udfPath":{path},"args":{arguments}}}"#).into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QueryToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

macro_rules! function_reference {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        pub struct $name<Arguments, Output> {
            path: &'static str,
            types: PhantomData<fn(Arguments) -> Output>,
        }

        impl<Arguments, Output> $name<Arguments, Output> {
            /// Refers to the function with this path.
            #[must_use]
            pub const fn new(path: &'static str) -> Self {
                Self { path, types: PhantomData }
            }

            /// The function's path.
            #[must_use]
            pub fn path(&self) -> FunctionPath {
                FunctionPath::new(self.path)
            }
        }

        impl<Arguments, Output> Clone for $name<Arguments, Output> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<Arguments, Output> Copy for $name<Arguments, Output> {}

        impl<Arguments, Output> fmt::Debug for $name<Arguments, Output> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_tuple(stringify!($name)).field(&self.path).finish()
            }
        }
    };
}

function_reference! {
    /// A reference to a query.
    ///
    /// ```
    /// use leptos_clerk_convex::convex::Query;
    /// # #[derive(serde::Serialize)] struct ListArguments { channel: String }
    /// # #[derive(serde::Deserialize)] struct Message { body: String }
    ///
    /// const LIST: Query<ListArguments, Vec<Message>> = Query::new("messages:list");
    /// assert_eq!(LIST.path().as_str(), "messages:list");
    /// ```
    Query
}
function_reference! {
    /// A reference to a mutation. As [`Query`].
    Mutation
}
function_reference! {
    /// A reference to an action. As [`Query`].
    Action
}
