//! A running deployment: its parts, put together.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::auth::{AdminKey, Authenticator};
use crate::backend::Deployment;
use crate::database::{Database, Location};
use crate::error::StartError;
use crate::files::Files;
use crate::functions::{Addresses, Code, Functions};
use crate::options::{Data, Options};
use crate::runtime::{Bundle, BundleOptions, Engine, Limits};
use crate::sync::Settings;
use crate::{http, reload, scheduler};

/// What a deployment of this project is called.
pub(crate) const INSTANCE_NAME: &str = "local";

/// How long a provider may take to answer.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(5);

/// A running deployment. It stops when it is dropped; [`LocalConvex::stop`] waits until it has.
pub struct LocalConvex {
    addresses: Addresses,
    admin_key: AdminKey,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    _watcher: Option<Box<dyn Send>>,
}

impl LocalConvex {
    /// Opens the data, loads the functions, and serves.
    ///
    /// # Errors
    /// See [`StartError`]. Nothing on disk is deleted or overwritten when starting fails.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        // The addresses come first: a second deployment must not open the first one's data.
        let listener = listen(options.address).await?;
        let site_listener = listen(options.site_address).await?;
        let addresses = Addresses {
            cloud: url_of(&listener, options.address),
            site: url_of(&site_listener, options.site_address),
        };
        let reload = options.reload;
        let parts = {
            let addresses = addresses.clone();
            tokio::task::spawn_blocking(move || Parts::open(&options, &addresses))
                .await
                .map_err(|error| StartError::Data(error.to_string()))??
        };
        let Parts {
            functions,
            loader,
            admin_key,
            authenticator,
        } = parts;
        let [jobs, crons] = scheduler::start(&functions);
        let watcher = match reload {
            true => reload::watch(loader),
            false => None,
        };
        let deployment = Arc::new(Deployment::new(functions, authenticator));
        let router = http::deployment(&deployment, Arc::clone(&deployment), Settings::default());
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            serve(listener, router, stopped.clone()),
            serve(site_listener, http::site(&deployment), stopped),
            jobs,
            crons,
        ];
        Ok(Self {
            addresses,
            admin_key,
            stop,
            tasks,
            _watcher: watcher.map(|watcher| Box::new(watcher) as Box<dyn Send>),
        })
    }

    /// Where clients connect: the value for `CONVEX_URL`.
    pub fn url(&self) -> &str {
        &self.addresses.cloud
    }

    /// Where HTTP actions are served: the value for `CONVEX_SITE_URL`.
    pub fn site_url(&self) -> &str {
        &self.addresses.site
    }

    /// The key for calls that only the deployment's owner may make. It stays the same for one data directory.
    pub fn admin_key(&self) -> &str {
        self.admin_key.expose()
    }

    /// Stops serving and waits until it has. What is committed is durable already.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for LocalConvex {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl std::fmt::Debug for LocalConvex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalConvex")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// What is there before anything is served.
struct Parts {
    functions: Functions,
    loader: Arc<Loader>,
    admin_key: AdminKey,
    authenticator: Arc<RwLock<Arc<Authenticator>>>,
}

impl Parts {
    fn open(options: &Options, addresses: &Addresses) -> Result<Self, StartError> {
        let source = Source::new(options, addresses);
        let code = source.load()?;
        let location = match &options.data {
            Data::Memory => Location::Memory,
            Data::Directory(directory) => {
                std::fs::create_dir_all(directory).map_err(|error| {
                    StartError::Data(format!("{} cannot be made: {error}", directory.display()))
                })?;
                Location::File(directory.join("convex.sqlite"))
            }
        };
        let database = Database::open(&location, &options.clock)?;
        database
            .apply_schema(&code.schema)
            .map_err(|error| StartError::Schema(error.to_string()))?;
        let secret = database.secret("files");
        let files = match &options.data {
            Data::Memory => Files::in_memory(&secret),
            Data::Directory(directory) => {
                let directory = directory.join("files");
                Files::in_directory(&directory, &secret).map_err(|error| {
                    StartError::Data(format!("{} cannot be made: {error}", directory.display()))
                })?
            }
        };
        files.sweep(&database.latest());
        let admin_key = AdminKey::from_secret(INSTANCE_NAME, &database.secret("admin key"));
        let authenticator =
            Authenticator::new(code.auth_config.clone(), admin_key.clone(), http_client()?);
        let authenticator = Arc::new(RwLock::new(Arc::new(authenticator)));
        let functions = Functions::new(
            database,
            files,
            options.clock.clone(),
            Arc::new(code),
            addresses.clone(),
            Limits::default(),
        );
        let loader = Arc::new(Loader {
            source,
            functions: functions.clone(),
            authenticator: Arc::clone(&authenticator),
            admin_key: admin_key.clone(),
        });
        Ok(Self {
            functions,
            loader,
            admin_key,
            authenticator,
        })
    }
}

/// Where code comes from.
struct Source {
    functions: PathBuf,
    npm_package: PathBuf,
    environment: BTreeMap<String, String>,
    environment_file: Option<PathBuf>,
    addresses: Addresses,
}

impl Source {
    fn new(options: &Options, addresses: &Addresses) -> Self {
        Self {
            functions: options.functions.clone(),
            npm_package: options.npm_package.clone(),
            environment: options.environment.clone(),
            environment_file: options.environment_file.clone(),
            addresses: addresses.clone(),
        }
    }

