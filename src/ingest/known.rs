//! Outputs of tools that are known and not read: what they are called in the refusal, and how to get them in.
//!
//! One row a kind of file. A row claims nothing: it is asked only where no format and no map takes the file.

use std::borrow::Cow;

use crate::ingest::sniff::{JsonHead, json_head};
use crate::ingest::{k6, requests_csv};

/// What a file is, and what to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct Known {
    /// As the refusal calls it.
    pub(in crate::ingest) what: &'static str,
    /// What to export, or how to map it.
    pub(in crate::ingest) way: Option<&'static str>,
}

/// The first bytes of a file in the shapes that rows look at.
struct Seen<'a> {
    bytes: &'a [u8],
    text: Cow<'a, str>,
    json: JsonHead,
}

impl Seen<'_> {
    fn has(&self, parts: &[&str]) -> bool {
        parts.iter().all(|part| self.text.contains(part))
    }

    fn starts(&self, with: &str) -> bool {
        self.text.trim_start().starts_with(with)
    }

    fn members(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.json.has(path))
    }

    fn ends_a_member(&self, endings: &[&str]) -> bool {
        let ends = |ending: &&str| self.json.paths.iter().any(|path| path.ends_with(*ending));
        endings.iter().all(ends)
    }

    /// Whether the cells of the first line are of these kinds: `9` whole number, `b` truth value, `x` anything.
    fn first_cells(&self, delimiter: char, kinds: &str) -> bool {
        let line = self.text.lines().next().unwrap_or_default();
        let cells: Vec<&str> = line.split(delimiter).collect();
        let fits = |(cell, kind): (&&str, char)| match kind {
            '9' => !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit()),
            'b' => matches!(*cell, "true" | "false"),
            _ => true,
        };
        cells.len() >= kinds.len() && cells.iter().zip(kinds.chars()).all(fits)
    }
}

const MAP: &str = "a [[map]] of knee.toml reads it; `knee schema config` lists the fields";
const JMETER: &str = "a [[map]] of knee.toml reads the CSV with its header: `latency = \"elapsed\"` in ms. Rows of transactions count their requests again: \
                      leave them out by `where`, such as `where = [\"URL != null\"]`";
const GATLING: &str = "a [[map]] of knee.toml reads `js/stats.json` or `js/global_stats.json` of the report that `gatling.sh -ro FOLDER` makes; simulation.log is not read yet";

type Row = (fn(&Seen) -> bool, &'static str, &'static str);

