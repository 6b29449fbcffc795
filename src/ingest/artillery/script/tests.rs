//! Scripts as people write them, and as nobody should.

use super::*;
use crate::model::{Endpoint, Note, PerSecond, Stats};

fn script(text: &str) -> Script {
    let document = parse::document(text.as_bytes(), "s.yml").unwrap();
    Script::of(document, "s.yml".to_owned())
}

fn refused(text: &str) -> IngestError {
    parse::document(text.as_bytes(), "s.yml").unwrap_err()
}

fn run(endpoints: &[&str]) -> Run {
    let mut run = Run::new("artillery", "artillery");
    run.duration = Some(Seconds(60.0));
    let endpoints = endpoints.iter().map(|name| Endpoint {
        name: (*name).to_owned(),
        method: None,
        path: None,
        group: None,
        names_in: Vec::new(),
        stats: Stats::default(),
    });
    run.endpoints.extend(endpoints);
    run
}

fn applied(text: &str, mut run: Run) -> Run {
    script(text).attach(std::slice::from_mut(&mut run)).unwrap();
    run
}

fn phases(run: &Run) -> Vec<(f64, f64, Option<f64>, Option<f64>)> {
    let rate = |rate: Option<PerSecond>| rate.map(|rate| rate.0);
    let phases = run.load.phases.iter();
    phases
        .map(|phase| {
            (
                phase.start.0,
                phase.duration.0,
                rate(phase.rate_from),
                rate(phase.rate_to),
            )
        })
        .collect()
}

fn note<'a>(run: &'a Run, id: &str) -> Option<&'a Note> {
    run.notes.iter().find(|note| note.id == id)
}

fn labels(run: &Run) -> Vec<String> {
    run.endpoints.iter().map(Endpoint::label).collect()
}

#[test]
fn phases_are_placed_one_after_another_and_begin_before_the_first_arrival() {
    let text = "
config:
  phases:
    - {duration: 1m, arrivalRate: 5, name: warm}
    - {duration: '30', arrivalRate: 5, rampTo: 50}
    - pause: 10s
    - {duration: 20, arrivalCount: 100, maxVusers: 7}
";
    let run = applied(text, run(&[]));
    // The first of five arrivals a second comes 0.2 s after the phase begins.
    assert_eq!(
        phases(&run),
        [
            (-0.2, 60.0, Some(5.0), Some(5.0)),
            (59.8, 30.0, Some(5.0), Some(50.0)),
            (89.8, 10.0, Some(0.0), Some(0.0)),
            (99.8, 20.0, Some(5.0), Some(5.0)),
        ]
    );
    assert_eq!(run.load.phases[0].name.as_deref(), Some("warm"));
    assert!(!run.load.phases_recovered);
    assert_eq!(run.load.model, Some(LoadModel::Open));
    assert!(
        note(&run, "phases-before-run")
            .unwrap()
            .text
            .contains("about 0.2 s after")
    );
}

#[test]
fn a_pause_before_the_load_is_before_the_run() {
    let text = "{config: {phases: [{pause: 10}, {duration: 5, arrivalRate: 0}, {duration: 20, arrivalRate: 2}]}}";
    let run = applied(text, run(&[]));
    let starts: Vec<f64> = phases(&run).iter().map(|phase| phase.0).collect();
    assert_eq!(starts, [-15.5, -5.5, -0.5]);
}

#[test]
fn one_phase_stands_without_a_list_and_json_is_yaml() {
    let text = r#"{"config": {"phases": {"duration": "2m", "arrivalRate": 4, "rampTo": 8}},
        "scenarios": [{"flow": [{"get": {"url": "/a"}}, {"think": "500ms"}]}]}"#;
    let run = applied(text, run(&["/a"]));
    assert_eq!(phases(&run), [(-0.25, 120.0, Some(4.0), Some(8.0))]);
    let think = run.load.think_time.unwrap();
    assert_eq!((think.from.0, think.to.0), (0.5, 0.5));
    assert_eq!(labels(&run), ["GET /a"]);
    assert_eq!(run.endpoints[0].path.as_deref(), Some("/a"));
}

