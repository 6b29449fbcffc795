//! Artillery 2.0.x: the JSON that `artillery run -o FILE` writes at the end of a run.
//!
//! The file holds the sums of the run (`aggregate`) and of each window of ten seconds (`intermediate`). Refuses the shape of
//! Artillery 1.x, which `v1` reads. Measured on files of 2.0.2 and 2.0.34; the pointers are artillery's `core/lib/ssms.js` and its plugin `metrics-by-endpoint`.

mod balance;
mod document;
mod levels;
mod names;
mod parse;
mod phases;
mod run;
pub(super) mod script;
mod stream;
mod tally;
pub mod v1;
mod v1_parse;
mod v1_run;
mod v1_stats;
mod v1_totals;
mod windows;

use crate::ingest::error::Place;
use crate::ingest::json;
use crate::ingest::sniff::{Claim, Grade, Head, JsonTop, json_head};
use crate::ingest::{Format, IngestError, Input, Kind, Unit};
use crate::model::Run;

use crate::ingest::artillery::document::Document;
use crate::ingest::artillery::run::Builder;

/// The row of FORMATS.
pub const FORMAT: Format = Format {
    id: "artillery",
    tool: "artillery",
    files: "the JSON of `artillery run -o FILE`, release 2.0.x",
    limits: "no tool version, target or declared phases (a note where the arrivals show some; --script gives them); percentiles are those of a sketch (1 %) over whole milliseconds up \
             to the first byte, and requests without an answer have none; endpoints only with the plugin \
             metrics-by-endpoint, without method unless --script gives it; a failed `expect` is a check and a failed capture fails the session, \
             neither is a failed request",
    sniff,
    set: None,
    gathers: false,
    kind: Kind::Document(read),
};

fn sniff(head: &Head) -> Option<Claim> {
    let members = json_head(head.bytes);
    if members.top != JsonTop::Object || !members.has("aggregate") {
        // `intermediate` may come first in a file that another program has sorted or rewritten.
        let window = |name| members.has(&format!("intermediate[].{name}"));
        return if members.top == JsonTop::Object && window("counters") && window("period") {
            Claim::new(Grade::Likely, "windows with `counters` and `period`")
        } else {
            None
        };
    }
    let has = |name| members.has(&format!("aggregate.{name}"));
    let is_old = has("latency") && (has("codes") || has("scenariosCreated"));
    if !has("counters") || is_old && !has("summaries") {
        return None;
    }
    if has("summaries") || has("histograms") {
        let why = "members `aggregate.counters` and `aggregate.summaries`";
        Claim::new(Grade::Certain, why)
    } else if has("counters.vusers.created") || has("counters.core.vusers.created.total") {
        Claim::new(
            Grade::Certain,
            "the counter `vusers.created` in `aggregate`",
        )
    } else {
        Claim::new(Grade::Likely, "member `aggregate.counters`")
    }
}

fn read(unit: &Unit) -> Result<Vec<Run>, IngestError> {
    let input =
        unit.only("an Artillery run is one file, so this one is no part of another's run")?;
    read_one(input, unit.jobs).map(|run| vec![run])
}

fn read_one(input: &Input, jobs: usize) -> Result<Run, IngestError> {
    let (mut run, file) = if let Some(read) = stream::read(input, jobs) {
        read
    } else {
        let (run, file) = input.read_and(FORMAT.id, |bytes| parse(bytes, &input.name))?;
        (run?, file)
    };
    run.source.files.push(file);
    Ok(run)
}

