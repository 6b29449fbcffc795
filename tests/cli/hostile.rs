//! Names from inputs are inert in every output.

use std::fmt::Write;

use crate::Scratch;

/// What an endpoint may be called.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "a|b|c",
        "back`tick``s",
        "line one\nline two\r\nthree",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</details></summary>",
        "](javascript:alert(1))",
        "![x](http://evil.test/x.png)",
        "\u{202e}gnp.exe",
        "\u{200b}\u{feff}",
        "\u{1b}[31mred\u{1b}[0m\u{7}",
        "\u{1b}]0;title\u{7}",
        "=1+2",
        "@everyone #1",
        "::error file=x::boom",
        "##[error]boom",
        "##vso[task.complete result=Succeeded]",
        "x\n::error file=evil::second line",
        "]]>",
        "-->",
        "a\"b\\n",
        "% 0 %0A",
        "* * *",
        "# heading",
        "1. list",
        "{{ 7 * 7 }} {% raw %}",
        "a\\|b",
        "|",
        "`",
        "\\",
        "  x  ",
        "",
        "---",
        "https://evil.test www.evil.test",
        "$x$ $$y$$",
        "~~s~~ **b** _i_",
        "größe/ü/日本 👩‍👩‍👧",
    ]
    .iter()
    .map(|name| (*name).to_owned())
    .collect();
    names.push("x".repeat(5000));
    names
}

