//! Text and bytes for `TextEncoder`, `TextDecoder` and blobs.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rquickjs::{Ctx, Exception, FromJs, Result, TypedArray, Value};

use super::Host;

/// Bytes from JavaScript, which sends them as a string with one character for each: memory of the engine can only be
/// borrowed with `unsafe`.
pub(in crate::runtime) struct Binary(pub Vec<u8>);

impl<'js> FromJs<'js> for Binary {
    fn from_js(context: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let text = String::from_js(context, value)?;
        let bytes = text
            .chars()
            .map(|character| u8::try_from(u32::from(character)));
        let bytes = bytes.collect::<std::result::Result<_, _>>();
        bytes
            .map(Self)
            .map_err(|_| rquickjs::Error::new_from_js("string", "bytes"))
    }
}

pub(super) fn install<'js>(host: &mut Host<'js>) -> Result<()> {
    host.add("encodeUtf8", |context: Ctx<'js>, text: String| {
        TypedArray::<u8>::new_copy(context, text)
    })?;
    host.add(
        "decodeUtf8",
        |context: Ctx<'js>, bytes: Binary, is_fatal: bool| {
            if is_fatal && std::str::from_utf8(&bytes.0).is_err() {
                return Err(Exception::throw_type(
                    &context,
                    "The encoded data is not valid UTF-8.",
                ));
            }
            Ok(String::from_utf8_lossy(&bytes.0).into_owned())
        },
    )?;
    host.add("toBase64", |bytes: Binary| STANDARD.encode(bytes.0))?;
    host.add("fromBase64", |context: Ctx<'js>, text: String| {
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| Exception::throw_type(&context, "The text is not valid base64."))?;
        TypedArray::<u8>::new_copy(context, bytes)
    })
}
