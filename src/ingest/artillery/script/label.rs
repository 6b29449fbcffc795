//! Which request of a script an endpoint's label means.
//!
//! The plugin metrics-by-endpoint calls an endpoint by the URL as the script has it (before 2.0.3 and with
//! `groupDynamicURLs: false` as it was sent), with or without its query, with the host where it is not the target's, and
//! with the request's name behind it in brackets or in its place (its `index.js`).

use std::collections::BTreeSet;

/// A request of a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// The labels that an endpoint of this request may have; templates stand in them.
    labels: Vec<String>,
    path: Option<String>,
}

/// How well a label fits a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The URL is a template as a whole, so any label may be meant.
    Any,
    /// A template of the URL or the name stands for a part of the label.
    Template,
    /// Letter by letter.
    Exact,
}

/// A request as a step has it.
pub(super) fn request_of(method: &'static str, url: String, name: Option<String>) -> Request {
    let mut urls = vec![url];
    let whole = urls.first().map_or("", String::as_str);
    let mut path = whole.to_owned();
    if let Some((_, rest)) = whole.split_once("://") {
        let at = rest.find('/').unwrap_or(rest.len());
        let (_, of_host) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let of_host = if of_host.is_empty() { "/" } else { of_host };
        of_host.clone_into(&mut path);
        urls = vec![rest.to_owned(), path.clone()];
    } else if let Some((_, rest)) = whole
        .strip_prefix("{{")
        .and_then(|rest| rest.split_once("}}"))
        && rest.starts_with('/')
    {
        // A host in a variable.
        rest.clone_into(&mut path);
        urls.push(path.clone());
    }
    let without_query = |url: &String| url.split_once('?').map(|(path, _)| path.to_owned());
    let stripped: Vec<String> = urls.iter().filter_map(without_query).collect();
    urls.extend(stripped);
    let path = without_query(&path).unwrap_or(path);
    let mut labels = Vec::new();
    match name.filter(|name| !name.is_empty()) {
        Some(name) => {
            labels.extend(urls.iter().map(|url| format!("{url} ({name})")));
            labels.push(name);
        }
        None => labels = urls,
    }
    Request {
        method,
        labels,
        path: path.starts_with('/').then_some(path),
    }
}

impl Request {
    /// The path, templates included.
    pub(super) fn path(&self) -> Option<String> {
        self.path.clone()
    }

    fn fit(&self, label: &str) -> Option<Fit> {
        let fits = self.labels.iter().filter_map(|own| {
            if own == label {
                Some(Fit::Exact)
            } else if !own.contains("{{") {
                None
            } else if is_template(own) {
                // Labels with templates are those of the script: they are met letter by letter.
                (!label.contains("{{")).then_some(Fit::Any)
            } else {
                stands_for(own, label).then_some(Fit::Template)
            }
        });
        fits.max()
    }
}

/// The request that a label means; `None` where it may be requests of two methods, or none.
pub(super) fn only<'a>(requests: &'a BTreeSet<Request>, label: &str) -> Option<&'a Request> {
    let fits: Vec<(Fit, &Request)> = requests
        .iter()
        .filter_map(|request| Some((request.fit(label)?, request)))
        .collect();
    let best = fits.iter().map(|(fit, _)| *fit).max()?;
    let (_, found) = fits.iter().find(|(fit, _)| *fit == best)?;
    let mut possible = fits
        .iter()
        .filter(|(fit, _)| *fit == best || *fit == Fit::Any);
    let clear = best > Fit::Any && possible.all(|(_, other)| other.method == found.method);
    clear.then_some(*found)
}

/// Whether there is nothing but one template.
fn is_template(text: &str) -> bool {
    let inner = text.trim().strip_prefix("{{");
    inner
        .and_then(|inner| inner.split_once("}}"))
        .is_some_and(|(_, rest)| rest.is_empty())
}

/// Whether texts without a slash in place of the templates make the label.
fn stands_for(pattern: &str, label: &str) -> bool {
    let mut rest = label;
    let mut open = false;
    let mut pattern = pattern;
    loop {
        let (literal, next) = match pattern.split_once("{{") {
            Some((literal, next)) => match next.split_once("}}") {
                Some((_, next)) => (literal, Some(next)),
                None => return false,
            },
            None => (pattern, None),
        };
        let filled = if next.is_none() && open {
            rest.strip_suffix(literal)
        } else if open {
            // Two templates without anything between them are one.
            let at = (!literal.is_empty()).then(|| rest.find(literal)).flatten();
            let found = at.and_then(|at| rest.split_at_checked(at));
            let Some((filled, after)) = found else {
                return false;
            };
            rest = after.strip_prefix(literal).unwrap_or(after);
            Some(filled)
        } else {
            let Some(after) = rest.strip_prefix(literal) else {
                return false;
            };
            rest = after;
            None
        };
        if open && !filled.is_some_and(|filled| !filled.is_empty() && !filled.contains('/')) {
            return false;
        }
        match next {
            Some(next) => pattern = next,
            None => return open || rest.is_empty(),
        }
        open = true;
    }
}
