//! Reading what `convex/auth.config.ts` exports.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value as Json};
use url::Url;

use super::key_set::KeySet;
use super::provider::{Kind, Provider, is_private_enough, normalized};

/// The providers whose tokens count. Without any, no token does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AuthConfig {
    pub(crate) providers: Vec<Provider>,
}

/// Why `auth.config.ts` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AuthConfigError {
    #[error("convex/auth.config.ts: the default export must be `{{ providers: [...] }}`")]
    Shape,
    #[error("convex/auth.config.ts, provider {number}: {problem}")]
    Provider {
        /// Counted from 1.
        number: usize,
        problem: ProviderProblem,
    },
}

/// What is wrong with a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ProviderProblem {
    #[error("it is not an object")]
    NotAnObject,
    #[error("`{found}` must be spelled `{expected}`")]
    Spelling {
        found: String,
        expected: &'static str,
    },
    #[error("`{field}` does not belong to a provider {form}")]
    UnknownField { field: String, form: &'static str },
    #[error(
        "`{field}` is missing (when it comes from `process.env`, the deployment lacks that variable)"
    )]
    Missing { field: &'static str },
    #[error("`{field}` must be a text that is not empty")]
    NotText { field: &'static str },
    #[error(
        "the type {0:?} is unknown: leave `type` out for OpenID Connect, or set it to \"customJwt\""
    )]
    UnknownType(String),
    #[error("the algorithm {0:?} is not supported: it is \"RS256\" or \"ES256\"")]
    Algorithm(String),
    #[error("`{field}` is no URL: {value:?}")]
    NotAUrl { field: &'static str, value: String },
    #[error("`{field}` must be https, and may be http on this machine alone: {value:?}")]
    Insecure { field: &'static str, value: String },
    #[error("`domain` is the issuer alone, without `/.well-known/openid-configuration`")]
    DiscoveryUrl,
    #[error("`{field}` contains quotation marks: the environment variable was set with them")]
    Quoted { field: &'static str },
    #[error("the `data:` URL in `jwks` holds no key set")]
    InlineKeys,
    #[error("it is the same as provider {of}")]
    Duplicate { of: usize },
}

const OIDC_FIELDS: [&str; 3] = ["type", "domain", "applicationID"];
const CUSTOM_FIELDS: [&str; 5] = ["type", "issuer", "jwks", "algorithm", "applicationID"];

impl AuthConfig {
    /// Reads the JSON of the default export.
    pub(crate) fn from_json(json: &Json) -> Result<Self, AuthConfigError> {
        let export = json.as_object().ok_or(AuthConfigError::Shape)?;
        if export.keys().any(|name| name != "providers") {
            return Err(AuthConfigError::Shape);
        }
        let listed = export.get("providers").and_then(Json::as_array);
        let mut providers: Vec<Provider> = Vec::new();
        for (at, json) in listed.ok_or(AuthConfigError::Shape)?.iter().enumerate() {
            let problem = |problem| AuthConfigError::Provider {
                number: at + 1,
                problem,
            };
            let provider = read(json).map_err(problem)?;
            if let Some(of) = providers.iter().position(|other| other.is_same(&provider)) {
                return Err(problem(ProviderProblem::Duplicate { of: of + 1 }));
            }
            providers.push(provider);
        }
        Ok(Self { providers })
    }
}

/// The providers as a message lists them.
impl fmt::Display for AuthConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, provider) in self.providers.iter().enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            write!(formatter, "{separator}{provider}")?;
        }
        Ok(())
    }
}

fn read(json: &Json) -> Result<Provider, ProviderProblem> {
    let fields = json.as_object().ok_or(ProviderProblem::NotAnObject)?;
    match fields.get("type") {
        None => read_oidc(fields),
        Some(Json::String(kind)) if kind == "customJwt" => read_custom(fields),
        Some(other) => Err(ProviderProblem::UnknownType(
            other
                .as_str()
                .map_or_else(|| other.to_string(), str::to_owned),
        )),
    }
}

