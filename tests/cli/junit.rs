//! JUnit against the strictest schema in use: `junit-10.xsd`, by which Jenkins' xUnit plugin refuses a whole file.
//!
//! Its rules stand here as data, read off the published schema: what an element may hold, which attributes it may and must
//! have, whether it may hold text.

use roxmltree::{Document, Node};

use crate::{Scratch, sample};

/// What the schema says of an element.
struct Shape {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    /// In any order and number, which is what the schema's choices come to.
    children: &'static [&'static str],
    text: bool,
}

const fn outcome(name: &'static str) -> Shape {
    Shape {
        name,
        required: &[],
        optional: &["type", "message"],
        children: &[],
        text: true,
    }
}

const fn output(name: &'static str) -> Shape {
    Shape {
        name,
        required: &[],
        optional: &[],
        children: &[],
        text: true,
    }
}

/// Elements of Surefire's reruns are left out: `knee` writes none, so one would be a mistake here.
const SHAPES: [Shape; 10] = [
    Shape {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
        text: false,
    },
    Shape {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        children: &[
            "testsuite",
            "properties",
            "testcase",
            "system-out",
            "system-err",
        ],
        text: false,
    },
    Shape {
        name: "testcase",
        required: &["name"],
        optional: &["time", "classname", "group"],
        children: &["skipped", "error", "failure", "system-out", "system-err"],
        text: false,
    },
    Shape {
        name: "properties",
        required: &[],
        optional: &[],
        children: &["property"],
        text: false,
    },
    Shape {
        name: "property",
        required: &["name", "value"],
        optional: &[],
        children: &[],
        text: false,
    },
    outcome("failure"),
    outcome("error"),
    outcome("skipped"),
    output("system-out"),
    output("system-err"),
];

/// `SUREFIRE_TIME`: digits, in thousands by comma or not, and a fraction.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(fraction) && whole.split(',').all(is_digits)
}

/// Everything in which an element and what it holds differ from the schema.
fn wrong(node: Node) -> Vec<String> {
    let name = node.tag_name().name();
    let Some(shape) = SHAPES.iter().find(|shape| shape.name == name) else {
        return vec![format!("unknown element {name}")];
    };
    let mut found = Vec::new();
    for required in shape.required {
        if node.attribute(*required).is_none() {
            found.push(format!("{name} without {required}"));
        }
    }
    for attribute in node.attributes() {
        let known = shape.required.iter().chain(shape.optional);
        if !known.clone().any(|known| *known == attribute.name()) {
            found.push(format!("{name}@{}", attribute.name()));
        }
        let is_suite = name.starts_with("testsuite");
        if is_suite && attribute.name() == "time" && !is_time(attribute.value()) {
            found.push(format!("{name}@time {}", attribute.value()));
        }
    }
    for child in node.children() {
        if child.is_text() {
            if !shape.text && !child.text().unwrap().trim().is_empty() {
                found.push(format!("text in {name}"));
            }
        } else if shape.children.contains(&child.tag_name().name()) {
            found.extend(wrong(child));
        } else {
            found.push(format!("{name}/{}", child.tag_name().name()));
        }
    }
    found
}

/// The plan of these runs: every state that a target can have.
const PLAN: &str = r#"
[project]
name = 'sh"op skipped="9"'
[[target]]
expect = "p95 < 1ms"
[[target]]
expect = "p50 < 60min"
warn = "p50 < 1us"
[[target]]
expect = "resource:api.memory.max < 1GiB"
[[target]]
scenario = "another"
expect = "p95 < 1ms"
[[target]]
endpoint = "*"
expect = "error_rate < 1%"
"#;

#[test]
fn every_page_is_valid_by_the_schema_of_jenkins() {
    let here = Scratch::new("junit-shape");
    here.write("knee.toml", PLAN);
    let path = |name: &str| sample(name).to_str().unwrap().to_owned();
    let baseline: Vec<String> = (1..=5)
        .map(|number| path(&format!("repeats/artillery/baseline-r{number}.json")))
        .collect();
    let regressed: Vec<String> = (1..=5)
        .map(|number| {
            path(&format!(
                "repeats/artillery/regressed-errors-r{number}.json"
            ))
        })
        .collect();
    let artillery = path("artillery/v2.0.34/hardwork-rate-1-4.json");
    let day17 = path("locust/day17/day17_stats.csv");
    let one = |name: &str| vec![name.to_owned()];
    let sides = |base: &[String], new: &[String]| {
        let mut arguments = vec!["--base".to_owned()];
        arguments.extend_from_slice(base);
        arguments.push("--new".to_owned());
        arguments.extend_from_slice(new);
        arguments
    };
    for (case, arguments, expected) in [
        ("broken, met, not measured", one(&artillery), 1),
        ("invalid", one(&day17), 1),
        ("of two tools", vec![artillery.clone(), day17.clone()], 1),
        ("the plan", Vec::new(), 0),
        ("regressed", sides(&baseline, &regressed), 1),
        ("one against one", sides(&baseline[..1], &regressed[..1]), 1),
        ("not comparable", sides(&[artillery], &[day17]), 1),
    ] {
        let mut all = vec!["check".to_owned()];
        all.extend(arguments);
        all.extend(["--format".to_owned(), "junit".to_owned()]);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let done = here.knee(&all);
        assert_eq!(done.code, expected, "{case}: {}", done.err);
        let xml = Document::parse(&done.out).unwrap();
        assert_eq!(xml.root_element().tag_name().name(), "testsuites");
        assert_eq!(wrong(xml.root_element()), Vec::<String>::new(), "{case}");
        let cases = xml.descendants().filter(|of| of.has_tag_name("testcase"));
        let all: Vec<_> = cases
            .map(|case| (case.attribute("classname"), case.attribute("name")))
            .collect();
        let once: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), once.len(), "{case}: a case stands twice");
    }
}

#[test]
fn what_the_schema_forbids_is_found() {
    let xml = "<testsuites skipped='1'><testsuite name='a' tests='1' errors='0' time='1 s'>\
               <testcase file='x'><properties/>x</testcase></testsuite></testsuites>";
    let xml = Document::parse(xml).unwrap();
    assert_eq!(
        wrong(xml.root_element()),
        [
            "testsuites@skipped",
            "testsuite without failures",
            "testsuite@time 1 s",
            "testcase without name",
            "testcase@file",
            "testcase/properties",
            "text in testcase",
        ]
    );
}
