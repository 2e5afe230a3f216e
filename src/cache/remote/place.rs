//! Where a shared cache is: a folder, or a bucket of an S3 server.
//!
//! In: the place as a user writes it, and the environment. Out: a storage, and the path in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::error::Error;
use super::http::Connector;

const S3: &str = "s3://";

/// How long we wait, and how often we ask again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long one request may take.
    pub request: Duration,
    /// How often a request that failed is made again.
    pub retries: usize,
    /// The wait before the first of them; it doubles with each.
    pub pause: Duration,
    /// How long the whole may take.
    pub deadline: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(60),
            retries: 5,
            pause: Duration::from_millis(250),
            deadline: Duration::from_secs(600),
        }
    }
}

/// Opens a place. `is_made` says whether a folder is made that does not exist.
pub(crate) fn open(
    place: &str,
    environment: &BTreeMap<String, String>,
    patience: Patience,
    is_made: bool,
) -> Result<(Arc<dyn ObjectStore>, Path), Error> {
    let wrong = |reason: &dyn ToString| Error::Place { place: place.to_owned(), reason: reason.to_string() };
    if let Some(rest) = place.strip_prefix(S3) {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong(&"the bucket's name is missing"));
        }
        let prefix = Path::parse(prefix.trim_matches('/')).map_err(|error| wrong(&error))?;
        return Ok((s3(place, bucket, environment, patience)?, prefix));
    }
    if let Some((scheme, _)) = place.split_once("://") {
        return Err(wrong(&format!("`{scheme}:` is not supported")));
    }
    if place.is_empty() {
        return Err(wrong(&"it is empty"));
    }
    if is_made {
        std::fs::create_dir_all(place).map_err(|error| wrong(&error))?;
    } else if !std::path::Path::new(place).is_dir() {
        return Err(Error::NoPlace { place: place.to_owned() });
    }
    let folder = LocalFileSystem::new_with_prefix(place).map_err(|error| wrong(&error))?;
    Ok((Arc::new(folder), Path::default()))
}

fn s3(
    place: &str,
    bucket: &str,
    environment: &BTreeMap<String, String>,
    patience: Patience,
) -> Result<Arc<dyn ObjectStore>, Error> {
    // A pull request of a stranger has no secrets: GitHub sets their variables to nothing.
    let set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let credentials = [
        "AWS_ACCESS_KEY_ID",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_METADATA_ENDPOINT",
        "AWS_SKIP_SIGNATURE",
    ];
    if !credentials.into_iter().any(set) {
        // The client would ask the machine it runs on, and outside of Amazon's wait long for no answer.
        return Err(Error::NoCredentials { place: place.to_owned() });
    }
    let mut builder = AmazonS3Builder::new();
    for (name, value) in environment {
        if name.starts_with("AWS_")
            && set(name)
            && let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>()
        {
            builder = builder.with_config(key, value);
        }
    }
    let retry = RetryConfig {
        backoff: BackoffConfig { init_backoff: patience.pause, ..BackoffConfig::default() },
        max_retries: patience.retries,
        retry_timeout: patience.deadline,
    };
    let built = builder
        .with_bucket_name(bucket)
        .with_retry(retry)
        .with_http_connector(Connector { timeout: patience.request })
        .build();
    match built {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(Error::Place { place: place.to_owned(), reason: error.to_string() }),
    }
}