/// Every kind of file that is known: its mark, what it is, what to do.
static ROWS: &[Row] = &[
    (
        |s| s.has(&["ApacheBench"]),
        "what ab (ApacheBench) prints",
        "run `ab -g rows.tsv`: its `ttime` is the response time in ms, and a [[map]] of knee.toml reads it",
    ),
    (
        |s| s.starts("starttime\tseconds\tctime"),
        "a table of `ab -g`",
        "a [[map]] of knee.toml reads it: `latency = \"ttime\"` in ms, `started = \"seconds\"` in s",
    ),
    (
        |s| s.starts("Percentage served,Time in ms"),
        "the percentiles of `ab -e`",
        "they hold no requests: run `ab -g rows.tsv`, which a [[map]] of knee.toml reads",
    ),
    (
        |s| s.has(&["Running ", " test @ ", "Thread Stats"]),
        "what wrk prints",
        "let a Lua `done` function print the summary as JSON: a [[map]] of knee.toml reads that",
    ),
    (
        |s| s.has(&["Summary:", "Success rate:", "Requests/sec:"]),
        "what oha prints",
        "run `oha --output-format json` (`-j` before 1.5): a [[map]] of knee.toml reads it",
    ),
    (
        |s| s.members(&["summary.successRate", "summary.requestsPerSec"]),
        "JSON of oha",
        MAP,
    ),
    (
        |s| s.has(&["Summary:", "Total:", "Slowest:", "Requests/sec:"]),
        "what hey prints",
        "run `hey -o csv`: a [[map]] of knee.toml reads it, `latency = \"response-time\"` in s",
    ),
    (
        |s| s.has(&["Running ", " test @ ", "connections", "\u{2502}"]),
        "the tables that autocannon prints",
        "run `autocannon -j`: a [[map]] of knee.toml reads it",
    ),
    (
        |s| s.members(&["latency.p97_5", "requests.average"]),
        "JSON of autocannon",
        MAP,
    ),
    (
        |s| s.members(&["latencies.mean", "latencies.99th"]),
        "JSON of `vegeta report`",
        "a [[map]] of knee.toml reads it, latencies in ns; so it does the rows of `vegeta encode --to csv`",
    ),
    (
        |s| s.members(&["attack", "seq", "latency", "bytes_out"]),
        "JSON of `vegeta encode`",
        "a [[map]] of knee.toml reads it: `latency` in ns, `code`, `started = \"timestamp\"`",
    ),
    (
        |s| s.has(&["Attack", "Latency", "BytesOut"]) && s.bytes.contains(&0xff),
        "the binary results of vegeta",
        "`vegeta encode --to json` or `vegeta report -type json` writes what a [[map]] of knee.toml reads",
    ),
    (
        |s| s.members(&["transactions", "availability", "longest_transaction"]),
        "JSON of siege",
        MAP,
    ),
    (
        |s| {
            s.has(&["** SIEGE "])
                || s.has(&["Transactions:", "Availability:", "Longest transaction:"])
        },
        "what siege prints",
        "run `siege -j`: a [[map]] of knee.toml reads it",
    ),
    (
        |s| s.starts("Date & Time,  Trans,"),
        "the log of siege",
        "run `siege -j`: a [[map]] of knee.toml reads it",
    ),
    (
        |s| {
            s.members(&["results[].command", "results[].mean"])
                || s.starts("command,mean,stddev,median")
                || s.starts("| Command | Mean")
        },
        "results of hyperfine, which times commands",
        "a [[map]] of knee.toml reads its JSON: records = \"results\", `endpoint = \"command\"`, `mean` in s",
    ),
    (
        |s| {
            s.text
                .lines()
                .take(20)
                .any(|line| line.starts_with("RUN\t") || line.contains("\tRUN\t"))
        },
        "the simulation.log of Gatling",
        GATLING,
    ),
    (
        |s| {
            s.bytes.starts_with(&[0, 0, 0, 0])
                && s.bytes.get(5..12).is_some_and(|version| {
                    version.contains(&b'.')
                        && version
                            .iter()
                            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | 0))
                })
        },
        "the binary simulation.log of Gatling",
        GATLING,
    ),
    (
        |s| {
            s.ends_a_member(&["numberOfRequests.total"])
                || s.ends_a_member(&["stats.numberOfRequests"])
        },
        "statistics of a Gatling report",
        "a [[map]] of knee.toml reads it: `requests = \"stats.numberOfRequests.total\"`, `failures = \"stats.numberOfRequests.ko\"`, times in ms",
    ),
    (
        |s| s.starts("var stats = {") && s.has(&["numberOfRequests"]),
        "the stats.js of a Gatling report",
        GATLING,
    ),
    (
        |s| s.members(&["simulation", "simulationId", "assertions"]),
        "the assertions of a Gatling report",
        GATLING,
    ),
    (
        |s| s.has(&["<testResults"]),
        "XML of JMeter",
        "run JMeter with `-Jjmeter.save.saveservice.output_format=csv`, and a [[map]] of knee.toml reads it. Rows of transactions count their requests again: leave them out by `where`, such as `where = [\"URL != null\"]`",
    ),
    (
        |s| s.first_cells(',', "99xxxxxb9") || s.first_cells(',', "99xxxxxbx9"),
        "a table of JMeter without its header",
        JMETER,
    ),
    (
        |s| s.ends_a_member(&[".sampleCount", ".meanResTime"]),
        "the statistics.json of a JMeter report",
        "a [[map]] of knee.toml reads it: records = \"*\", `requests = \"sampleCount\"`, `failures = \"errorCount\"`, times in ms; leave `Total` out by `where`",
    ),
    (
        |s| s.has(&["starting benchmark...", "spawning thread"]),
        "what h2load prints",
        "run `h2load --log-file rows.tsv`: a [[map]] of knee.toml reads its columns, start and duration in us",
    ),
    (
        |s| {
            s.first_cells('\t', "999")
                && s.text
                    .lines()
                    .next()
                    .is_some_and(|line| line.find('\t') == Some(16))
        },
        "the log of `h2load --log-file`",
        "a [[map]] of knee.toml reads its columns: `started = \"[0]\"` in us, `code = \"[1]\"`, `latency = \"[2]\"` in us",
    ),
    (
        |s| s.members(&["RunType", "DurationHistogram"]),
        "JSON of fortio",
        "a [[map]] of knee.toml reads it, times in s",
    ),
    (
        |s| s.members(&["latencyDistribution"]) || s.members(&["endReason", "options"]),
        "JSON of ghz",
        "a [[map]] of knee.toml reads it, times in ns",
    ),
    (
        |s| s.bytes.starts_with(b"\xfe\xff"),
        "text in UTF-16 with the high byte first",
        "save it as UTF-8",
    ),
    (
        |s| s.starts("[2") && s.has(&["/locust."]),
        "a log of Locust",
        "give what `locust --json > run.json 2> locust.log` prints apart from the log, or the files of `locust --csv run`",
    ),
    (
        |s| s.starts("httperf "),
        "what httperf prints",
        "it writes nothing that can be mapped: turn it into CSV or JSON, which a [[map]] of knee.toml reads",
    ),
    (
        |s| {
            s.starts("#date;pid;id;http method")
                || s.members(&["stats[].timestamp", "stats[].samples"])
        },
        "a log of Tsung",
        "a [[map]] of knee.toml reads its dump (`dumptraffic=\"protocol\"`): `latency = \"duration\"` in ms, delimiter = \";\"",
    ),
    (
        |s| s.starts("label,avg_ct,") || s.has(&["<FinalStatus>"]),
        "the final statistics of Taurus",
        "a [[map]] of knee.toml reads the CSV (`dump-csv`): `mean = \"avg_rt\"` in s, `successes = \"succ\"`, `failures = \"fail\"`",
    ),
    (
        |s| {
            s.members(&["sampling_mode", "iters"])
                || s.members(&["mean.confidence_interval"])
                || s.members(&["group_id", "full_id"])
        },
        "results of Criterion.rs, which times functions",
        "a load test is what knee reads; a [[map]] of knee.toml can read `estimates.json`, times in ns",
    ),
    (
        |s| {
            s.members(&["context.num_cpus", "benchmarks[].real_time"])
                || s.has(&["name,iterations,real_time,cpu_time"])
        },
        "results of Google Benchmark, which times functions",
        "a [[map]] of knee.toml reads its JSON: records = \"benchmarks\", `endpoint = \"name\"`, `mean = \"real_time\"` in its `time_unit`",
    ),
    (
        |s| s.has(&["[Histogram log format"]) || s.starts("Value     Percentile TotalCount"),
        "a log of HdrHistogram",
        "turn it into a table of percentiles with its HistogramLogProcessor, which a [[map]] of knee.toml reads",
    ),
];

