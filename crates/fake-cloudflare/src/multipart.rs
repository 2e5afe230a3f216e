//! Takes multipart bodies apart.

/// A part of a body.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Part {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Returns the parts; none where the body is no such one.
pub(crate) fn parse(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary =
        content_type.strip_prefix("multipart/form-data")?.split("boundary=").nth(1)?.trim().trim_matches('"');
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut at = find(body, mark.as_bytes(), 0)? + mark.len();
    loop {
        if body.get(at..at + 2)? == b"--" {
            return Some(parts);
        }
        let start = at + 2;
        let head_end = find(body, b"\r\n\r\n", start)?;
        let next = find(body, format!("\r\n{mark}").as_bytes(), head_end + 2)?;
        let head = String::from_utf8_lossy(&body[start..head_end]).into_owned();
        let mut part = Part {
            name: String::new(),
            file_name: None,
            content_type: None,
            bytes: body.get(head_end + 4..next).unwrap_or_default().to_vec(),
        };
        for line in head.lines() {
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" => {
                    part.name = parameter(value, "name")?;
                    part.file_name = parameter(value, "filename");
                }
                "content-type" => part.content_type = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        parts.push(part);
        at = next + 2 + mark.len();
    }
}

fn parameter(value: &str, name: &str) -> Option<String> {
    let (_, rest) = value.split_once(&format!("; {name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"c\"\r\n\
                     Content-Type: text/plain\r\n\r\n\r\n2\r\n\r\n--x--\r\n";
        let parts = parse("multipart/form-data; boundary=x", body).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].text().as_str()), ("a", "1"));
        assert_eq!((parts[1].file_name.as_deref(), parts[1].text().as_str()), (Some("c"), "\r\n2\r\n"));
        assert!(parse("application/json", body).is_none());
    }
}
