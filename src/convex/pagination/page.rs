//! What `paginate` returns, read without copying.

use serde_json::Value;

use crate::convex::error::FunctionError;

pub(super) struct Page<'a> {
    pub(super) items: &'a [Value],
    pub(super) is_done: bool,
    pub(super) continue_cursor: &'a str,
    pub(super) split_cursor: Option<&'a str>,
    status: Option<&'a str>,
}

impl<'a> Page<'a> {
    pub(super) fn read(value: &'a Value) -> Option<Self> {
        Some(Self {
            items: value.get("page")?.as_array()?,
            is_done: value.get("isDone")?.as_bool()?,
            continue_cursor: value.get("continueCursor")?.as_str()?,
            split_cursor: value.get("splitCursor").and_then(Value::as_str),
            status: value.get("pageStatus").and_then(Value::as_str),
        })
    }

    pub(super) fn wants_split(&self) -> bool {
        matches!(self.status, Some("SplitRecommended" | "SplitRequired"))
    }

    /// Whether the deployment could not read the whole page.
    pub(super) fn is_incomplete(&self) -> bool {
        self.status == Some("SplitRequired")
    }
}

/// Whether the list changed so much that its cursors mean nothing any more.
pub(super) fn is_invalid_cursor(error: &FunctionError) -> bool {
    let data = error.data.as_ref();
    let says = |field: &str| data.and_then(|data| data.get(field));
    error.message.contains("InvalidCursor")
        || (says("isConvexSystemError").and_then(Value::as_bool) == Some(true)
            && says("paginationError").and_then(Value::as_str) == Some("InvalidCursor"))
}
