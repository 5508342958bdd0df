//! What `paginate` returns, as text.

use crate::convex::{
    error::FunctionError,
    fields::{Field, items},
    values::EncodedValue,
};

pub(super) struct Page {
    pub(super) items: Vec<EncodedValue>,
    pub(super) is_done: bool,
    pub(super) continue_cursor: String,
    pub(super) split_cursor: Option<String>,
    status: Option<String>,
}

impl Page {
    pub(super) fn read(value: &EncodedValue) -> Option<Self> {
        let [page, is_done, continue_cursor, split_cursor, status] = Field::of(
            value.as_json(),
            [
                "page",
                "isDone",
                "continueCursor",
                "splitCursor",
                "pageStatus",
            ],
        )
        .ok()?;
        let items = items(page.text()?).ok()?.into_iter();
        Some(Self {
            items: items.map(|item| EncodedValue::part(item.text)).collect(),
            is_done: is_done.parse()?,
            continue_cursor: continue_cursor.optional_string()?,
            split_cursor: split_cursor.optional_string(),
            status: status.optional_string(),
        })
    }

    pub(super) fn wants_split(&self) -> bool {
        matches!(
            self.status.as_deref(),
            Some("SplitRecommended" | "SplitRequired")
        )
    }

    /// Whether the deployment could not read the whole page.
    pub(super) fn is_incomplete(&self) -> bool {
        self.status.as_deref() == Some("SplitRequired")
    }
}

/// The same page with other items; whatever else a function has put into it stays.
pub(super) fn with_items(value: &EncodedValue, items: &[EncodedValue]) -> Option<EncodedValue> {
    let text = value.as_json();
    let [page] = Field::of(text, ["page"]).ok()?;
    let before = page.offset_in(text)?;
    let (head, rest) = text.split_at_checked(before)?;
    let tail = rest.get(page.text()?.len()..)?;
    let items: Vec<_> = items.iter().map(EncodedValue::as_json).collect();
    Some(EncodedValue::part(&format!(
        "{head}[{}]{tail}",
        items.join(",")
    )))
}

/// Whether the list changed so much that its cursors mean nothing any more.
pub(super) fn is_invalid_cursor(error: &FunctionError) -> bool {
    let says_so = |data: &EncodedValue| {
        let fields = Field::of(data.as_json(), ["isConvexSystemError", "paginationError"]);
        fields.is_ok_and(|[system, pagination]| {
            system.parse() == Some(true) && pagination.text() == Some("\"InvalidCursor\"")
        })
    };
    error.message.contains("InvalidCursor") || error.data.as_ref().is_some_and(says_so)
}