#[test]
fn what_is_a_template_is_counted_and_leaves_the_phases_out() {
    let text = "
config:
  phases:
    - {duration: 10, arrivalRate: '{{ rate }}'}
    - {duration: '{{ $processEnvironment.D }}', arrivalRate: 1}
scenarios:
  - flow:
      - think: '{{ pause }}'
      - think: 2
";
    let run = applied(text, run(&[]));
    assert!(run.load.phases.is_empty());
    assert!(note(&run, "script-phases-unknown").is_some());
    assert_eq!(note(&run, "script-unresolved").unwrap().count, 3);
    assert_eq!(run.load.think_time.unwrap().to, Seconds(2.0));

    let whole = "config: {phases: '{{ phases }}'}";
    let run = applied(whole, self::run(&[]));
    assert_eq!(note(&run, "script-unresolved").unwrap().count, 1);
    assert_eq!(
        note(&run, "script").unwrap().text,
        "nothing is taken from the script s.yml"
    );

    let rate = "config: {phases: [{duration: 10, arrivalRate: '{{ rate }}'}]}";
    let run = applied(rate, self::run(&[]));
    assert_eq!(phases(&run), [(0.0, 10.0, None, None)]);
}

#[test]
fn think_times_reach_from_the_shortest_to_the_longest_in_loops_too() {
    let text = "
config: {}
before: {flow: [{think: 60}, {post: {url: /setup}}]}
scenarios:
  - name: a
    weight: 3
    flow:
      - think: 1
      - loop:
          - get: {url: '/in/{{ $loopCount }}'}
          - loop: [{think: 250ms}, {delete: {url: /deep}}]
            count: 2
        count: 3
      - parallel: [{put: {uri: /at-once}}]
      - log: hello
      - function: f
      - null
      - emit: {channel: x}
  - name: b
    flow: {think: 4}
";
    let run = applied(text, run(&["/at-once", "/deep", "/in/2", "/setup", "/x"]));
    let think = run.load.think_time.unwrap();
    assert_eq!((think.from.0, think.to.0), (0.25, 4.0));
    assert_eq!(
        labels(&run),
        [
            "PUT /at-once",
            "DELETE /deep",
            "GET /in/2",
            "POST /setup",
            "/x"
        ]
    );
    assert_eq!(
        run.endpoints[2].path.as_deref(),
        Some("/in/{{ $loopCount }}")
    );
}

#[test]
fn a_label_has_a_method_only_where_it_can_be_of_no_other() {
    let flow = "
config: {}
scenarios:
  - flow:
      - get: {url: '/both'}
      - post: {url: '/both'}
      - get: {url: '/q?x={{ $randomNumber(1,500) }}', name: search it}
      - get: {url: 'http://other.test:81/far?a=1'}
      - patch: {url: '{{ host }}/near'}
      - get: {url: '/users/{{ id }}'}
      - put: {url: '/users/{{ id }}/name'}
      - head: {url: '/users/me'}
      - get: {url: '/named/{{ a }}', name: 'item {{ b }}'}
      - post: {url: '/named/{{ a }}', name: only}
";
    for (label, wanted) in [
        ("/both", None),
        ("/q (search it)", Some("GET")),
        ("/q?x={{ $randomNumber(1,500) }} (search it)", Some("GET")),
        ("/q?x=17 (search it)", Some("GET")),
        ("search it", Some("GET")),
        // With a name the label is never the path alone.
        ("/q", None),
        ("other.test:81/far", Some("GET")),
        ("/far?a=1", Some("GET")),
        ("/near", Some("PATCH")),
        ("{{ host }}/near", Some("PATCH")),
        ("/users/7", Some("GET")),
        ("/users/7/name", Some("PUT")),
        ("/users/me", Some("HEAD")),
        ("/users/", None),
        ("/users/a/b", None),
        ("/named/1 (item 2)", Some("GET")),
        ("only", Some("POST")),
        ("", None),
        ("/users", None),
    ] {
        let run = applied(flow, run(&[label]));
        assert_eq!(run.endpoints[0].method.as_deref(), wanted, "{label}");
    }
    let whole = format!("{flow}      - post: {{url: '{{{{ next }}}}'}}\n");
    // Such a request may have gone anywhere.
    for (label, wanted) in [
        ("/near", None),
        ("{{ next }}", Some("POST")),
        ("{{ host }}/near", Some("PATCH")),
        ("/unknown", None),
    ] {
        let run = applied(&whole, run(&[label]));
        assert_eq!(run.endpoints[0].method.as_deref(), wanted, "{label}");
    }
}

