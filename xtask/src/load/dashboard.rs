//! An administrator who looks at one view of the dashboard after the other.
//!
//! In: a password. Out: samples of the requests that the views make (`themes/shore/assets/js/admin/views`). Deliberately not here: what is done there,
//! the many small files of its script.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::connection::{Connection, Request};
use super::kinds::DASHBOARD;
use super::traffic::{BROWSER, Sample, World, assets, get};
use crate::serving::ADMIN;

/// How long a view is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The views, and what each asks for below `/api/v1/`.
const VIEWS: [&[&str]; 10] = [
    &[
        "admin/vitals/summary?days=30",
        "health",
        "admin/traffic?days=30",
        "admin/forms",
        "admin/errors?days=30&limit=200",
        "admin/builds?limit=1",
        "admin/traffic?days=30",
        "admin/views?days=30&limit=8",
        "admin/searches?days=30&limit=8",
        "admin/vitals?days=30",
    ],
    &["admin/views?days=30&limit=200", "admin/referrers?days=30&limit=100"],
    &["admin/searches?days=30&found=any&limit=200"],
    &["admin/forms", "admin/submissions?state=new&limit=25"],
    &["admin/accounts?limit=50"],
    &["admin/sessions?limit=200"],
    &["admin/builds?limit=100"],
    &["admin/slow?limit=50", "admin/metrics"],
    &["admin/errors?days=7&limit=200"],
    &["admin/audit?limit=50"],
];

/// The administrator.
pub(super) struct Dashboard {
    connection: Connection,
    /// A line of headers with the session.
    session: String,
    view: usize,
    pub(super) samples: Vec<Sample>,
}

impl Dashboard {
    /// Signs in.
    pub(super) fn open(world: &World) -> anyhow::Result<Self> {
        let mut connection = Connection::new(&world.host);
        let (email, password) = ADMIN;
        let body = serde_json::json!({"email": email, "password": password}).to_string();
        let headers = "content-type: application/json\r\n";
        let login = Request { method: "POST", path: "/api/v1/auth/login", headers, body: &body };
        let answer = connection.ask(login).context("the administrator could not sign in")?;
        ensure!(answer.status == 200, "the administrator could not sign in: {}", answer.status);
        let session = format!("cookie: {}\r\n", answer.cookie.context("the administrator got no session")?);
        Ok(Self { connection, session, view: 0, samples: Vec::new() })
    }

    /// Looks at views until the end; the page is loaded anew after the last of them.
    pub(super) fn go(&mut self, world: &World, end: Instant) {
        let [files, data] = &DASHBOARD;
        while Instant::now() < end {
            if self.view == 0 {
                let (sample, page) = world.ask(&mut self.connection, files, get("/admin/", ""), Duration::ZERO);
                self.samples.push(sample);
                for path in assets(&String::from_utf8_lossy(&page.body)) {
                    let (sample, _) = world.ask(&mut self.connection, files, get(&path, BROWSER), Duration::ZERO);
                    self.samples.push(sample);
                }
            }
            for path in VIEWS[self.view] {
                let path = format!("/api/v1/{path}");
                let (sample, _) = world.ask(&mut self.connection, data, get(&path, &self.session), Duration::ZERO);
                self.samples.push(sample);
            }
            self.view = (self.view + 1) % VIEWS.len();
            std::thread::sleep(LOOK.min(end.saturating_duration_since(Instant::now())));
        }
    }
}
