//! Which fields a row may have.

use serde_json::Value;

/// Fields by the place that they are in: `""` is the row itself, `expect` what is expected, and so on. A place that is not
/// listed may hold anything.
pub type Fields = &'static [(&'static str, &'static [&'static str])];

pub fn check(row: &Value, fields: Fields) -> Result<(), String> {
    for (place, known) in fields {
        let value = place
            .split('.')
            .filter(|part| !part.is_empty())
            .try_fold(row, |value, part| value.get(part));
        for name in value
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|object| object.keys())
        {
            if !known.contains(&name.as_str()) && name != "note" {
                return Err(format!(
                    "this harness does not know the field `{name}` in `{place}`"
                ));
            }
        }
    }
    Ok(())
}
