//! `http_req_duration{name:checkout,method:POST}`: which requests a sub-metric is about.
//!
//! k6 writes one only where a threshold of the script names it, so what is found here is a part of the run and may overlap with
//! other parts. Knows no figures.

/// Tags that k6 sets itself (its `SystemTagSet`) and that say something else than which request it is.
const SYSTEM: [&str; 16] = [
    "check",
    "error",
    "error_code",
    "expected_response",
    "group",
    "ip",
    "iter",
    "method",
    "ocsp_status",
    "proto",
    "scenario",
    "service",
    "status",
    "subproto",
    "tls_version",
    "vu",
];

/// The tags of a sub-metric, sorted. Empty for a metric of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tags(Vec<(String, String)>);

/// Takes a name apart as k6 puts it together (`Metric.AddSubmetric`).
pub(super) fn split(name: &str) -> (&str, Tags) {
    let inner = name
        .split_once('{')
        .and_then(|(base, rest)| Some((base, rest.strip_suffix('}')?)));
    let Some((base, inner)) = inner else {
        return (name, Tags::default());
    };
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let mut tags: Vec<(String, String)> = inner
        .split(',')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once(':').unwrap_or((pair, ""));
            (bare(key), bare(value))
        })
        .collect();
    tags.sort();
    (base, Tags(tags))
}

impl Tags {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// Takes `expected_response` out.
    pub(super) fn take_outcome(&mut self) -> Option<bool> {
        let outcome = match self.get("expected_response") {
            Some("true") => true,
            Some("false") => false,
            _ => return None,
        };
        self.0.retain(|(key, _)| key != "expected_response");
        Some(outcome)
    }

    /// Which keys there are: lists of one shape do not overlap.
    pub(super) fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(key, _)| key.as_str()).collect()
    }

    /// Whether the tags say which request it is: its name, its URL, or a tag of the script's own.
    pub(super) fn name_a_request(&self) -> bool {
        self.0
            .iter()
            .any(|(key, _)| !SYSTEM.contains(&key.as_str()))
    }

    /// The method, where it is one of the tags.
    pub(super) fn method(&self) -> Option<&str> {
        self.get("method").filter(|method| !method.is_empty())
    }

    /// What to call the requests: the name or URL, then every other tag but the method as `key:value`.
    pub(super) fn label(&self) -> String {
        let key = if self.get("name").is_some() {
            "name"
        } else {
            "url"
        };
        // A key may stand there twice: only the one that is said elsewhere is left out.
        let mut said = vec![key, "method"];
        let mut rest = Vec::new();
        for (name, value) in &self.0 {
            match said.iter().position(|known| known == name) {
                Some(place) => {
                    said.swap_remove(place);
                }
                None => rest.push(format!("{name}:{value}")),
            }
        }
        let rest = rest.join(",");
        match self.get(key) {
            None => rest,
            Some(name) if rest.is_empty() => name.to_owned(),
            Some(name) => format!("{name} {{{rest}}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> String {
        split(name).1.label()
    }

    #[test]
    fn names_are_taken_apart_as_k6_puts_them_together() {
        let (base, tags) = split("http_reqs{ name : \"a b\" , method:GET,}");
        assert_eq!(base, "http_reqs");
        assert_eq!(tags.label(), "a b");
        assert_eq!(tags.method(), Some("GET"));
        assert_eq!(tags, split("http_reqs{method:GET,name:a b}").1);
        let (_, tags) = split("http_req_duration{group:::browse::list}");
        assert_eq!(tags.get("group"), Some("::browse::list"));
        for odd in ["a", "a{", "a{b", "{", "}", ""] {
            assert!(split(odd).1.is_empty(), "{odd}");
        }
        assert_eq!(split("a{}"), ("a", Tags::default()));
    }

    #[test]
    fn requests_are_named_and_slices_of_the_run_are_not() {
        for (name, wanted) in [
            ("d{name:checkout}", "checkout"),
            ("d{url:http://x/a?b=1:2}", "http://x/a?b=1:2"),
            ("d{name:a,scenario:buy,method:PUT}", "a {scenario:buy}"),
            ("d{plan:gold}", "plan:gold"),
        ] {
            assert!(split(name).1.name_a_request(), "{name}");
            assert_eq!(label(name), wanted);
        }
        for slice in [
            "d{scenario:buy}",
            "d{group:::x}",
            "d{method:GET,status:200}",
        ] {
            assert!(!split(slice).1.name_a_request(), "{slice}");
        }
    }
}
