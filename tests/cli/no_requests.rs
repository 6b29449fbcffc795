//! A run without a request is invalid, with its likely cause; an input that counts something else is not measured.

use crate::{Scratch, sample};

#[test]
fn a_run_that_made_no_request_is_invalid_and_says_why() {
    let scratch = Scratch::new("no-requests");
    for (file, cause) in [
        (
            "artillery/v1.7.9/no-requests.json",
            "10 sessions ran without one",
        ),
        (
            "artillery/v2.0.34/no-requests.json",
            "10 sessions ran without one",
        ),
        (
            "locust/v2.47.0/zero.json",
            "3 users were there and none sent one",
        ),
        ("requests-csv/header-only.csv", "the file holds none"),
    ] {
        let path = sample(file);
        let path = path.to_str().unwrap();
        for arguments in [
            vec!["check", path],
            vec!["check", path, "--target", "rate > 0/s"],
        ] {
            let done = scratch.knee(&arguments);
            assert_eq!(done.code, 1, "{file}: {}", done.out);
            let flat = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains("No request was made"), "{file}: {flat}");
            assert!(flat.contains(cause), "{file}: {flat}");
        }
    }
}

#[test]
fn what_counts_no_requests_at_all_is_not_measured() {
    let scratch = Scratch::new("no-requests-measured");
    for file in [
        "artillery/v2.0.34/ws-echo.json",
        "k6/v1.1.0/no-http.json",
        "pytest-benchmark/run1.json",
    ] {
        let path = sample(file);
        let done = scratch.knee(&["check", path.to_str().unwrap(), "--target", "rate > 0/s"]);
        assert_eq!(done.code, 3, "{file}: {}", done.out);
        assert!(!done.out.contains("No request was made"), "{file}");
    }
}
