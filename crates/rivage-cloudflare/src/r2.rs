//! Objects in R2, by its S3 API.
//!
//! In: files, names of objects. Out: objects. Names are hashes of contents, so that nothing is ever overwritten and what is there need not be sent.
//! Requests are signed, carry the hash of their body, and nothing that R2 has refused in the past: no trailers, no access lists, no checksum headers.
//! Deliberately not here: which files, and which objects may go.

use std::io::Read;
use std::path::Path;

use quick_xml::events::Event;
use ring::digest;
use rivage_signature::{Request as Signed, Signer, encode, hex};
use ureq::http::{Method, Request};

use crate::body::Body;
use crate::client::{Client, Secret, header, retry_after, unix_time};
use crate::error::{ApiMessage, Error};

/// Bytes of a part of a large object; all parts but the last are equal.
pub const PART: u64 = 16 << 20;
/// Larger files are sent in parts.
pub const LARGEST_WHOLE: u64 = 32 << 20;

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    endpoint: String,
    host: String,
    name: String,
    signer: Signer,
}

/// Who may use a bucket.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The access key.
    pub key: String,
    /// The secret key.
    pub secret: Secret,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub key: String,
    /// Its length.
    pub size: u64,
    /// When it was stored: `2026-11-23T12:00:00.000Z`.
    pub modified: String,
}

/// Returns the keys that an API token is at the same time.
///
/// # Errors
/// The token is not valid, or there is no answer.
pub fn keys_of_token(client: &Client) -> Result<Keys, Error> {
    let token = crate::account::verify(client)?;
    Ok(Keys { key: token.id, secret: Secret::new(sha256(client.token().expose().as_bytes())) })
}

