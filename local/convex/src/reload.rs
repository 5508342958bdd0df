//! Puts changed functions in force while the deployment runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{Event, EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::instance::Loader;

/// Editors write a file in several steps, and several files at once.
const SETTLE: Duration = Duration::from_millis(100);

/// Watches the functions' directory and the file with their variables for as long as what it returns lives.
pub(crate) fn watch(loader: Arc<Loader>) -> Option<impl Send + use<>> {
    let (changes, mut changed) = mpsc::unbounded_channel();
    let watched = Watched {
        functions: absolute(loader.directory()),
        variables: loader.environment_file().map(absolute),
    };
    let concerning = watched.clone();
    let watching = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| concerning.concerns(&event)) {
            let _ = changes.send(());
        }
    })
    .and_then(|mut watcher| {
        watcher.watch(&watched.functions, RecursiveMode::Recursive)?;
        // The directory, because the file need not be there yet, and editors replace files.
        if let Some(directory) = watched.variables.as_deref().and_then(Path::parent)
            && !directory.starts_with(&watched.functions)
        {
            watcher.watch(directory, RecursiveMode::NonRecursive)?;
        }
        Ok(watcher)
    });
    let watcher = match watching {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "changes of the functions are not noticed; restart to put them in force");
            return None;
        }
    };
    tokio::spawn(async move {
        while changed.recv().await.is_some() {
            tokio::time::sleep(SETTLE).await;
            while changed.try_recv().is_ok() {}
            let loader = Arc::clone(&loader);
            // Reading and transforming the files takes a thread for some milliseconds.
            let reloaded = tokio::task::spawn_blocking(move || loader.reload()).await;
            match reloaded {
                Ok(Ok(count)) => tracing::info!("{count} functions are in force"),
                Ok(Err(error)) => tracing::error!("the old functions stay in force: {error}"),
                Err(error) => tracing::error!(%error, "the old functions stay in force"),
            }
        }
    });
    Some(watcher)
}

/// What is watched, by absolute paths.
#[derive(Clone)]
struct Watched {
    functions: PathBuf,
    variables: Option<PathBuf>,
}

impl Watched {
    fn concerns(&self, event: &Event) -> bool {
        let changes = matches!(
            event.kind,
            EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
        );
        let is_variables = |path: &PathBuf| self.variables.as_ref() == Some(path);
        let is_code = |path: &PathBuf| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            path.starts_with(&self.functions)
                && name.is_some_and(|name| !name.starts_with('.') && !name.ends_with('~'))
        };
        let concerns = |path| is_variables(path) || is_code(path);
        changes && event.paths.iter().any(concerns)
    }
}

fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
