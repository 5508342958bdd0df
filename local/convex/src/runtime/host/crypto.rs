//! Digests, HMAC and randomness for `crypto`.

use aws_lc_rs::{
    digest, hmac,
    rand::{SecureRandom, SystemRandom},
};
use rquickjs::{Ctx, Exception, Result, TypedArray};

use super::{Host, bytes::Binary};

type Bytes<'js> = TypedArray<'js, u8>;

pub(super) fn install<'js>(host: &mut Host<'js>) -> Result<()> {
    host.add(
        "digest",
        |context: Ctx<'js>, algorithm: String, data: Binary| {
            let algorithm = match algorithm.as_str() {
                "SHA-1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
                "SHA-256" => &digest::SHA256,
                "SHA-384" => &digest::SHA384,
                "SHA-512" => &digest::SHA512,
                _ => return Err(unknown(&context, &algorithm)),
            };
            let digest = digest::digest(algorithm, &data.0);
            Bytes::new_copy(context, digest)
        },
    )?;
    host.add(
        "sign",
        |context: Ctx<'js>, hash: String, key: Binary, data: Binary| {
            let key = key_of(&context, &hash, &key)?;
            Bytes::new_copy(context, hmac::sign(&key, &data.0))
        },
    )?;
    host.add(
        "verify",
        |context: Ctx<'js>, hash: String, key: Binary, signature: Binary, data: Binary| {
            let key = key_of(&context, &hash, &key)?;
            let (data, tag) = (&data.0, &signature.0);
            Ok::<_, rquickjs::Error>(hmac::verify(&key, data, tag).is_ok())
        },
    )?;
    host.add("randomBytes", |context: Ctx<'js>, length: usize| {
        let mut bytes = vec![0; length];
        SystemRandom::new().fill(&mut bytes).map_err(|_| {
            Exception::throw_message(&context, "The system has no randomness to give.")
        })?;
        Bytes::new_copy(context, bytes)
    })
}

fn key_of(context: &Ctx<'_>, hash: &str, key: &Binary) -> Result<hmac::Key> {
    let algorithm = match hash {
        "SHA-1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-256" => hmac::HMAC_SHA256,
        "SHA-384" => hmac::HMAC_SHA384,
        "SHA-512" => hmac::HMAC_SHA512,
        _ => return Err(unknown(context, hash)),
    };
    Ok(hmac::Key::new(algorithm, &key.0))
}

fn unknown(context: &Ctx<'_>, algorithm: &str) -> rquickjs::Error {
    Exception::throw_type(
        context,
        &format!("The hash algorithm {algorithm:?} is not known."),
    )
}