/// Reports whether a bucket exists.
///
/// # Errors
/// The token may not, or there is no answer.
pub fn exists(client: &Client, name: &str) -> Result<bool, Error> {
    let path = client.path(&format!("/r2/buckets/{name}"));
    match client.call(&crate::client::Call::get("look for the bucket", &path)) {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() || error.has_code(10_006) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a bucket.
///
/// # Errors
/// The token may not, or there is no answer.
pub fn create(client: &Client, name: &str) -> Result<(), Error> {
    use crate::client::{Call, Payload};
    let path = client.path("/r2/buckets");
    let body = serde_json::json!({ "name": name });
    let call = Call::with("make the bucket", &Method::POST, &path, Payload::Json(&body)).creates();
    crate::pages::looking(client, || client.call(&call).map(drop), || Ok(exists(client, name)?.then_some(())))
}

/// Number, ETag and length of a part that has arrived.
type Arrived = (u64, String, u64);

struct Answer {
    status: u16,
    etag: Option<String>,
    body: String,
}

impl Bucket {
    /// Opens a bucket. Without an endpoint it is the account's own.
    pub fn new(client: &Client, endpoint: Option<&str>, name: &str, keys: Keys) -> Self {
        let endpoint = match endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://{}.r2.cloudflarestorage.com", client.account()),
        };
        let host = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).to_owned();
        let signer = Signer { key: keys.key, secret: keys.secret.expose().to_owned(), region: "auto".to_owned() };
        Self { client: client.clone(), endpoint, host, name: name.to_owned(), signer }
    }

    /// Lists all objects whose names start so.
    ///
    /// # Errors
    /// The keys are wrong, there is no such bucket, or no answer.
    pub fn list(&self, prefix: &str) -> Result<Vec<Object>, Error> {
        let mut objects = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut query = vec![("list-type", "2"), ("max-keys", "1000")];
            if !prefix.is_empty() {
                query.push(("prefix", prefix));
            }
            if let Some(token) = &token {
                query.push(("continuation-token", token));
            }
            let answer = self.call("list the objects", &Method::GET, "", &query, None, &[])?;
            let page = Listing::read(&answer.body)
                .map_err(|reason| Error::Protocol { operation: "list the objects", reason })?;
            objects.extend(page.objects);
            match page.next {
                Some(next) => token = Some(next),
                None => return Ok(objects),
            }
        }
    }

    /// Stores a file under a name.
    ///
    /// # Errors
    /// The keys are wrong, the file cannot be read, or there is no answer.
    pub fn put(&self, key: &str, file: &Path, size: u64, content_type: &str) -> Result<(), Error> {
        if size > LARGEST_WHOLE {
            return self.put_parts(key, file, size, content_type);
        }
        let mut body = Body::new();
        body.file(file, 0, size);
        self.call("store the object", &Method::PUT, key, &[], Some((content_type, &body)), &IMMUTABLE).map(drop)
    }

    /// Goes on with parts that a former run has sent, where the server can tell which.
    fn put_parts(&self, key: &str, file: &Path, size: u64, content_type: &str) -> Result<(), Error> {
        let operation = "store the object in parts";
        let (id, known) = match self.begun(key) {
            Some(begun) => begun,
            None => {
                let body = Body::new();
                let payload = Some((content_type, &body));
                let answer = self.call(operation, &Method::POST, key, &[("uploads", "")], payload, &IMMUTABLE)?;
                let id = element(&answer.body, "UploadId");
                let id =
                    id.ok_or_else(|| Error::Protocol { operation, reason: "the server begins no upload".to_owned() })?;
                (id, Vec::new())
            }
        };
        let mut parts = Vec::new();
        for number in 1..=size.div_ceil(PART) {
            let offset = (number - 1) * PART;
            let length = PART.min(size - offset);
            if let Some((_, etag, _)) = known.iter().find(|(known, _, size)| *known == number && *size == length) {
                parts.push((number, etag.clone()));
                continue;
            }
            let mut body = Body::new();
            body.file(file, offset, length);
            let number_text = number.to_string();
            let query = [("partNumber", number_text.as_str()), ("uploadId", &id)];
            let answer =
                self.call(operation, &Method::PUT, key, &query, Some(("application/octet-stream", &body)), &[])?;
            let etag =
                answer.etag.ok_or_else(|| Error::Protocol { operation, reason: "a part has no ETag".to_owned() })?;
            parts.push((number, etag));
        }
        let each = parts
            .iter()
            .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
        let mut body = Body::new();
        body.text(&format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", each.collect::<String>()));
        let done =
            self.call(operation, &Method::POST, key, &[("uploadId", &id)], Some(("application/xml", &body)), &[]);
        match done {
            // The answer to the first try may have been lost: then the upload is unknown and the object is there.
            Err(error) if error.is_not_found() && self.size(key)? == Some(size) => Ok(()),
            Err(error) => Err(error),
            // S3 may say 200 and then that it failed.
            Ok(answer) if answer.body.contains("<Error>") => Err(refusal(operation, key, &answer)),
            Ok(_) => Ok(()),
        }
    }

    /// Returns the upload in parts of a name that was begun, with number, ETag and length of what has arrived.
    fn begun(&self, key: &str) -> Option<(String, Vec<Arrived>)> {
        let operation = "look for a broken upload";
        let listed = self.call(operation, &Method::GET, "", &[("prefix", key), ("uploads", "")], None, &[]).ok()?;
        let uploads = elements(&listed.body, "Upload");
        let found = uploads.into_iter().find(|upload| element(upload, "Key").as_deref() == Some(key))?;
        let id = element(&found, "UploadId")?;
        let listed = self.call(operation, &Method::GET, key, &[("uploadId", &id)], None, &[]).ok()?;
        let part = |part: &String| {
            Some((
                element(part, "PartNumber")?.parse().ok()?,
                element(part, "ETag")?,
                element(part, "Size")?.parse().ok()?,
            ))
        };
        Some((id, elements(&listed.body, "Part").iter().filter_map(part).collect()))
    }

    /// Returns the length of an object; none if there is none.
    ///
    /// # Errors
    /// The keys are wrong, or there is no answer.
    pub fn size(&self, key: &str) -> Result<Option<u64>, Error> {
        Ok(self.list(key)?.into_iter().find(|object| object.key == key).map(|object| object.size))
    }

    /// Deletes an object. One that is gone already is no failure.
    ///
    /// # Errors
    /// The keys are wrong, or there is no answer.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        match self.call("delete the object", &Method::DELETE, key, &[], None, &[]) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Sends a request until it is answered: all of them may be repeated, since names stand for contents.
    fn call(
        &self,
        operation: &'static str,
        method: &Method,
        key: &str,
        query: &[(&str, &str)],
        body: Option<(&str, &Body)>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (error, after) = match self.once(operation, method, key, query, body, headers) {
                Ok((answer, _)) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok((answer, after)) => (refusal(operation, key, &answer), after),
                Err(error) => (error, None),
            };
            if !error.is_passing() || attempt >= self.client.policy().tries {
                return Err(error);
            }
            self.client.wait(attempt, after, &error);
        }
    }

    fn once(
        &self,
        operation: &'static str,
        method: &Method,
        key: &str,
        query: &[(&str, &str)],
        body: Option<(&str, &Body)>,
        headers: &[(&str, &str)],
    ) -> Result<(Answer, Option<std::time::Duration>), Error> {
        let slash = if key.is_empty() { "" } else { "/" };
        let path = format!("/{}{slash}{}", self.name, encode(key, true));
        let mut pairs: Vec<String> =
            query.iter().map(|(name, value)| format!("{}={}", encode(name, false), encode(value, false))).collect();
        pairs.sort();
        let query = pairs.join("&");
        let hash = match body {
            Some((_, body)) => hash_body(operation, body)?,
            None => sha256(b""),
        };
        let signed = Signed { method: method.as_str(), host: &self.host, path: &path, time: unix_time() };
        let (date, authorization) = self.signer.sign(&signed, &query, &hash);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}{mark}{query}", self.endpoint))
            .header("x-amz-content-sha256", hash)
            .header("x-amz-date", date)
            .header("Authorization", authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.client.send(operation, &path, request, body)?;
        let status = answer.status().as_u16();
        let (etag, after) = (header(&answer, "etag"), retry_after(&answer));
        let mut bytes = Vec::new();
        let read = answer.into_body().into_reader().take(16 << 20).read_to_end(&mut bytes);
        read.map_err(|error| Error::Unreadable { operation, path: path.clone(), status, reason: error.to_string() })?;
        Ok((Answer { status, etag, body: String::from_utf8_lossy(&bytes).into_owned() }, after))
    }
}