    /// What functions see as `process.env`. The deployment's own addresses cannot be overwritten.
    fn environment(&self) -> Result<BTreeMap<String, String>, StartError> {
        let mut environment = self.environment.clone();
        if let Some(file) = &self.environment_file {
            environment.extend(variables_of(file)?);
        }
        let Addresses { cloud, site } = self.addresses.clone();
        environment.insert("CONVEX_CLOUD_URL".to_owned(), cloud);
        environment.insert("CONVEX_SITE_URL".to_owned(), site);
        Ok(environment)
    }

    fn load(&self) -> Result<Code, StartError> {
        let options = BundleOptions {
            directory: self.functions.clone(),
            environment: self.environment()?,
            convex_package: Some(self.npm_package.clone()),
        };
        let bundle = Arc::new(Bundle::load(&options)?);
        let analysis = Engine::new(Arc::clone(&bundle), Limits::default()).analyze()?;
        Ok(Code::new(bundle, analysis)?)
    }
}

/// The variables in a `.env` file; none when there is no file.
fn variables_of(file: &Path) -> Result<BTreeMap<String, String>, StartError> {
    let refuse = |error: dotenvy::Error| StartError::Environment {
        file: file.to_owned(),
        // The library quotes the line, which may hold a secret.
        problem: match error {
            dotenvy::Error::LineParse(_, index) => {
                format!("it cannot be understood from character {index} of a line on")
            }
            other => other.to_string(),
        },
    };
    match dotenvy::from_path_iter(file) {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(refuse),
        Err(error) if error.not_found() => Ok(BTreeMap::new()),
        Err(error) => Err(refuse(error)),
    }
}

/// Loads changed code into a running deployment.
pub(crate) struct Loader {
    source: Source,
    functions: Functions,
    authenticator: Arc<RwLock<Arc<Authenticator>>>,
    admin_key: AdminKey,
}

impl Loader {
    /// Where the functions are.
    pub(crate) fn directory(&self) -> &Path {
        &self.source.functions
    }

    /// Where more of their variables are.
    pub(crate) fn environment_file(&self) -> Option<&Path> {
        self.source.environment_file.as_deref()
    }

    /// Loads the code anew and puts it in force; on an error everything stays as it is. Returns how many functions
    /// there are.
    pub(crate) fn reload(&self) -> Result<usize, StartError> {
        let code = self.source.load()?;
        self.functions
            .database()
            .apply_schema(&code.schema)
            .map_err(|error| StartError::Schema(error.to_string()))?;
        let count = code.function_count();
        if code.auth_config != self.functions.code().auth_config {
            let (config, key) = (code.auth_config.clone(), self.admin_key.clone());
            let authenticator = Arc::new(Authenticator::new(config, key, http_client()?));
            match self.authenticator.write() {
                Ok(mut current) => *current = authenticator,
                Err(poisoned) => *poisoned.into_inner() = authenticator,
            }
        }
        self.functions.replace_code(Arc::new(code));
        Ok(count)
    }
}

/// Asks providers for their keys.
fn http_client() -> Result<reqwest::Client, StartError> {
    reqwest::Client::builder()
        // Issuers on this machine are not behind a proxy.
        .no_proxy()
        .timeout(PROVIDER_TIMEOUT)
        .build()
        .map_err(|error| StartError::Functions(error.to_string()))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback { address });
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| StartError::Bind { address, source })
}

fn url_of(listener: &TcpListener, wanted: SocketAddr) -> String {
    format!("http://{}", listener.local_addr().unwrap_or(wanted))
}

fn serve(
    listener: TcpListener,
    router: axum::Router,
    mut stopped: watch::Receiver<bool>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let stop = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the local Convex deployment stopped serving");
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::auth::Identity;
    use crate::functions::{Call, Caller, QueryCall};

    const GOOD: &str = "import { query } from './_generated/server';\nexport const get = query(async () => 'old');\n";

    async fn answer(functions: &Functions) -> String {
        let call = Call {
            path: "a:get".parse().unwrap(),
            arguments: json!({}),
            identity: Identity::None,
            caller: Caller::Client,
            request_id: String::new(),
        };
        let call = QueryCall {
            call,
            journal: None,
        };
        let snapshot = functions.database().latest();
        let result = functions.query(&call, &snapshot).await;
        result.outcome.clone().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_broken_file_is_named_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("a.ts", GOOD);
        let package =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end/node_modules/convex");
        let options = Options::new(Data::Memory, folder.path(), package);
        let addresses = Addresses {
            cloud: "http://127.0.0.1:1".to_owned(),
            site: "http://127.0.0.1:2".to_owned(),
        };
        let Parts {
            functions, loader, ..
        } = Parts::open(&options, &addresses).unwrap();
        assert_eq!(answer(&functions).await, "\"old\"");
        for (text, expected) in [
            ("\nexport const get = ;", "convex/a.ts:2:20"),
            ("\n\nthrow new Error('no');", "../convex/a.ts:3:"),
            ("\nimport './nowhere';", "convex/a.ts:2:"),
        ] {
            write("a.ts", text);
            let refused = loader.reload().unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
            assert_eq!(answer(&functions).await, "\"old\"");
        }
        write(
            "schema.ts",
            "import { defineSchema } from 'convex/server';\nexport default defineSchema(nothing);\n",
        );
        write("a.ts", &GOOD.replace("old", "new"));
        let refused = loader.reload().unwrap_err().to_string();
        assert!(refused.contains("convex/schema.ts"), "{refused}");
        assert_eq!(answer(&functions).await, "\"old\"");
        fs::remove_file(folder.path().join("schema.ts")).unwrap();
        assert_eq!(loader.reload().unwrap(), 1);
        assert_eq!(answer(&functions).await, "\"new\"");
    }
}