pub(crate) fn input() -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["time", "endpoint", "latency_ms", "ok", "code", "error"])
        .unwrap();
    let mut time = 1_700_000_000_000_u64;
    for name in names() {
        for (latency, ok, code) in [
            ("10", "true", "200"),
            ("20", "true", "200"),
            ("30", "false", "500"),
        ] {
            time += 250;
            let error = if ok == "true" { "" } else { &name };
            writer
                .write_record([&time.to_string(), &name, latency, ok, code, error])
                .unwrap();
        }
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Tables whose rows have as many cells as columns; nothing else may come of a name.
pub(crate) fn inert_tables(markdown: &str) -> Result<usize, String> {
    let arena = comrak::Arena::new();
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    let root = comrak::parse_document(&arena, markdown, &options);
    let mut tables = 0;
    for node in root.descendants() {
        match &node.data.borrow().value {
            comrak::nodes::NodeValue::Table(table) => {
                tables += 1;
                let columns = table.num_columns;
                for row in node.children() {
                    assert_eq!(row.children().count(), columns);
                }
            }
            comrak::nodes::NodeValue::Link(link) => return Err(format!("a link to {}", link.url)),
            comrak::nodes::NodeValue::Image(image) if image.url.starts_with("charts/") => {}
            comrak::nodes::NodeValue::Image(image) => {
                return Err(format!("an image of {}", image.url));
            }
            comrak::nodes::NodeValue::HtmlInline(html) => return Err(format!("markup: {html}")),
            comrak::nodes::NodeValue::HtmlBlock(html) => {
                let text = html.literal.trim();
                let ours = text.starts_with("<details>\n<summary>") || text == "</details>";
                assert!(ours, "markup: {text}");
            }
            _ => {}
        }
    }
    Ok(tables)
}

#[test]
fn tables_keep_their_shape_whatever_an_endpoint_is_called() {
    let here = Scratch::new("hostile-md");
    here.write("run.csv", input());
    let done = here.knee(&["report", "run.csv", "--full"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let tables = inert_tables(&done.out).unwrap();
    assert!(tables >= 4, "{tables} tables");
    // Every row that begins a table line is a row: rows of the endpoint table are as many as endpoints.
    let rows = done
        .out
        .lines()
        .filter(|line| line.contains("| 3 |") && line.starts_with("| `"))
        .count();
    assert_eq!(rows, names().len(), "{}", done.out);
}

#[test]
fn no_control_character_or_direction_mark_reaches_an_output() {
    let here = Scratch::new("hostile-all");
    here.write("run.csv", input());
    for kind in ["markdown", "text"] {
        let done = here.knee(&["report", "run.csv", "--format", kind]);
        assert_eq!(done.code, 0, "{}", done.err);
        let bad: Vec<char> = done
            .out
            .chars()
            .filter(|c| {
                (c.is_control() && *c != '\n')
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}' | '\u{feff}')
            })
            .collect();
        assert!(bad.is_empty(), "{kind}: {bad:?}");
    }
    let csv = here.knee(&["report", "run.csv", "--format", "csv"]).out;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for record in reader.records() {
        let record = record.unwrap();
        assert!(
            !record.get(1).unwrap().starts_with(['=', '+', '-', '@']),
            "{record:?}"
        );
    }
    let json = here.knee(&["report", "run.csv", "--format", "json"]).out;
    assert!(
        json.contains("<script>alert(1)</script>"),
        "JSON keeps the name as it is"
    );
}

#[test]
fn charts_hold_no_markup_of_an_input() {
    let here = Scratch::new("hostile-svg");
    here.write("</title><script>x.csv", input());
    let done = here.knee(&["report", "</title><script>x.csv", "-o", "out/"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let mut charts = 0;
    for entry in std::fs::read_dir(here.0.join("out/charts")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains("<script"), "{text}");
        charts += 1;
    }
    assert!(charts > 0);
}

/// A k6 summary whose checks, groups, tags, metrics and thresholds are called that.
fn summary() -> String {
    let mut metrics = serde_json::Map::new();
    let mut put = |name: String, figures: serde_json::Value| metrics.insert(name, figures);
    let trend =
        serde_json::json!({"avg": 2.0, "max": 3.0, "med": 2.0, "p(95)": 3.0, "thresholds": {}});
    put(
        "http_reqs".to_owned(),
        serde_json::json!({"count": 900, "rate": 9.0}),
    );
    put(
        "http_req_failed".to_owned(),
        serde_json::json!({"passes": 0, "fails": 900}),
    );
    put("http_req_duration".to_owned(), trend.clone());
    let mut checks = serde_json::Map::new();
    for name in names() {
        let mut figures = trend.clone();
        figures["thresholds"][&name] = true.into();
        put(format!("http_req_duration{{name:{name}}}"), figures);
        put(
            format!("http_reqs{{name:{name}}}"),
            serde_json::json!({"count": 3, "rate": 1.0}),
        );
        put(format!("mine {name}"), trend.clone());
        checks.insert(name, serde_json::json!({"passes": 1, "fails": 2}));
    }
    let group = serde_json::json!({"groups": {}, "checks": checks});
    let root = serde_json::json!({"groups": {"</td>|": group}, "checks": {}});
    serde_json::json!({"metrics": metrics, "root_group": root}).to_string()
}

#[test]
fn checks_tags_and_metrics_of_a_summary_are_inert() {
    let here = Scratch::new("hostile-summary");
    here.write("summary.json", summary());
    let done = here.knee(&["report", "summary.json", "--full"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(inert_tables(&done.out).unwrap() >= 6);
    let checks = done.out.lines().filter(|line| line.ends_with("| 1 | 2 |"));
    assert_eq!(checks.count(), names().len());
    for kind in ["markdown", "text"] {
        let out = here.knee(&["report", "summary.json", "--format", kind]).out;
        let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!out.contains(bad), "{kind}");
    }
    let json = here
        .knee(&["report", "summary.json", "--format", "json"])
        .out;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let kept = report["checks"].as_array().unwrap();
    for name in names() {
        let wanted = format!("</td>| / {name}");
        assert!(
            kept.iter().any(|check| check["name"] == wanted.as_str()),
            "{name:?}"
        );
    }
}

/// A table of samples and a report of tests with those names.
fn beside(here: &Scratch) {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(["time", "component", "name", "value", "unit"])
        .unwrap();
    let mut xml = "<testsuites>".to_owned();
    for name in names() {
        for second in 0..4 {
            let time = (1_700_000_000 + second).to_string();
            for metric in ["cpu", name.as_str()] {
                writer
                    .write_record([&time, &name, metric, &second.to_string(), &name])
                    .unwrap();
            }
        }
        let clean: String = name.chars().filter(|c| !c.is_control()).collect();
        let quoted = clean
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        for part in [
            "<testsuite name=\"",
            &quoted,
            "\" tests=\"9\"><testcase name=\"",
            &quoted,
            "\"><failure/></testcase></testsuite>",
        ] {
            xml.push_str(part);
        }
    }
    xml.push_str("</testsuites>");
    here.write("stats.csv", writer.into_inner().unwrap());
    here.write("junit.xml", xml);
    here.write("knee.toml", "[inputs]\ntests = [\"junit.xml\"]\n");
    here.write("run.csv", input());
}

#[test]
fn names_of_containers_and_tests_are_inert() {
    let here = Scratch::new("hostile-beside");
    beside(&here);
    let arguments = ["report", "run.csv", "--resources", "stats.csv"];
    let done = here.knee(&[&arguments[..], &["--full", "-o", "out/"]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    let page = here.read("out/report.md");
    assert!(inert_tables(&page).unwrap() >= 3);
    for entry in std::fs::read_dir(here.0.join("out/charts")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for mark in ["<script", "<img", "onerror=\"", "\u{1b}", "\u{202e}"] {
            assert!(!text.contains(mark), "{mark}");
        }
    }
    for kind in ["markdown", "text"] {
        let done = here.knee(&[&arguments[..], &["--format", kind]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        let bad: Vec<char> = done
            .out
            .chars()
            .filter(|c| {
                (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{feff}')
            })
            .collect();
        assert!(bad.is_empty(), "{kind}: {bad:?}");
    }
    let json = here.knee(&[&arguments[..], &["--format", "json"]].concat());
    assert!(json.out.contains("<script>alert(1)</script>"));
}

#[test]
fn rows_of_csv_are_lines_and_no_cell_is_a_formula_or_a_command() {
    let here = Scratch::new("hostile-csv");
    let mut rows = "time,endpoint,latency_ms,ok,code\n".to_owned();
    let names = [
        "=1+2",
        "+1",
        "-1",
        "@a",
        " =1+2",
        "\t=1+2",
        "\n=1+2",
        "\r\n-1",
        "\u{ff1d}1+2",
        "a,b",
        "a\"b",
        "\"=1+2\"",
        "a\nb",
        "\u{1b}[31mred",
        "a;b",
    ];
    for (number, name) in names.iter().enumerate() {
        let quoted = name.replace('"', "\"\"");
        let time = 1_700_000_000_000_u64 + 1000 * number as u64;
        writeln!(rows, "{time},\"{quoted}\",10,true,200").unwrap();
    }
    here.write("=run.csv", rows);
    for arguments in [
        &["report", "--format", "csv"][..],
        &["convert", "--format", "csv"],
    ] {
        let done = here.knee(&[arguments, &["=run.csv"]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        let bad = done.out.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(bad, None, "{arguments:?}");
        let mut reader = csv::Reader::from_reader(done.out.as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        // A record is a line, so that tools that read lines see the same rows.
        assert_eq!(records.len() + 1, done.out.lines().count(), "{arguments:?}");
        let mut seen = std::collections::BTreeSet::new();
        for cell in records.iter().flatten() {
            let number = cell.parse::<f64>().is_ok();
            let formula = ['=', '+', '-', '@', '\u{ff1d}'];
            assert!(number || !cell.trim_start().starts_with(formula), "{cell}");
            seen.insert(cell.to_owned());
        }
        for name in ["'=1+2", "a,b", "a\"b", "\"=1+2\"", "a\\nb", "'=run"] {
            assert!(seen.contains(name), "{arguments:?} {name}: {seen:?}");
        }
    }
}