fn read_oidc(fields: &Map<String, Json>) -> Result<Provider, ProviderProblem> {
    check_fields(
        fields,
        &OIDC_FIELDS,
        &[("issuer", "domain")],
        "without `type: \"customJwt\"`",
    )?;
    let issuer = issuer(fields, "domain")?;
    if issuer.contains("/.well-known/") {
        return Err(ProviderProblem::DiscoveryUrl);
    }
    Ok(Provider {
        issuer,
        application_id: Some(text(fields, "applicationID")?.to_owned()),
        kind: Kind::OpenIdConnect,
    })
}

fn read_custom(fields: &Map<String, Json>) -> Result<Provider, ProviderProblem> {
    check_fields(
        fields,
        &CUSTOM_FIELDS,
        &[
            ("domain", "issuer"),
            ("jwks_uri", "jwks"),
            ("jwksUri", "jwks"),
        ],
        "with `type: \"customJwt\"`",
    )?;
    let algorithm = match text(fields, "algorithm")? {
        "RS256" => Algorithm::RS256,
        "ES256" => Algorithm::ES256,
        other => return Err(ProviderProblem::Algorithm(other.to_owned())),
    };
    let application_id = match fields.get("applicationID") {
        None | Some(Json::Null) => None,
        Some(_) => Some(text(fields, "applicationID")?.to_owned()),
    };
    let issuer = issuer(fields, "issuer")?;
    let jwks = text(fields, "jwks")?;
    let kind = if jwks.starts_with("data:") {
        let keys = KeySet::from_data_url(jwks).ok_or(ProviderProblem::InlineKeys)?;
        Kind::InlineKeys {
            algorithm,
            keys: Arc::new(keys),
        }
    } else {
        Kind::CustomJwt {
            algorithm,
            jwks: url("jwks", jwks)?,
        }
    };
    Ok(Provider {
        issuer,
        application_id,
        kind,
    })
}

/// Refuses fields that nobody would read, and says what they were probably meant to be.
fn check_fields(
    fields: &Map<String, Json>,
    known: &[&'static str],
    synonyms: &[(&str, &'static str)],
    form: &'static str,
) -> Result<(), ProviderProblem> {
    for field in fields.keys() {
        if known.contains(&field.as_str()) {
            continue;
        }
        let same_letters = known.iter().find(|name| name.eq_ignore_ascii_case(field));
        let synonym = synonyms.iter().find(|(name, _)| name == field);
        let audience = (field == "audience").then_some("applicationID");
        let expected = same_letters
            .copied()
            .or(synonym.map(|(_, name)| *name))
            .or(audience);
        return Err(match expected {
            Some(expected) if !fields.contains_key(expected) => ProviderProblem::Spelling {
                found: field.clone(),
                expected,
            },
            _ => ProviderProblem::UnknownField {
                field: field.clone(),
                form,
            },
        });
    }
    Ok(())
}

fn text<'a>(
    fields: &'a Map<String, Json>,
    field: &'static str,
) -> Result<&'a str, ProviderProblem> {
    match fields.get(field) {
        None | Some(Json::Null) => Err(ProviderProblem::Missing { field }),
        Some(Json::String(text)) if !text.trim().is_empty() => Ok(text.trim()),
        Some(_) => Err(ProviderProblem::NotText { field }),
    }
}

/// An issuer with its scheme, as it was written otherwise.
fn issuer(fields: &Map<String, Json>, field: &'static str) -> Result<String, ProviderProblem> {
    let written = text(fields, field)?;
    if written.contains('"') || written.contains('\'') {
        return Err(ProviderProblem::Quoted { field });
    }
    let issuer = normalized(written).into_owned();
    url(field, &issuer)?;
    Ok(issuer)
}

fn url(field: &'static str, value: &str) -> Result<Url, ProviderProblem> {
    let not_a_url = || ProviderProblem::NotAUrl {
        field,
        value: value.to_owned(),
    };
    let url = Url::parse(value).map_err(|_| not_a_url())?;
    if !url.has_host() {
        return Err(not_a_url());
    }
    if is_private_enough(&url) {
        Ok(url)
    } else {
        Err(ProviderProblem::Insecure {
            field,
            value: value.to_owned(),
        })
    }
}
