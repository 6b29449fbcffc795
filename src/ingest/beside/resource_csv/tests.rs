//! Wide and long tables, their titles, times and units.

use std::fmt::Write;

use super::*;
use crate::ingest::beside::testing::{entry, noted, resources, run, sampled};
use crate::model::ResourcePhase::Load;

#[test]
fn titles_say_the_metric_and_its_unit() {
    let of = |title: &str| {
        let found = metric(title);
        (found.name, found.factor, found.unit)
    };
    let bytes = Some("B".to_owned());
    let percent = Some("%".to_owned());
    assert_eq!(of("memory_mb"), ("memory".into(), 1e6, bytes.clone()));
    assert_eq!(
        of("Mem (MiB)"),
        ("memory".into(), 1_048_576.0, bytes.clone())
    );
    assert_eq!(of("mem_bytes"), ("memory".into(), 1.0, bytes.clone()));
    assert_eq!(of("cpu_percent"), ("cpu".into(), 1.0, percent.clone()));
    assert_eq!(of("CPU %"), ("cpu".into(), 1.0, percent.clone()));
    assert_eq!(of("cpu_ratio"), ("cpu".into(), 100.0, percent.clone()));
    assert_eq!(of("mem_pct"), ("memory_share".into(), 1.0, percent));
    assert_eq!(
        of("gc_pause_ms"),
        ("gc_pause".into(), 1.0, Some("ms".into()))
    );
    assert_eq!(of("rss_kib"), ("rss".into(), 1024.0, bytes));
    assert_eq!(of("open_files"), ("open_files".into(), 1.0, None));
    assert_eq!(of("temp_c"), ("temp_c".into(), 1.0, None));
}

#[test]
fn cells_of_docker_in_a_table_are_understood() {
    let text = "\
ts,container,cpu_perc,mem_usage,mem_perc,net_io,blk_io
1795227310,web,1.50%,128MiB / 1GiB,12.5%,1.5MB / 2MB,4kB / 8kB
1795227320,web,2.50%,130MiB / 1GiB,12.7%,1.6MB / 2MB,4kB / 9kB
";
    let found = sampled(text);
    let of = |name: &str| entry(&found, "web", name, Some(Load));
    assert_eq!(of("cpu").series, [(10.0, 1.5), (20.0, 2.5)]);
    assert_eq!(of("memory").first, Some(134_217_728.0));
    assert_eq!(of("memory_limit").last, Some(1_073_741_824.0));
    assert_eq!(of("memory_share").unit.as_deref(), Some("%"));
    assert_eq!(of("net_in").last, Some(1_600_000.0));
    assert_eq!(of("block_out").last, Some(9000.0));
}

#[test]
fn long_tables_convert_by_their_column_of_units() {
    let text = "\
time;component;metric;value;unit
2026-11-21T02:15:10Z;db;memory;3;MiB
2026-11-21T02:15:10Z;db;queue;7;jobs
2026-11-21T02:15:10Z;db;cpu;0.5;ratio
2026-11-21T02:15:20Z;db;queue;8;
";
    let found = sampled(text);
    assert_eq!(
        entry(&found, "db", "memory", Some(Load)).max,
        Some(3_145_728.0)
    );
    assert_eq!(
        entry(&found, "db", "queue", Some(Load)).unit.as_deref(),
        Some("jobs")
    );
    assert_eq!(entry(&found, "db", "cpu", Some(Load)).max, Some(50.0));
    assert_eq!(noted(&found, "another unit"), 1);
}

#[test]
fn without_components_the_file_stands_for_one() {
    let found = sampled("time,cpu_percent\n1795227310,5\n");
    assert_eq!(entry(&found, "stats", "cpu", Some(Load)).max, Some(5.0));
}

#[test]
fn bad_rows_and_columns_are_counted() {
    let text = "\
time,host,cpu_percent,state
1795227310,a,5,up
1795227320,a,,up
1795227330,a,many,up
yesterday,a,5,up
1795227340,a,5
1795227350,a,6,up
";
    let found = sampled(text);
    assert_eq!(entry(&found, "a", "cpu", Some(Load)).samples, 2);
    assert_eq!(noted(&found, "time is not understood"), 1);
    assert_eq!(noted(&found, "another number of cells"), 1);
    assert_eq!(noted(&found, "values that are not understood"), 1);
    assert_eq!(noted(&found, "columns without a number"), 1);
}

#[test]
fn a_table_without_metrics_is_refused() {
    let error = resources("time,host\n1,a\n", &mut [run(0)]).unwrap_err();
    assert!(
        error.to_string().contains("not a log of resources"),
        "{error}"
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line_and_not_the_file() {
    let mut text =
        "\ntime,component,cpu_percent\n1795227310,web,1\n1795227311,\"web,2\n".to_owned();
    for second in 0..200_000 {
        writeln!(text, "{},web,3", 1_795_227_312 + second % 60).unwrap();
    }
    let found = sampled(&text);
    assert_eq!(entry(&found, "web", "cpu", Some(Load)).samples, 200_001);
    assert_eq!(
        noted(
            &found,
            "never close it are left out of stats.txt (the first in line 4)"
        ),
        1
    );
    let long = format!(
        "time,cpu_percent\n1795227310,1\n1795227311,{}\n1795227312,3\n",
        "9".repeat(2_000_000)
    );
    let found = sampled(&long);
    assert_eq!(entry(&found, "stats", "cpu", Some(Load)).samples, 2);
    assert_eq!(
        noted(
            &found,
            "rows longer than 1 MiB are left out of stats.txt (the first in line 3)"
        ),
        1
    );
}
