//! Which visitors are counted: people who have not asked to be left out.
//!
//! In: headers. Out: yes or no. Deliberately not here: who somebody is; nothing of a header is kept.

use crate::http::Headers;

/// Parts of names of programs that say what they are, in lower case. Who wants to be taken for a browser is.
const PROGRAMS: [&str; 26] = [
    "crawl",
    "spider",
    "slurp",
    "headless",
    "lighthouse",
    "pagespeed",
    "facebookexternalhit",
    "mediapartners-google",
    "google-inspectiontool",
    "whatsapp",
    "embedly",
    "preview",
    "curl/",
    "wget/",
    "python-",
    "python/",
    "go-http-client",
    "okhttp",
    "java/",
    "libwww",
    "node-fetch",
    "undici",
    "axios/",
    "monitor",
    "uptime",
    "pingdom",
];

/// Reports whether a request may be counted as a visitor's.
pub(crate) fn is_counted(headers: &dyn Headers) -> bool {
    let says = |name| headers.get(name).is_some_and(|value| value.trim() == "1");
    // Every browser has a name.
    !says("dnt") && !says("sec-gpc") && headers.get("user-agent").is_some_and(|agent| !is_program(&agent))
}

fn is_program(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    // `Googlebot/2.1`, `AdsBot-Google`; not the telephones of Cubot.
    let is_bot = agent
        .match_indices("bot")
        .any(|(at, _)| !agent[..at].ends_with("cu") && !agent[at + 3..].starts_with(|c: char| c.is_ascii_lowercase()));
    is_bot || PROGRAMS.iter().any(|name| agent.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::List;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

    #[test]
    fn programs_that_say_so_are_left_out() {
        for agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "AdsBot-Google (+http://www.google.com/adsbot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
            "curl/8.14.1",
            "Go-http-client/2.0",
            "Telegram bot",
        ] {
            assert!(!is_counted(&List(&[("user-agent", agent)])), "{agent}");
        }
        assert!(!is_counted(&List(&[])), "every browser has a name");
        for agent in [
            FIREFOX,
            "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
        ] {
            assert!(is_counted(&List(&[("user-agent", agent)])), "{agent}");
        }
    }

    #[test]
    fn who_asks_to_be_left_out_is() {
        for asked in [("dnt", "1"), ("sec-gpc", "1"), ("sec-gpc", " 1 ")] {
            assert!(!is_counted(&List(&[("user-agent", FIREFOX), asked])), "{asked:?}");
        }
        for allowed in [("dnt", "0"), ("sec-gpc", "0"), ("dnt", "")] {
            assert!(is_counted(&List(&[("user-agent", FIREFOX), allowed])), "{allowed:?}");
        }
    }
}
