//! Stored files: bytes beside the database, named by something that only the deployment can derive.

mod name;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::clock::Clock;
use crate::database::{STORAGE as TABLE, Snapshot, Transaction};
use crate::functions::{Functions, random_bytes};
use crate::runtime::HostError;
use crate::values::{DocumentId, Fields, Value};

/// How long an upload address can be used, in seconds.
const UPLOAD_SECONDS: u64 = 3600;

/// A file as its row describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundFile {
    pub(crate) id: DocumentId,
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) content_type: Option<String>,
}

/// The files of a deployment. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Files(Arc<Inner>);

struct Inner {
    place: Place,
    /// Names and upload tokens are derived from it; whoever knows the key of a file can read it.
    secret: hmac::Key,
}

enum Place {
    Directory(PathBuf),
    Memory(Mutex<HashMap<DocumentId, Arc<[u8]>>>),
}

impl Files {
    pub(crate) fn in_directory(directory: &Path, secret: &[u8]) -> std::io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self::new(Place::Directory(directory.to_owned()), secret))
    }

    pub(crate) fn in_memory(secret: &[u8]) -> Self {
        Self::new(Place::Memory(Mutex::default()), secret)
    }

    fn new(place: Place, secret: &[u8]) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Self(Arc::new(Inner { place, secret }))
    }

    /// The file's name in its address, which cannot be guessed from its id. Shaped like a UUID.
    pub(crate) fn name(&self, id: DocumentId) -> String {
        name::seal(&self.0.secret, id.internal)
    }

    /// The file of this name.
    pub(crate) fn find(&self, transaction: &mut Transaction, name: &str) -> Option<FoundFile> {
        let id = DocumentId {
            table: transaction.table_number(TABLE)?,
            internal: name::open(&self.0.secret, name)?,
        };
        let row = transaction.get(id).ok()??;
        let Some(Value::Float64(size)) = row.get("size") else {
            return None;
        };
        Some(FoundFile {
            id,
            size: *size as u64,
            content_type: row
                .get("contentType")
                .and_then(Value::as_str)
                .map(str::to_owned),
        })
    }

    /// What lets its bearer upload one file within the next hour.
    pub(crate) fn upload_token(&self, clock: &Clock) -> String {
        let until = clock.nanoseconds() / 1_000_000_000 + UPLOAD_SECONDS;
        let text = format!("{until}.{}", URL_SAFE_NO_PAD.encode(random_bytes::<12>()));
        let tag = hmac::sign(&self.0.secret, format!("upload {text}").as_bytes());
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Whether the token is one of ours and has not expired.
    pub(crate) fn allows_upload(&self, token: &str, clock: &Clock) -> bool {
        let Some((text, tag)) = token.rsplit_once('.') else {
            return false;
        };
        let Ok(tag) = URL_SAFE_NO_PAD.decode(tag) else {
            return false;
        };
        if hmac::verify(&self.0.secret, format!("upload {text}").as_bytes(), &tag).is_err() {
            return false;
        }
        let until = text
            .split('.')
            .next()
            .and_then(|until| until.parse::<u64>().ok());
        until.is_some_and(|until| clock.nanoseconds() / 1_000_000_000 < until)
    }

    /// The bytes of a file; `None` when they are gone. Blocks.
    pub(crate) fn read(&self, id: DocumentId) -> Option<Vec<u8>> {
        match &self.0.place {
            Place::Directory(directory) => fs::read(directory.join(id.to_string())).ok(),
            Place::Memory(files) => lock(files).get(&id).map(|bytes| bytes.to_vec()),
        }
    }

    /// Some bytes of a file; `None` when they are gone. Blocks.
    pub(crate) fn read_part(&self, id: DocumentId, part: &RangeInclusive<u64>) -> Option<Vec<u8>> {
        let length = part.end().checked_sub(*part.start())?.checked_add(1)?;
        let length = usize::try_from(length).ok()?;
        match &self.0.place {
            Place::Directory(directory) => {
                let mut file = fs::File::open(directory.join(id.to_string())).ok()?;
                file.seek(SeekFrom::Start(*part.start())).ok()?;
                let mut bytes = vec![0; length];
                file.read_exact(&mut bytes).ok()?;
                Some(bytes)
            }
            Place::Memory(files) => {
                let start = usize::try_from(*part.start()).ok()?;
                let bytes = Arc::clone(lock(files).get(&id)?);
                Some(bytes.get(start..start.checked_add(length)?)?.to_vec())
            }
        }
    }

    /// Removes files whose rows are gone. One that stays behind is swept at the next start.
    pub(crate) fn remove(&self, ids: &[DocumentId]) {
        for id in ids {
            match &self.0.place {
                Place::Directory(directory) => {
                    if let Err(error) = fs::remove_file(directory.join(id.to_string())) {
                        tracing::warn!(%error, %id, "a deleted file could not be removed");
                    }
                }
                Place::Memory(files) => {
                    lock(files).remove(id);
                }
            }
        }
    }

    /// Removes what a deployment that stopped in between left behind.
    pub(crate) fn sweep(&self, snapshot: &Snapshot) {
        let Place::Directory(directory) = &self.0.place else {
            return;
        };
        let known: HashSet<String> = snapshot
            .ids(TABLE)
            .iter()
            .map(DocumentId::to_string)
            .collect();
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !known.contains(&name)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(%error, name, "a left-over file could not be removed");
            }
        }
    }

    /// Writes the bytes so that they are there, whole, when the row that names them is.
    fn write(&self, id: DocumentId, bytes: &[u8]) -> std::io::Result<()> {
        match &self.0.place {
            Place::Directory(directory) => {
                let partial = directory.join(format!("{id}.partial"));
                let mut file = fs::File::create(&partial)?;
                file.write_all(bytes)?;
                file.sync_all()?;
                fs::rename(partial, directory.join(id.to_string()))
            }
            Place::Memory(files) => {
                lock(files).insert(id, Arc::from(bytes));
                Ok(())
            }
        }
    }
}

