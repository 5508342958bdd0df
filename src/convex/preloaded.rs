//! A query's value that travels inside the HTML.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    function::{FunctionPath, QueryToken},
    values::{EncodedValue, ValueError},
};

/// A query, its arguments and the value that the server read, in the form that Convex's own `preloadQuery` gives.
///
/// ```
/// use leptos_clerk_convex::convex::Preloaded;
///
/// let payload = r#"{"_name":"messages:count","_argsJSON":{},"_valueJSON":3}"#;
/// let preloaded: Preloaded = serde_json::from_str(payload)?;
/// assert_eq!(preloaded.value_as::<u32>()?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preloaded {
    /// The query's path.
    #[serde(rename = "_name")]
    pub path: FunctionPath,
    /// Its encoded arguments.
    #[serde(rename = "_argsJSON")]
    pub arguments: Value,
    /// Its encoded value.
    #[serde(rename = "_valueJSON")]
    pub value: EncodedValue,
}

impl Preloaded {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when it does not have the shape of the type.
    pub fn value_as<T: DeserializeOwned>(&self) -> Result<T, ValueError> {
        self.value.decode()
    }

    /// The token of the live subscription that continues it.
    #[must_use]
    pub fn token(&self) -> QueryToken {
        QueryToken::new(&self.path, &self.arguments)
    }
}