/// What a head looks like to a person, for the message that nobody claims it.
pub(in crate::ingest) fn looks_like(bytes: &[u8]) -> Known {
    let seen = Seen {
        bytes,
        text: String::from_utf8_lossy(bytes.get(..bytes.len().min(4096)).unwrap_or(bytes)),
        json: json_head(bytes),
    };
    if let Some(what) = k6::unread(bytes) {
        return Known { what, way: None };
    }
    if let Some((what, is_jmeter)) = requests_csv::unread(bytes) {
        let way = Some(if is_jmeter { JMETER } else { MAP });
        return Known { what, way };
    }
    let row = ROWS.iter().find(|(is, ..)| is(&seen));
    match row {
        Some((_, what, way)) => Known {
            what,
            way: Some(way),
        },
        None => Known {
            what: of_no_tool(bytes, &seen),
            way: None,
        },
    }
}

fn of_no_tool(bytes: &[u8], seen: &Seen) -> &'static str {
    use crate::ingest::sniff::JsonTop;
    let start = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
    let first = seen.text.lines().next().unwrap_or_default();
    // A sentence has a comma too: a table has the same number of them in its second line.
    let commas = |line: &str| line.matches(',').count();
    let second = seen.text.lines().nth(1);
    match std::str::from_utf8(start) {
        _ if bytes.contains(&0) => "binary data",
        Err(error) if error.error_len().is_some() => "bytes that are not UTF-8 text",
        _ if seen.json.top != JsonTop::None => "JSON with other members",
        _ if bytes.trim_ascii_start().starts_with(b"<") => "HTML or XML",
        _ if commas(first) > 0 && second.is_none_or(|line| commas(line) == commas(first)) => {
            "comma-separated text with other columns"
        }
        _ => "text of another kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_output_is_called_by_its_tool() {
        for (text, tool) in [
            (
                "This is ApacheBench, Version 2.3 <$Revision$>\nCopyright 1996, Zeus\n",
                "ab",
            ),
            ("Percentage served,Time in ms\n0,6.454\n", "ab"),
            ("starttime\tseconds\tctime\tdtime\tttime\twait\n", "ab"),
            (
                "Running 3s test @ http://x/\n  2 threads and 10 connections\n  Thread Stats   Avg\n",
                "wrk",
            ),
            (
                "Running 3s test @ http://x/\n10 connections\n\n\u{250c}\u{2500}\n\u{2502} Stat\n",
                "autocannon",
            ),
            (
                "{\"latency\": {\"average\": 1, \"p97_5\": 2}, \"requests\": {\"average\": 3}}",
                "autocannon",
            ),
            (
                "\nSummary:\n  Total:\t0.5 secs\n  Slowest:\t0.03 secs\n  Requests/sec:\t693\n",
                "hey",
            ),
            (
                "Summary:\n  Success rate:\t100%\n  Total:\t260 ms\n  Slowest:\t32 ms\n  Requests/sec:\t768\n",
                "oha",
            ),
            (
                "{\"summary\": {\"successRate\": 1, \"requestsPerSec\": 5}}",
                "oha",
            ),
            (
                "{\"latencies\": {\"total\": 1, \"mean\": 2, \"99th\": 3}}",
                "vegeta",
            ),
            (
                "{\"transactions\": 148, \"availability\": 98, \"longest_transaction\": 1}",
                "siege",
            ),
            (
                "** SIEGE 4.0.7\n** Preparing 5 concurrent users for battle.\n",
                "siege",
            ),
            (
                "{\"results\": [{\"command\": \"x\", \"mean\": 1}]}",
                "hyperfine",
            ),
            (
                "RUN\tshop.Sim\tsim\t1603123456789\t \t3.4.0\nUSER\tscn\tSTART\t1\n",
                "Gatling",
            ),
            ("\0\0\0\0\u{6}3.12.1\0\0", "Gatling"),
            (
                "{\"type\":\"GROUP\",\"stats\":{\"name\":\"All\",\"numberOfRequests\":{\"total\":8051}}}",
                "Gatling",
            ),
            (
                "<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n",
                "JMeter",
            ),
            (
                "1795229250004,76,GET items,200,OK,Shoppers 1-1,text,true,740,1,1,76\n",
                "JMeter",
            ),
            (
                "timeStamp,elapsed,label,responseCode,success\n1,2,a,200,true\n",
                "JMeter",
            ),
            (
                "starting benchmark...\nspawning thread #0: 8 total client(s)\n",
                "h2load",
            ),
            ("1795229306949022\t201\t12032\n", "h2load"),
            ("httperf --hog --timeout=2\n", "httperf"),
            ("#date;pid;id;http method;host\n", "Tsung"),
            ("label,avg_ct,avg_lt,avg_rt\n", "Taurus"),
            ("#[Histogram log format version 1.2]\n", "HdrHistogram"),
        ] {
            let known = looks_like(text.as_bytes());
            let is_named = known
                .what
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| word == tool);
            assert!(is_named, "{tool}: {known:?}");
            assert!(known.way.is_some(), "{tool}");
        }
    }

    #[test]
    fn an_order_of_bytes_that_is_not_read_is_called_by_its_name() {
        let known = looks_like(b"\xfe\xff\0a\0,\0b");
        assert_eq!(known.what, "text in UTF-16 with the high byte first");
        assert_eq!(known.way, Some("save it as UTF-8"));
    }

    #[test]
    fn what_no_tool_wrote_is_called_by_its_shape() {
        for (text, what) in [
            ("{\"a\": 1}", "JSON with other members"),
            ("a,b\n1,2\n", "comma-separated text with other columns"),
            (
                "Dear reader, this is text\nand no table\n",
                "text of another kind",
            ),
            ("<html>", "HTML or XML"),
            ("a\0b", "binary data"),
        ] {
            assert_eq!(looks_like(text.as_bytes()).what, what);
        }
    }
}
