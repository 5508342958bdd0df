//! The key of whoever runs the deployment.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

/// Opens everything, internal functions too.
#[derive(Clone)]
pub(crate) struct AdminKey(String);

impl AdminKey {
    /// Takes over a key that was made before.
    #[cfg(test)]
    pub(crate) fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key of an instance: its name, and 256 random bits.
    pub(crate) fn from_secret(instance: &str, secret: &[u8; 32]) -> Self {
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{instance}|{secret}"))
    }

    /// The key itself, to show it to whoever started the deployment.
    pub(crate) fn as_secret_str(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this key, in a time that does not tell how much of it is right. An empty key opens nothing.
    pub(crate) fn is(&self, candidate: &str) -> bool {
        !self.0.is_empty()
            && verify_slices_are_equal(self.0.as_bytes(), candidate.as_bytes()).is_ok()
    }
}

impl fmt::Debug for AdminKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AdminKey(…)")
    }
}