/// What browsers and caches are told of objects whose names are hashes.
const IMMUTABLE: [(&str, &str); 1] = [("Cache-Control", "public, max-age=31536000, immutable")];

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hash_body(operation: &'static str, body: &Body) -> Result<String, Error> {
    let mut context = digest::Context::new(&digest::SHA256);
    let mut reader = body.reader();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hex(context.finish().as_ref())),
            Ok(count) => context.update(&buffer[..count]),
            Err(error) => {
                let told = reader.failure(operation);
                return Err(told.unwrap_or(Error::Protocol { operation, reason: error.to_string() }));
            }
        }
    }
}

fn refusal(operation: &'static str, key: &str, answer: &Answer) -> Error {
    let code = element(&answer.body, "Code").unwrap_or_default();
    let message = element(&answer.body, "Message").unwrap_or_default();
    let told = [code, message].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    let messages = if told.is_empty() { Vec::new() } else { vec![ApiMessage { code: 0, message: told }] };
    let path = if key.is_empty() { "the bucket".to_owned() } else { format!("`{key}`") };
    Error::Api { operation, path, status: answer.status, messages }
}

#[derive(Default)]
struct Listing {
    objects: Vec<Object>,
    next: Option<String>,
}

impl Listing {
    fn read(text: &str) -> Result<Self, String> {
        if !text.contains("<ListBucketResult") {
            return Err("the server lists nothing".to_owned());
        }
        let mut listing = Self::default();
        for entry in elements(text, "Contents") {
            let key = element(&entry, "Key").ok_or("an object has no name")?;
            let size = element(&entry, "Size").and_then(|size| size.parse().ok()).ok_or("an object has no length")?;
            listing.objects.push(Object { key, size, modified: element(&entry, "LastModified").unwrap_or_default() });
        }
        if element(text, "IsTruncated").as_deref() == Some("true") {
            listing.next = Some(element(text, "NextContinuationToken").ok_or("the list does not go on")?);
        }
        Ok(listing)
    }
}

/// Returns what stands in the first element of a name, decoded.
fn element(text: &str, name: &str) -> Option<String> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut inside = false;
    let mut found = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().as_ref() == name.as_bytes() => inside = true,
            Event::End(end) if inside && end.local_name().as_ref() == name.as_bytes() => return Some(found),
            Event::Text(text) if inside => found.push_str(&text.decode().ok()?),
            Event::GeneralRef(reference) if inside => {
                let name = reference.decode().ok()?;
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    _ => named(&name),
                };
                found.push(character?);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn named(reference: &str) -> Option<char> {
    Some(match reference {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// Returns the inner text of all elements of a name. They do not stand within each other.
fn elements(text: &str, name: &str) -> Vec<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let parts = text.split(&start).skip(1);
    parts.filter_map(|part| Some(part.split_once(&end)?.0)).map(|inner| format!("<x>{inner}</x>")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let text = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b/&#233;.png</Key>\
                    <LastModified>2026-11-23T12:00:00.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>12</Size></Contents><Contents><Key>c</Key><Size>0</Size>\
                    </Contents><NextContinuationToken>t=1</NextContinuationToken></ListBucketResult>";
        let listing = Listing::read(text).unwrap();
        let keys: Vec<_> = listing.objects.iter().map(|object| (object.key.as_str(), object.size)).collect();
        assert_eq!((keys, listing.next.as_deref()), (vec![("a&b/é.png", 12), ("c", 0)], Some("t=1")));
        assert!(Listing::read("<html>").is_err());
        assert!(Listing::read("<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>").is_err());
    }
}