fn parse(bytes: &[u8], file: &str) -> Result<Run, IngestError> {
    let content = json::without_mark(bytes);
    if content
        .trim_ascii_start()
        .first()
        .is_some_and(|first| *first != b'{')
    {
        let problem = "expected an Artillery JSON document, which starts with `{`";
        return Err(IngestError::content(file, Place::File, problem)
            .with_hint("`knee formats` lists what is read; without --from the content decides"));
    }
    let bytes = json::mended(bytes);
    let mut builder = json::parse(&bytes, file, || Document(Builder::default()))?;
    if builder.skipped_windows() {
        let mut start = Some(builder);
        builder = json::parse(&bytes, file, || Document(start.take().unwrap_or_default()))?;
    }
    builder.finish(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Millis, Percentile, Seconds};
    use std::io::Cursor;

    const AGGREGATE: &str = r#""aggregate": {"period": 20000, "firstMetricAt": 4000, "lastMetricAt": 22000,
        "counters": {"vusers.created": 6, "vusers.created_by_name.shop": 6, "http.requests": 12, "http.responses": 12, "http.codes.200": 12},
        "rates": {"http.request_rate": 2}, "summaries": {"http.response_time": {"min": 0, "max": 9, "count": 12, "mean": 3.5, "median": 3, "p99": 9.1}}}"#;
    const WINDOWS: &str = r#""intermediate": [
        {"period": "10000", "counters": {"vusers.created": 4, "http.requests": 8}, "x": null, "firstMetricAt": 10001, "lastMetricAt": 19999},
        {"period": 0, "counters": {"vusers.created": 2, "http.requests": 4}, "firstMetricAt": 4000, "lastMetricAt": 9999},
        {"period": "20000", "counters": {"http.responses": 12}, "firstMetricAt": 20000, "lastMetricAt": 22000}]"#;

    fn run(text: &str) -> Result<Run, IngestError> {
        let run = read_one(&Input::stream("-", Cursor::new(text.to_owned())), 1);
        for block in [8, 100, 10_000] {
            if let Some(other) = stream::tests::by_blocks(text.as_bytes(), block) {
                assert_eq!(Some(&other), run.as_ref().ok());
            }
        }
        run
    }

    fn both() -> String {
        format!("{{{AGGREGATE}, {WINDOWS}}}")
    }

    fn note<'r>(run: &'r Run, id: &str) -> Option<&'r str> {
        let note = run.notes.iter().find(|note| note.id == id);
        note.map(|note| note.text.as_str())
    }

    #[test]
    fn the_first_and_last_window_are_clipped_to_the_run() {
        let run = run(&both()).unwrap();
        let places: Vec<(f64, f64)> = run
            .timeline
            .iter()
            .map(|slice| (slice.start.0, slice.duration.0))
            .collect();
        assert_eq!(places, [(0.0, 6.0), (6.0, 10.0), (16.0, 2.0)]);
        assert_eq!(run.timeline[1].stats.rate.map(|rate| rate.0), Some(0.8));
        assert_eq!(run.timeline[2].stats.requests, Some(0));
        assert_eq!(run.timeline[2].arrivals, Some(0));
        assert_eq!(run.duration, Some(Seconds(18.0)));
        assert_eq!(run.identity.scenario, "shop");
        let latency = run.overall.latency_ok.unwrap();
        assert_eq!(latency.percentile(Percentile::P50), Some(Millis(3.0)));
        assert_eq!(latency.percentile(Percentile::P99), Some(Millis(9.1)));
    }

    #[test]
    fn windows_before_the_aggregate_give_the_same_run() {
        let turned = run(&format!("{{{WINDOWS}, {AGGREGATE}}}")).unwrap();
        let mut usual = run(&both()).unwrap();
        usual.source.files.clone_from(&turned.source.files);
        assert_eq!(turned, usual);
    }

    #[test]
    fn windows_that_miss_the_aggregate_are_told_with_both_sums() {
        let text = both().replacen("\"http.requests\": 12", "\"http.requests\": 15", 1);
        let run = run(&text).unwrap();
        assert_eq!(run.overall.requests, Some(15));
        let text = note(&run, "windows-differ").unwrap();
        assert!(
            text.contains("15 in the aggregate and 12 over all windows"),
            "{text}"
        );
    }

    #[test]
    fn histograms_stand_in_for_summaries_and_do_not_outrank_them() {
        let old = both().replace("\"summaries\"", "\"histograms\"");
        assert_eq!(
            run(&old).unwrap().overall.latency.unwrap().max,
            Some(Millis(9.0))
        );
        let both_names = both().replace(
            "\"summaries\"",
            "\"histograms\": {\"bins\": {}}, \"summaries\"",
        );
        assert_eq!(run(&both_names).unwrap().overall.latency.unwrap().count, 12);
    }

    #[test]
    fn names_that_stand_twice_are_counted_and_the_last_one_counts() {
        let text = both().replacen(
            "\"http.requests\": 12",
            "\"http.requests\": 1, \"http.requests\": 12",
            1,
        );
        let run = run(&text).unwrap();
        assert_eq!(run.overall.requests, Some(12));
        assert!(note(&run, "duplicate-names").is_some());
        assert_eq!(note(&run, "windows-differ"), None);
    }

    #[test]
    fn mistakes_are_named_with_their_member() {
        for (from, to, wanted) in [
            (
                "\"http.requests\": 8",
                "\"http.requests\": -8",
                "`intermediate[0].counters.http.requests`: expected a count",
            ),
            (
                "\"http.requests\": 12",
                "\"http.requests\": 1.5",
                "`aggregate.counters.http.requests`: expected a count",
            ),
            (
                "\"http.requests\": 12",
                "\"http.requests\": \"x\"",
                "`aggregate.counters.http.requests` (line 2): invalid type: string \"x\", expected a number or null",
            ),
            (
                "\"period\": \"10000\"",
                "\"period\": \"soon\"",
                "expected milliseconds since 1970",
            ),
            (
                "\"p99\": 9.1",
                "\"p99\": true",
                "`aggregate.summaries.http.response_time.p99`",
            ),
            ("\"count\": 12", "\"count\": -12", "expected a count"),
            ("\"aggregate\"", "\"sums\"", "missing field `aggregate`"),
            (
                "\"intermediate\": [",
                "\"intermediate\": 5, \"y\": [",
                "expected an array of windows",
            ),
        ] {
            let text = both().replacen(from, to, 1);
            assert_ne!(text, both(), "{from}");
            let found = run(&text).unwrap_err().to_string();
            assert!(found.contains(wanted), "{found}");
        }
    }

    #[test]
    fn a_file_cut_short_says_where_and_what_may_have_happened() {
        let text = both();
        let error = run(text.get(..text.len() / 2).unwrap()).unwrap_err();
        assert!(
            error.to_string().starts_with("-, line 3, column "),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("ends too early"));
    }

    #[test]
    fn a_lone_null_is_no_figure() {
        let text = both().replace("\"min\": 0, \"max\": 9", "\"min\": null, \"max\": null");
        let latency = run(&text).unwrap().overall.latency.unwrap();
        assert_eq!((latency.min, latency.max), (None, None));
    }

    #[test]
    fn other_shapes_are_refused_by_name() {
        for (text, wanted) in [
            (
                r#"{"aggregate": {"latency": {"min": null}, "codes": {}, "counters": {}}, "intermediate": []}"#,
                "shape of Artillery 1.x",
            ),
            (
                r#"{"aggregate": {"counters": {}, "summaries": {}}}"#,
                "neither counters nor summaries",
            ),
        ] {
            let error = run(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn previews_are_read_by_the_names_of_the_release() {
        let text = both()
            .replace("http.", "engine.http.")
            .replace("vusers.created\"", "core.vusers.created.total\"")
            .replace("vusers.created_by_name", "core.vusers.created_by_name")
            .replace("\"summaries\"", "\"histograms\"")
            .replace(
                "\"min\": 0",
                "\"_raw\": {\"bins\": [1], \"gamma\": 1.02}, \"min\": 0",
            );
        assert!(text.contains("engine.http.response_time") && !text.contains("\"http."));
        let preview = run(&text).unwrap();
        let mut usual = run(&both()).unwrap();
        assert_eq!(
            note(&preview, "preview-names"),
            Some(
                "an Artillery 2.0.0 preview: its counters are read by the names that the release gave them"
            )
        );
        usual.source.files.clone_from(&preview.source.files);
        usual.notes.clone_from(&preview.notes);
        assert_eq!(preview, usual);
    }

    #[test]
    fn long_runs_keep_fewer_endpoints_in_their_windows() {
        for (windows, kept) in [(0, 32), (300, 32), (1_600, 6), (8_640, 1), (100_000, 1)] {
            assert_eq!(windows::kept_endpoints(windows), kept, "{windows}");
        }
        assert_eq!(
            windows::windows_of(Some((0, i64::MAX))),
            windows::MOST_WINDOWS
        );
        assert_eq!(windows::windows_of(Some((5, 0))), 2);
    }

    #[test]
    fn a_second_file_of_one_run_is_refused() {
        let input = || Input::stream("-", Cursor::new(both()));
        let unit = Unit {
            inputs: vec![input(), input()],
            stem: "x".into(),
            jobs: 1,
            ..Unit::default()
        };
        assert!(read(&unit).unwrap_err().to_string().contains("one file"));
    }

    #[test]
    fn shapes_are_told_by_their_members() {
        let grade = |text: &str| {
            let bytes = text.as_bytes();
            let head = Head {
                name: "x.json",
                bytes,
                complete: true,
            };
            sniff(&head).map(|claim| claim.grade)
        };
        assert_eq!(grade(&both()), Some(Grade::Certain));
        assert_eq!(
            grade(&format!("{{{WINDOWS}, {AGGREGATE}}}")),
            Some(Grade::Certain)
        );
        assert_eq!(grade(&format!("{{{WINDOWS}")), Some(Grade::Likely));
        assert_eq!(
            grade(r#"{"aggregate": {"codes": {}, "latency": {}, "counters": {}}}"#),
            None
        );
        assert_eq!(grade(r#"{"aggregate": {"mean": 1}}"#), None);
        assert_eq!(grade("[]"), None);
    }

    #[test]
    fn a_request_on_its_way_at_the_border_of_a_window_is_no_failure() {
        let run = run(&both()).unwrap();
        let failures: Vec<_> = run.timeline.iter().map(|s| s.stats.failures).collect();
        assert_eq!(failures, [Some(0); 3]);
        let goodput = run.timeline.last().unwrap().stats.goodput;
        assert_eq!(goodput.map(|rate| rate.0), Some(6.0));
    }

    #[test]
    fn errors_of_scripts_are_no_requests_without_an_answer() {
        let with = |error: &str| {
            let text = both().replace("12}", &format!("12, \"errors.{error}\": 2}}"));
            let run = run(&text).unwrap();
            run.timeline.last().unwrap().stats.failures
        };
        assert_eq!(with("x is not a function"), Some(0));
        assert_eq!(with("Failed capture or match"), Some(0));
        assert_eq!(with("ETIMEDOUT"), Some(2));
        let lost = both().replace("\"http.requests\": 12", "\"http.requests\": 14");
        let lost = run(&lost.replace("12}", "12, \"errors.x\": 2}")).unwrap();
        assert_eq!(lost.overall.failures, Some(2));
        assert_eq!(lost.timeline.last().unwrap().stats.failures, Some(2));
    }

    #[test]
    fn the_failures_of_the_slices_add_up_to_those_of_the_run() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/artillery");
        let mut exact = Vec::new();
        for release in ["perf-shot", "v2.0.2", "v2.0.34"] {
            for entry in std::fs::read_dir(folder.join(release)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|end| end != "json") {
                    continue;
                }
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                let run = read_one(&Input::file(&path, name.clone()), 2).unwrap();
                let alone = read_one(&Input::file(&path, name.clone()), 1).unwrap();
                assert_eq!(run, alone, "{name}");
                if run.timeline.is_empty() || note(&run, "windows-differ").is_some() {
                    continue;
                }
                let slices = run.timeline.iter().filter_map(|s| s.stats.failures);
                let slices: u64 = slices.sum();
                let whole = run.overall.failures.unwrap_or(0);
                // What was on its way when the run was stopped has no error.
                let lost: u64 = run
                    .errors
                    .iter()
                    .filter(|e| e.kind != crate::model::ErrorKind::HttpStatus)
                    .map(|e| e.count)
                    .sum();
                let unanswered = run
                    .overall
                    .requests
                    .unwrap_or(0)
                    .saturating_sub(run.overall.responses.unwrap_or(0));
                assert!(slices <= whole, "{name}: {slices} {whole}");
                assert!(
                    whole - slices <= unanswered.saturating_sub(lost),
                    "{name}: {slices} {whole}"
                );
                exact.extend((slices == whole).then_some(name));
            }
        }
        for name in ["pause", "custom-metrics", "hardwork-steps"] {
            assert!(exact.iter().any(|found| found == name), "{name}: {exact:?}");
        }
        assert!(exact.len() >= 15, "{exact:?}");
        let run = read_one(
            &Input::file(&folder.join("v2.0.34/hardwork-steps.json"), "x"),
            2,
        )
        .unwrap();
        let last: Vec<_> = run
            .timeline
            .iter()
            .rev()
            .take(2)
            .map(|s| s.stats.failures)
            .collect();
        assert_eq!(last, [Some(202), Some(69)]);
    }

    #[test]
    fn what_is_no_object_is_told_what_was_expected() {
        for text in ["timeStamp,elapsed\n1,2\n", "[]", " 5"] {
            let error = run(text).unwrap_err();
            assert!(error.to_string().contains("starts with `{`"), "{error}");
            assert!(error.hint().unwrap().contains("--from"));
        }
    }
}
