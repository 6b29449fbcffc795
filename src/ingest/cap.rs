//! At most so many endpoints and kinds of error of a document: names made of ids would fill the memory and the page.
//!
//! Logs are capped while they are read (`recorder`); documents hold their names already, and the rest of the program need
//! not. Counts are kept: what is left out goes to one endpoint, with a note.

use std::collections::BTreeSet;

use crate::ingest::recorder::{MOST_ENDPOINTS, OTHER_ENDPOINTS};
use crate::model::{Endpoint, ErrorCount, Run, Stats};

/// Kinds of error that a run keeps.
const MOST_ERRORS: usize = 1000;

/// Keeps the endpoints with the most requests and sums up the others.
pub(super) fn cap(run: &mut Run) {
    if run.endpoints.len() > MOST_ENDPOINTS + 1 {
        cap_endpoints(run);
    }
    // Kinds and codes without a name stand beside those that are kept.
    if run.errors.len() > MOST_ERRORS + 200 {
        cap_errors(run);
    }
}

fn cap_endpoints(run: &mut Run) {
    let mut all = std::mem::take(&mut run.endpoints);
    all.sort_by(|a, b| {
        let order = b.stats.requests.cmp(&a.stats.requests);
        order.then_with(|| (&a.name, &a.method).cmp(&(&b.name, &b.method)))
    });
    let others = all.split_off(MOST_ENDPOINTS);
    let gone: BTreeSet<(String, Option<String>)> = others
        .iter()
        .map(|endpoint| (endpoint.name.clone(), endpoint.method.clone()))
        .collect();
    let parts: Vec<&Stats> = others.iter().map(|endpoint| &endpoint.stats).collect();
    let mut sum = Stats::sum(&parts);
    sum.set_rates(run.duration);
    all.push(Endpoint {
        name: OTHER_ENDPOINTS.to_owned(),
        method: None,
        path: None,
        group: None,
        names_in: Vec::new(),
        stats: sum,
    });
    all.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    run.endpoints = all;
    for error in &mut run.errors {
        let name = error.endpoint.clone().unwrap_or_default();
        if gone.contains(&(name, error.method.clone())) {
            error.endpoint = Some(OTHER_ENDPOINTS.to_owned());
            error.method = None;
        }
    }
    run.join_errors();
    let text = format!(
        "endpoints beyond the {MOST_ENDPOINTS} with the most requests are summed up as {OTHER_ENDPOINTS}; a `[[rename]]` that joins names with ids keeps them"
    );
    run.note("endpoints-capped", text, others.len() as u64);
}

fn cap_errors(run: &mut Run) {
    run.errors.sort_by(|a, b| {
        let order = b.count.cmp(&a.count);
        order.then_with(|| {
            (&a.endpoint, &a.method, &a.message).cmp(&(&b.endpoint, &b.method, &b.message))
        })
    });
    let others = run.errors.split_off(MOST_ERRORS);
    let kinds = others.len();
    let nameless = others.into_iter().map(|error| ErrorCount {
        endpoint: None,
        method: None,
        message: None,
        ..error
    });
    run.errors.extend(nameless);
    run.join_errors();
    let text = "rare kinds of error are summed up by kind and code";
    run.note("errors-capped", text, kinds as u64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ErrorKind;

    #[test]
    fn counts_survive_and_the_busiest_names_stay() {
        let mut run = Run::new("test", "test");
        for number in 0..3000_u64 {
            run.endpoints.push(Endpoint {
                name: format!("/item/{number:05}"),
                method: Some("GET".to_owned()),
                path: None,
                group: None,
                names_in: Vec::new(),
                stats: Stats {
                    requests: Some(number),
                    failures: Some(1),
                    ..Stats::default()
                },
            });
            run.errors.push(ErrorCount {
                endpoint: Some(format!("/item/{number:05}")),
                method: Some("GET".to_owned()),
                kind: ErrorKind::HttpStatus,
                code: Some("500".to_owned()),
                message: None,
                count: 1,
            });
        }
        let total: u64 = run
            .endpoints
            .iter()
            .filter_map(|endpoint| endpoint.stats.requests)
            .sum();
        cap(&mut run);
        assert_eq!(run.endpoints.len(), MOST_ENDPOINTS + 1);
        assert_eq!(
            run.endpoints
                .iter()
                .filter_map(|endpoint| endpoint.stats.requests)
                .sum::<u64>(),
            total
        );
        assert!(
            run.endpoints
                .iter()
                .any(|endpoint| endpoint.name == "/item/02999")
        );
        assert!(
            run.endpoints
                .iter()
                .all(|endpoint| endpoint.name != "/item/00001")
        );
        assert_eq!(
            run.errors.iter().map(|error| error.count).sum::<u64>(),
            3000
        );
        assert!(run.errors.len() <= MOST_ERRORS + 1, "{}", run.errors.len());
        let before = run.clone();
        cap(&mut run);
        assert_eq!(run, before, "a run that is capped stays as it is");
    }
}