#[test]
fn the_method_stands_in_errors_and_slices_too() {
    let mut run = run(&["/a"]);
    run.errors = vec![
        crate::ingest::artillery::run::status_error(Some("/a"), "500", 3),
        crate::ingest::artillery::run::status_error(None, "500", 1),
    ];
    let run = applied(
        "{config: {}, scenarios: [{flow: [{post: {url: /a}}]}]}",
        run,
    );
    let methods: Vec<_> = run.errors.iter().map(|e| e.method.as_deref()).collect();
    assert_eq!(methods, [Some("POST"), None]);
}

#[test]
fn phases_that_the_run_declares_stand() {
    let text = "config: {phases: [{duration: 10, arrivalRate: 2}]}";
    let same = applied(text, run(&[]));
    let again = applied(text, same.clone());
    assert_eq!(note(&again, "script-phases-differ"), None);
    let other = applied("config: {phases: [{duration: 11, arrivalRate: 2}]}", same);
    assert!(note(&other, "script-phases-differ").is_some());
    assert_eq!(phases(&other), [(-0.5, 10.0, Some(2.0), Some(2.0))]);
}

#[test]
fn phases_that_follow_from_the_arrivals_give_way_to_those_of_the_script() {
    let mut run = run(&[]);
    run.load.phases = applied(
        "config: {phases: [{duration: 9, arrivalRate: 1}]}",
        run.clone(),
    )
    .load
    .phases;
    run.load.phases_recovered = true;
    run.note("phases-recovered", "x", 1);
    let run = applied("config: {phases: [{duration: 60, rampTo: 3}]}", run);
    assert_eq!(phases(&run), [(0.0, 60.0, Some(0.0), Some(3.0))]);
    assert!(!run.load.phases_recovered);
    assert_eq!(note(&run, "phases-recovered"), None);
}

#[test]
fn the_scenario_is_named_where_there_is_one_and_nobody_says_it() {
    let one = "{config: {}, scenarios: [{name: shop, flow: []}]}";
    let named = applied(one, run(&[]));
    assert_eq!(named.identity.scenario, "shop");
    assert_eq!(named.identity_from["scenario"], IdentitySource::File);
    let mut said = run(&[]);
    said.identity.scenario = "mine".to_owned();
    said.identity_from
        .insert("scenario".to_owned(), IdentitySource::File);
    assert_eq!(applied(one, said).identity.scenario, "mine");
    let two = "{config: {}, scenarios: [{name: shop}, {flow: []}]}";
    assert_eq!(applied(two, run(&[])).identity.scenario, "default");
}

#[test]
fn runs_of_another_tool_are_told_and_alone_refused() {
    let script = script("config: {phases: [{duration: 9, arrivalRate: 1}]}");
    let mut both = [run(&[]), Run::new("k6", "k6-summary")];
    script.attach(&mut both).unwrap();
    assert_eq!(both[0].load.phases.len(), 1);
    assert!(both[1].load.phases.is_empty());
    assert!(note(&both[1], "script-not-used").is_some());
    let error = script.attach(&mut both[1..]).unwrap_err();
    assert!(error.to_string().contains("no run is of Artillery"));
    assert!(error.hint().unwrap().contains("--script"));
}

