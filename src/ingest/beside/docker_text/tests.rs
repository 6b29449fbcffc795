//! Tables as docker's reference shows them, as terminals receive them, and as scripts put times between them.

use crate::ingest::beside::testing::{entry, noted, sampled};
use crate::model::ResourcePhase::Load;

/// The example of docker/cli, `docs/reference/commandline/container_stats.md`.
const REFERENCE: &str = "\
CONTAINER ID        NAME                                    CPU %               MEM USAGE / LIMIT     MEM %               NET I/O             BLOCK I/O           PIDS
b95a83497c91        awesome_brattain                        0.28%               5.629MiB / 1.952GiB   0.28%               916B / 0B           147kB / 0B          9
67b2525d8ad1        foobar                                  0.00%               1.727MiB / 1.952GiB   0.09%               2.48kB / 0B         4.11MB / 0B         2
e5c383697914        test-1951.1.kay7x1lh1twk9c0oig50sd5tr   0.00%               196KiB / 1.952GiB     0.01%               71.2kB / 0B         770kB / 0B          1
";

fn value(text: &str, component: &str, name: &str) -> f64 {
    entry(&sampled(text), component, name, None).last.unwrap()
}

fn near(found: f64, wanted: f64) {
    assert!(
        (found - wanted).abs() <= 1e-9 * wanted.abs(),
        "{found} and not {wanted}"
    );
}

#[test]
fn every_column_of_the_reference_is_read_in_base_units() {
    near(value(REFERENCE, "awesome_brattain", "cpu"), 0.28);
    near(
        value(REFERENCE, "awesome_brattain", "memory"),
        5.629 * 1_048_576.0,
    );
    near(
        value(REFERENCE, "foobar", "memory_limit"),
        1.952 * 1_073_741_824.0,
    );
    near(value(REFERENCE, "foobar", "memory_share"), 0.09);
    near(value(REFERENCE, "foobar", "net_in"), 2480.0);
    near(value(REFERENCE, "foobar", "net_out"), 0.0);
    near(value(REFERENCE, "foobar", "block_in"), 4_110_000.0);
    near(
        value(REFERENCE, "test-1951.1.kay7x1lh1twk9c0oig50sd5tr", "memory"),
        200_704.0,
    );
    near(value(REFERENCE, "awesome_brattain", "pids"), 9.0);
}

#[test]
fn windows_and_tables_of_some_columns_are_read() {
    let windows = "\
CONTAINER ID        CPU %               PRIV WORKING SET    NET I/O             BLOCK I/O
09d3bb5b1604        6.61%               38.21 MiB           17.1 kB / 7.73 kB   10.7 MB / 3.57 MB
";
    near(
        value(windows, "09d3bb5b1604", "memory"),
        38.21 * 1_048_576.0,
    );
    near(value(windows, "09d3bb5b1604", "net_out"), 7730.0);
    let some = "\
CONTAINER                CPU %               MEM USAGE / LIMIT
fervent_panini           0.00%               56KiB / 15.57GiB
humble_visvesvaraya      0.00%               0B / 0B
";
    near(value(some, "fervent_panini", "memory"), 57_344.0);
    let found = sampled(some);
    assert_eq!(
        found.resources.len(),
        3,
        "a stopped container has no samples"
    );
    assert_eq!(noted(&found, "were not running"), 1);
}

#[test]
fn names_with_blanks_and_wide_letters_stay_whole() {
    let text = "\
CONTAINER ID   NAME               CPU %     MEM USAGE / LIMIT   MEM %
b95a83497c91   größe of 3 ovens   1.50%     2MiB / 1GiB         0.20%
67b2525d8ad1   a | <b>            2.50%     3MiB / 1GiB         0.29%
";
    near(value(text, "größe of 3 ovens", "cpu"), 1.5);
    near(value(text, "a | <b>", "memory"), 3.0 * 1_048_576.0);
}

#[test]
fn a_time_holds_for_the_table_below_it() {
    let one = "NAME   CPU %\napi    1.00%\n";
    let two = one.replace("1.00%", "3.00%");
    for [first, second] in [
        [
            "Sat Nov 21 02:15:10 UTC 2026",
            "Sat Nov 21 02:15:20 UTC 2026",
        ],
        ["2026-11-21T02:15:10+00:00", "2026-11-21T02:15:20Z"],
        ["1795227310", "1795227320.0"],
    ] {
        let found = sampled(&format!("{first}\n{one}{second}\n{two}"));
        let load = entry(&found, "api", "cpu", Some(Load));
        assert_eq!(load.series, [(10.0, 1.0), (20.0, 3.0)], "{first}");
    }
    // The second table has no time of its own, and is not given that of the first.
    let found = sampled(&format!("1795227310\n{one}{two}"));
    assert_eq!(entry(&found, "api", "cpu", Some(Load)).samples, 1);
    assert_eq!(noted(&found, "without a time among others"), 1);
}

#[test]
fn a_time_may_stand_before_every_line() {
    let text = "\
2026-11-21T02:15:10Z NAME    CPU %     PIDS
2026-11-21T02:15:10Z api 1   1.00%     123456789
2026-11-21T02:15:20Z api 1   3.00%     5
";
    let found = sampled(text);
    assert_eq!(
        entry(&found, "api 1", "cpu", Some(Load)).series,
        [(10.0, 1.0), (20.0, 3.0)]
    );
    let zoneless = text.replace('Z', "");
    assert_eq!(noted(&sampled(&zoneless), "read as UTC"), 1);
}

#[test]
fn a_name_of_digits_is_no_time() {
    let text = "CONTAINER      CPU %\n123456789012   1.00%\n";
    near(value(text, "123456789012", "cpu"), 1.0);
}

#[test]
fn what_a_live_terminal_receives_is_read() {
    let text = REFERENCE.lines().map(|line| format!("{line}\u{1b}[K\r\n"));
    let text: String = text.collect();
    let live = format!("\u{1b}[H\u{1b}[J{text}\u{1b}[J\u{1b}[H{text}\u{1b}[J");
    let found = sampled(&live);
    assert_eq!(entry(&found, "foobar", "memory", None).samples, 2);
    assert_eq!(found.resources.len(), 27);
}

#[test]
fn rows_are_read_by_their_gaps_or_counted() {
    let text =
        "NAME   CPU %     PIDS\nmuch-longer-than-before   1.00%   7\nbroken\nmore 1.00% 7 x\n";
    let found = sampled(text);
    assert_eq!(
        entry(&found, "much-longer-than-before", "pids", None).last,
        Some(7.0)
    );
    assert_eq!(found.resources.len(), 2);
    assert_eq!(noted(&found, "neither rows nor times"), 2);
    let bad = sampled("NAME   CPU %     PIDS\napi    high      7\n");
    assert_eq!(noted(&bad, "not understood"), 1);
}
