//! Objects as docker's CLI writes them, one a line, in arrays, and with times.

use crate::ingest::beside::testing::{entry, noted, resources, run, sampled};
use crate::model::ResourcePhase::Load;

/// The example of docker/cli, `docs/reference/commandline/container_stats.md`.
const REFERENCE: &str = r#"{"BlockIO":"0B / 13.3kB","CPUPerc":"0.03%","Container":"nginx","ID":"ed37317fbf42","MemPerc":"0.24%","MemUsage":"2.352MiB / 982.5MiB","Name":"nginx","NetIO":"539kB / 606kB","PIDs":"2"}"#;

#[test]
fn the_reference_is_read() {
    let found = sampled(REFERENCE);
    let of = |name: &str| entry(&found, "nginx", name, None).last;
    assert_eq!(of("cpu"), Some(0.03));
    assert_eq!(of("net_out"), Some(606_000.0));
    assert_eq!(of("block_out"), Some(13_300.0));
    assert_eq!(of("pids"), Some(2.0));
    assert_eq!(of("memory_limit"), Some(982.5 * 1_048_576.0));
}

#[test]
fn times_stand_in_a_member_or_before_the_line() {
    let member = |time: &str| REFERENCE.replace("{\"Block", &format!("{{\"time\":{time},\"Block"));
    for text in [
        format!(
            "{}\n{}\n",
            member("\"2026-11-21T02:15:10Z\""),
            member("\"2026-11-21T02:15:20Z\"")
        ),
        format!("{}\n{}\n", member("1795227310"), member("1795227320")),
        format!("2026-11-21T02:15:10Z {REFERENCE}\n2026-11-21T02:15:20Z {REFERENCE}\n"),
        format!("1795227310 {REFERENCE}\n1795227320\t{REFERENCE}\n"),
        format!("[2026-11-21T02:15:10Z] {REFERENCE}\n[2026-11-21T02:15:20Z] {REFERENCE}\n"),
    ] {
        let found = sampled(&text);
        let load = entry(&found, "nginx", "cpu", Some(Load));
        assert_eq!(load.series, [(10.0, 0.03), (20.0, 0.03)], "{text}");
    }
}

#[test]
fn arrays_of_a_line_and_of_many_are_read() {
    let other = REFERENCE.replace("nginx", "api");
    for text in [
        format!("[{REFERENCE}, {other}]\n[{REFERENCE}, {other}]\n"),
        format!("[{REFERENCE},\n{other},\n{REFERENCE},\n{other}]\n"),
        format!("[\n{REFERENCE},\n{other}\n]\n[\n{REFERENCE},\n{other}\n]\n"),
    ] {
        let found = sampled(&text);
        assert_eq!(entry(&found, "api", "cpu", None).samples, 2, "{text}");
        assert_eq!(entry(&found, "nginx", "cpu", None).samples, 2, "{text}");
    }
}

#[test]
fn a_line_that_is_cut_is_counted() {
    let cut = REFERENCE.get(..80).unwrap();
    let found = sampled(&format!("{REFERENCE}\n{cut}\nError: no such container\n"));
    assert_eq!(entry(&found, "nginx", "cpu", None).samples, 1);
    assert_eq!(noted(&found, "no objects"), 2);
    let only = format!("{}\n", REFERENCE.get(..150).unwrap());
    let error = resources(&only, &mut [run(0)]).unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");
}