#[test]
fn mistakes_are_named_with_their_line() {
    for (text, wanted) in [
        ("", "the file is empty"),
        ("# only a remark\n", "it has neither"),
        ("target: x\n", "it has neither"),
        ("just words", "a script with `config`"),
        ("[1, 2]", "a script with `config`"),
        ("config:\n  phases:\n    - 5\n", "s.yml, line 3, column 7: "),
        ("config:\n  phases: [\n", "unclosed bracket"),
        (
            "config: {}\nconfig: {}\n",
            "s.yml, line 2, column 1: duplicate mapping key `config`",
        ),
        ("config:\n\tphases: 1\n", "s.yml, line 2"),
        ("config: {}\n---\na: 1\n", "single YAML document expected"),
        (
            "config: *nothing\n",
            "s.yml, line 1, column 9: reference to unknown value",
        ),
    ] {
        let error = refused(text);
        let found = error.to_string();
        assert!(found.contains(wanted), "{text:?}: {found}");
        assert!(!found.contains('\n'), "{found}");
        assert!(error.hint().unwrap().contains("--script"));
    }
    assert!(refused("\u{0}\u{1}\u{ff}").to_string().starts_with("s.yml"));
    let long = format!("config: {}", "x".repeat(100_000));
    assert!(refused(&long).to_string().len() < 500);
    assert!(parse::document(b"\xff\xfe\xfd\xfa", "s.yml").is_err());
}

#[test]
fn bombs_are_refused_before_they_fill_the_memory() {
    use std::fmt::Write as _;
    let mut bomb = "config: {}\nscenarios: [{flow: []}]\na0: &a0 [{think: 1}]\n".to_owned();
    for n in 1..12 {
        let part = format!("*a{}", n - 1);
        let parts = vec![part; 9].join(", ");
        writeln!(bomb, "a{n}: &a{n} [{parts}]").unwrap();
    }
    let found = refused(&bomb).to_string();
    assert!(found.contains("too large or too complex"), "{found}");
    let mut flow = "config: {}\na0: &a0 [{think: 1}]\n".to_owned();
    for n in 1..12 {
        let parts = vec![format!("{{loop: *a{}}}", n - 1); 9].join(", ");
        writeln!(flow, "a{n}: &a{n} [{parts}]").unwrap();
    }
    flow.push_str("scenarios: [{flow: *a11}]\n");
    let found = refused(&flow).to_string();
    assert!(found.contains("too large or too complex"), "{found}");
    let deep = format!("config: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    refused(&deep);
    let mut nested = "config: {}\nscenarios:\n- flow:\n".to_owned();
    for depth in 1..500 {
        writeln!(nested, "{}- loop:", "  ".repeat(depth)).unwrap();
    }
    let found = refused(&nested).to_string();
    assert!(found.contains("too large or too complex"), "{found}");
}

#[test]
fn too_many_requests_give_no_method() {
    use std::fmt::Write as _;
    let mut text = "config: {}\nscenarios:\n- flow:\n".to_owned();
    for n in 0..=MOST_REQUESTS {
        writeln!(text, "  - get: {{url: /{n}}}").unwrap();
    }
    let run = applied(&text, run(&["/1"]));
    assert_eq!(run.endpoints[0].method, None);
    assert!(note(&run, "script-requests").is_some());
}

#[test]
fn anchors_and_merged_phases_are_followed() {
    let text = "
config:
  phases:
    - &base {duration: 10, arrivalRate: 2}
    - {<<: *base, arrivalRate: 4}
    - *base
";
    let run = applied(text, run(&[]));
    let rates: Vec<_> = phases(&run).iter().map(|phase| phase.2).collect();
    assert_eq!(rates, [Some(2.0), Some(4.0), Some(2.0)]);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_script_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = parse::document(&bytes, "s.yml");
    }

    #[test]
    fn any_label_is_met_or_not(url in ".{0,20}(\\{\\{.{0,5}\\}\\})?.{0,9}(\\{\\{)?", label in ".{0,30}") {
        let requests = BTreeSet::from([request_of("GET", url, None)]);
        let _ = label::only(&requests, &label);
    }
}
