//! The key of whoever runs the deployment.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::secret::Secret;

/// Opens everything, internal functions too.
#[derive(Clone, Debug)]
pub(crate) struct AdminKey(Secret);

impl AdminKey {
    /// Takes over a key that was made before.
    #[cfg(test)]
    pub(crate) fn new(key: impl Into<String>) -> Self {
        Self(Secret::new(key))
    }

    /// The key of an instance: its name, and 256 random bits.
    pub(crate) fn from_secret(instance: &str, secret: &[u8; 32]) -> Self {
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(Secret::new(format!("{instance}|{secret}")))
    }

    /// The key itself, to show it to whoever started the deployment.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether `candidate` is this key, in a time that does not tell how much of it is right. An empty key opens nothing.
    pub(crate) fn is(&self, candidate: &str) -> bool {
        let key = self.expose().as_bytes();
        !key.is_empty() && verify_slices_are_equal(key, candidate.as_bytes()).is_ok()
    }
}
