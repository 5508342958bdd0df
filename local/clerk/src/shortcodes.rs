//! Shortcodes in token templates, as in Clerk's dashboard: `{{user.full_name}}`, `{{user.public_metadata.plan || 'free'}}`.

use serde_json::{Map, Value};

/// Fills in the shortcodes of `template` with values found in `context`.
///
/// A string that is one shortcode becomes the value itself, with its type, or null; inside a longer string the value is
/// written out, and nothing is written for null.
pub(crate) fn render(template: &Map<String, Value>, context: &Value) -> Map<String, Value> {
    template
        .iter()
        .map(|(name, value)| (name.clone(), render_value(value, context)))
        .collect()
}

fn render_value(value: &Value, context: &Value) -> Value {
    match value {
        Value::String(text) => render_text(text, context),
        Value::Array(items) => items
            .iter()
            .map(|item| render_value(item, context))
            .collect(),
        Value::Object(fields) => Value::Object(render(fields, context)),
        other => other.clone(),
    }
}

fn render_text(text: &str, context: &Value) -> Value {
    if let Some(inner) = text
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        && !inner.contains("{{")
    {
        return evaluate(inner, context);
    }
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inner, tail)) = after.split_once("}}") else {
            break;
        };
        rendered.push_str(before);
        match evaluate(inner, context) {
            Value::Null => {}
            Value::String(value) => rendered.push_str(&value),
            other => rendered.push_str(&other.to_string()),
        }
        rest = tail;
    }
    rendered.push_str(rest);
    Value::String(rendered)
}

/// The first alternative of `a || b || 'c'` that is there.
fn evaluate(expression: &str, context: &Value) -> Value {
    for alternative in expression.split("||").map(str::trim) {
        let quoted = alternative
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''));
        let value = match quoted {
            Some(literal) => Value::String(literal.to_owned()),
            None => lookup(alternative, context),
        };
        if !matches!(&value, Value::Null | Value::Bool(false)) && value != "" {
            return value;
        }
        // `false` and empty text are values too when nothing follows that could replace them.
        if !expression.contains("||") {
            return value;
        }
    }
    Value::Null
}

fn lookup(path: &str, context: &Value) -> Value {
    path.split('.')
        .try_fold(context, |value, key| value.get(key))
        .cloned()
        .unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn values_keep_their_type_and_fall_back() {
        let context = json!({ "user": { "full_name": "Ada Lovelace", "email_verified": false, "public_metadata": { "plan": { "seats": 3 } } } });
        let template = json!({
            "name": "{{user.full_name}}",
            "greeting": "Hello {{ user.full_name }}, {{user.nickname}}!",
            "verified": "{{user.email_verified}}",
            "seats": "{{user.public_metadata.plan.seats}}",
            "tier": "{{user.public_metadata.tier || 'free'}}",
            "nothing": "{{user.nothing}}",
            "fixed": "convex",
            "nested": { "list": ["{{user.full_name}}", 1] },
            "open": "{{user.full_name",
        });
        let rendered = Value::Object(render(template.as_object().unwrap(), &context));
        assert_eq!(
            rendered,
            json!({
                "name": "Ada Lovelace", "greeting": "Hello Ada Lovelace, !", "verified": false, "seats": 3, "tier": "free",
                "nothing": null, "fixed": "convex", "nested": { "list": ["Ada Lovelace", 1] }, "open": "{{user.full_name",
            })
        );
    }
}