impl Functions {
    /// Stores a file and its row.
    pub(crate) async fn store_file(
        &self,
        bytes: Vec<u8>,
        content_type: Option<String>,
    ) -> Result<DocumentId, HostError> {
        let sha256 = STANDARD.encode(digest::digest(&digest::SHA256, &bytes));
        let mut fields = Fields::from([
            ("sha256".to_owned(), Value::from(sha256)),
            ("size".to_owned(), Value::Float64(bytes.len() as f64)),
        ]);
        if let Some(content_type) = content_type {
            fields.insert("contentType".to_owned(), Value::from(content_type));
        }
        let now = self.now_milliseconds();
        let files = self.files().clone();
        let bytes = Arc::<[u8]>::from(bytes);
        self.write(move |transaction| {
            let id = transaction.insert_system(TABLE, fields.clone(), random_bytes(), now)?;
            files.write(id, &bytes).map_err(|error| HostError {
                message: format!("The file could not be stored: {error}."),
                data: None,
                code: Some("StorageFailed".to_owned()),
            })?;
            Ok(id)
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::values::TableNumber;

    fn id(byte: u8) -> DocumentId {
        DocumentId {
            table: TableNumber(514),
            internal: [byte; 16],
        }
    }

    #[test]
    fn a_name_needs_the_secret() {
        let files = Files::in_memory(b"one");
        assert_eq!(files.name(id(1)), files.name(id(1)));
        assert_ne!(files.name(id(1)), files.name(id(2)));
        assert_ne!(files.name(id(1)), Files::in_memory(b"two").name(id(1)));
        assert_eq!(files.name(id(1)).len(), 36);
    }

    #[test]
    fn an_upload_token_is_ours_and_ends() {
        let files = Files::in_memory(b"secret");
        let clock = Clock::manual(std::time::UNIX_EPOCH + std::time::Duration::from_secs(5));
        let token = files.upload_token(&clock);
        assert!(files.allows_upload(&token, &clock));
        assert!(!Files::in_memory(b"other").allows_upload(&token, &clock));
        assert!(!files.allows_upload(&token.replacen('3', "4", 1), &clock));
        clock.advance(std::time::Duration::from_secs(UPLOAD_SECONDS));
        assert!(!files.allows_upload(&token, &clock));
    }

    #[test]
    fn bytes_come_back_until_they_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::in_directory(directory.path(), b"secret").unwrap();
        for files in [files, Files::in_memory(b"secret")] {
            files.write(id(1), b"hello").unwrap();
            assert_eq!(files.read(id(1)).as_deref(), Some(&b"hello"[..]));
            let part = |part| files.read_part(id(1), &part);
            assert_eq!(part(1..=3).as_deref(), Some(&b"ell"[..]));
            assert_eq!(part(0..=4).as_deref(), Some(&b"hello"[..]));
            assert_eq!(part(3..=5), None);
            assert_eq!(files.read_part(id(2), &(0..=0)), None);
            files.remove(&[id(1)]);
            assert_eq!(files.read(id(1)), None);
            assert_eq!(files.read_part(id(1), &(0..=0)), None);
        }
    }
}
