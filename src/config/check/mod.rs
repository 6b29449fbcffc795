//! What the words of `knee.toml` mean: [`File`] becomes [`Config`], or an error at the word.

mod inputs;
mod map;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;

use crate::config::error::{ConfigError, Text};
use crate::config::expect;
use crate::config::file::{self, File};
use crate::config::flags::put;
use crate::config::quantity::{self, ExpectError};
use crate::config::syntax;
use crate::config::value::OneOrMany;
use crate::config::{ABOVE, Compare, Config, Project, Report};
use crate::figures::side::Allow;
use crate::load::plan::{DeclaredLoad, Scenario};
use crate::model::{Decide, Expectation, LoadModel, MetricId, Origin, Target, ThinkTime};
use crate::normalize::{ExpectedError, GroupRule, Pattern, Rename};
use crate::rules::RULES;

/// Reads and checks the whole text.
pub(crate) fn check(text: &Arc<Text>) -> Result<Config, ConfigError> {
    let file = syntax::read(text)?;
    let checker = Checker { text };
    let mut config = Config {
        path: text.path.clone(),
        text: Some(Arc::clone(text)),
        ..Config::default()
    };
    checker.page(&file, &mut config)?;
    for target in &file.target {
        config.targets.push(checker.target(target)?);
    }
    checker.scenarios(&file.scenario, &mut config)?;
    checker.normalize(&file, &mut config)?;
    checker.groups_of_targets(&file)?;
    if let Some(classes) = &file.classes {
        checker.classes(classes, &mut config)?;
    }
    if let Some(compare) = &file.compare {
        config.compare = checker.compare(compare)?;
    }
    if let Some(scale) = &file.scale {
        let what = "the label of the load level";
        config.scale.level = checker.filled_if(scale.level.as_ref(), what)?;
    }
    if let Some(rules) = &file.rules {
        config.rules = checker.rules(rules, RULES, &mut config.unused)?;
    }
    config.maps = checker.maps(&file.map)?;
    config.inputs = checker.inputs(file.inputs.as_ref())?;
    config.plan.environment = config.project.environment.clone();
    config.plan.title.clone_from(&config.report.title);
    Ok(config)
}

struct Checker<'a> {
    text: &'a Arc<Text>,
}

impl Checker<'_> {
    fn error(&self, at: &Range<usize>, problem: impl Into<String>) -> ConfigError {
        self.text.error(at.clone(), problem)
    }

    /// A mistake of the expectation language inside a string of the file.
    fn inside(&self, string: &Spanned<String>, error: ExpectError) -> ConfigError {
        let span = self
            .text
            .inside(&string.span(), string.get_ref(), &error.span);
        put(self.text, span, error)
    }

    /// A text that is not empty; `what` is how the error calls it.
    fn filled(&self, text: &Spanned<String>, what: &str) -> Result<String, ConfigError> {
        let word = text.get_ref();
        if word.trim().is_empty() {
            return Err(self.error(&text.span(), format!("{what} is empty")));
        }
        Ok(word.clone())
    }

    fn filled_if(
        &self,
        text: Option<&Spanned<String>>,
        what: &str,
    ) -> Result<Option<String>, ConfigError> {
        text.map(|text| self.filled(text, what)).transpose()
    }

    fn globs(&self, globs: &OneOrMany, at: &Range<usize>) -> Result<Vec<String>, ConfigError> {
        if globs.0.is_empty() {
            return Err(self.error(at, "the list of globs is empty"));
        }
        globs
            .0
            .iter()
            .map(|glob| self.filled(glob, "a glob"))
            .collect()
    }

    fn expectation(&self, text: &Spanned<String>) -> Result<Expectation, ConfigError> {
        expect::parse(text.get_ref()).map_err(|error| self.inside(text, error))
    }

    fn duration_ms(&self, text: &Spanned<String>) -> Result<f64, ConfigError> {
        let found = quantity::duration(text.get_ref());
        found
            .map(|seconds| seconds.to_millis().0)
            .map_err(|error| self.inside(text, error))
    }

    fn not_negative(&self, number: &Spanned<f64>, what: &str) -> Result<f64, ConfigError> {
        let value = *number.get_ref();
        if value < 0.0 {
            return Err(self.error(&number.span(), format!("{what} is never below 0")));
        }
        Ok(value)
    }

    fn origin(&self, at: &Range<usize>) -> Origin {
        let path = self.text.path.clone().unwrap_or_default();
        Origin::File(path, self.text.place(at.start).0)
    }

    /// A path that is written relative to the file.
    fn beside(&self, path: &str) -> PathBuf {
        let folder = self.text.path.as_deref().and_then(Path::parent);
        folder.unwrap_or(Path::new("")).join(path)
    }

    /// Two of one name cannot be told apart.
    fn once(
        &self,
        seen: &mut BTreeSet<String>,
        name: &Spanned<String>,
        what: &str,
    ) -> Result<String, ConfigError> {
        let word = self.filled(name, &format!("the name of a {what}"))?;
        if !seen.insert(word.clone()) {
            return Err(self.error(&name.span(), format!("there is another {what} `{word}`")));
        }
        Ok(word)
    }

    fn page(&self, file: &File, config: &mut Config) -> Result<(), ConfigError> {
        if let Some(project) = &file.project {
            let environment = project.environment.iter();
            config.project = Project {
                name: self.filled_if(project.name.as_ref(), "the name of the project")?,
                environment: environment
                    .map(|(key, value)| (key.clone(), value.0.clone()))
                    .collect(),
            };
        }
        let Some(report) = &file.report else {
            return Ok(());
        };
        let template = self.filled_if(report.template.as_ref(), "the path of the template")?;
        if let Some(sections) = &report.sections {
            let mut seen = BTreeSet::new();
            for section in sections {
                self.once(&mut seen, section, "section")?;
            }
            config.sections_at = sections.iter().map(Spanned::span).collect();
        }
        config.report = Report {
            title: report.title.clone(),
            status: report.status,
            sections: report.sections.as_ref().map(|all| {
                all.iter()
                    .map(|section| section.get_ref().clone())
                    .collect()
            }),
            template: template.map(|path| self.beside(&path)),
        };
        Ok(())
    }

    fn target(&self, target: &file::Target) -> Result<Target, ConfigError> {
        let expect = self.expectation(&target.expect)?;
        let warn = match &target.warn {
            Some(text) => {
                let warn = self.expectation(text)?;
                self.same_metric(&expect, &warn, text)?;
                Some(warn)
            }
            None => None,
        };
        Ok(Target {
            name: target.name.clone().filter(|name| !name.trim().is_empty()),
            scenario: self.filled_if(target.scenario.as_ref(), "a glob")?,
            endpoint: self.filled_if(target.endpoint.as_ref(), "a glob")?,
            group: self.filled_if(target.group.as_ref(), "a glob")?,
            phase: target.phase.map(|phase| {
                match phase {
                    file::Phase::Idle => "idle",
                    file::Phase::Load => "load",
                }
                .to_owned()
            }),
            expect_text: target.expect.get_ref().trim().to_owned(),
            warn_text: target
                .warn
                .as_ref()
                .map(|text| text.get_ref().trim().to_owned()),
            expect,
            warn,
            optional: target.optional,
            decide: match target.decide {
                Some(file::Decide::Interval) => Decide::Interval,
                Some(file::Decide::Value) | None => Decide::Value,
            },
            origin: self.origin(&target.expect.span()),
        })
    }

    fn same_metric(
        &self,
        expect: &Expectation,
        warn: &Expectation,
        text: &Spanned<String>,
    ) -> Result<(), ConfigError> {
        let name = |expectation: &Expectation| {
            expect::metric_of(expectation).map_or("blow-up".to_owned(), MetricId::to_string)
        };
        if expect::metric_of(expect) == expect::metric_of(warn) {
            return Ok(());
        }
        let problem = format!(
            "`warn` speaks of {}, `expect` of {}",
            name(warn),
            name(expect)
        );
        Err(self
            .error(&text.span(), problem)
            .with_label("another metric"))
    }

    fn scenarios(
        &self,
        scenarios: &[file::Scenario],
        config: &mut Config,
    ) -> Result<(), ConfigError> {
        let mut seen = BTreeSet::new();
        for scenario in scenarios {
            let name = self.once(&mut seen, &scenario.name, "scenario")?;
            let runs = scenario.runs.iter().map(|glob| self.filled(glob, "a glob"));
            let runs = runs.collect::<Result<_, _>>()?;
            let load = scenario.load.as_ref().map(|load| self.load(load));
            let mut levels = BTreeMap::new();
            for (glob, level) in &scenario.levels {
                levels.insert(glob.clone(), self.not_negative(level, "a load level")?);
            }
            config.plan.scenarios.push(Scenario {
                name: name.clone(),
                runs,
                description: scenario.description.clone(),
                load: load.transpose()?.unwrap_or_default(),
                levels,
                origin: self.origin(&scenario.name.span()),
            });
            for text in &scenario.expect {
                config.targets.push(Target {
                    name: None,
                    scenario: Some(name.clone()),
                    endpoint: None,
                    group: None,
                    phase: None,
                    expect: self.expectation(text)?,
                    expect_text: text.get_ref().trim().to_owned(),
                    warn: None,
                    warn_text: None,
                    optional: false,
                    decide: Decide::Value,
                    origin: self.origin(&text.span()),
                });
            }
        }
        Ok(())
    }

    fn load(&self, load: &file::Load) -> Result<DeclaredLoad, ConfigError> {
        let users = load.users.as_ref();
        let users = users.map(|users| self.not_negative(users, "a number of users"));
        let think_time = load.think_time.as_ref().map(|text| {
            let range = quantity::duration_range(text.get_ref());
            range.map_err(|error| self.inside(text, error))
        });
        let duration = load.duration.as_ref().map(|text| {
            let found = quantity::duration(text.get_ref());
            found.map_err(|error| self.inside(text, error))
        });
        let mut tasks = BTreeMap::new();
        for (name, weight) in &load.tasks {
            tasks.insert(name.clone(), self.not_negative(weight, "a weight")?);
        }
        Ok(DeclaredLoad {
            model: load.model.map(|model| match model {
                file::LoadModel::Open => LoadModel::Open,
                file::LoadModel::Closed => LoadModel::Closed,
            }),
            users: users.transpose()?,
            think_time: think_time
                .transpose()?
                .map(|(from, to)| ThinkTime { from, to }),
            duration: duration.transpose()?,
            tasks,
        })
    }

    fn normalize(&self, file: &File, config: &mut Config) -> Result<(), ConfigError> {
        for rename in &file.rename {
            let to = self.filled(&rename.to, "the new name")?;
            for pattern in self.globs(&rename.patterns, &rename.to.span())? {
                config.normalize.renames.push(Rename {
                    pattern,
                    to: to.clone(),
                });
            }
        }
        let mut seen = BTreeSet::new();
        for group in &file.group {
            config.normalize.groups.push(GroupRule {
                name: self.once(&mut seen, &group.name, "group")?,
                patterns: self.globs(&group.patterns, &group.name.span())?,
            });
        }
        for expected in &file.expected_error {
            let code = expected.code.get_ref().0.trim().to_owned();
            if code.is_empty() {
                return Err(self.error(&expected.code.span(), "the code is empty"));
            }
            config.normalize.expected_errors.push(ExpectedError {
                endpoint: self.filled(&expected.endpoint, "a glob")?,
                code,
                reason: expected.reason.clone(),
            });
        }
        Ok(())
    }

    /// A group is what this file puts together: one that it does not declare has no endpoint in any run.
    fn groups_of_targets(&self, file: &File) -> Result<(), ConfigError> {
        let declared: Vec<String> = file
            .group
            .iter()
            .map(|group| group.name.get_ref().clone())
            .collect();
        for wanted in file.target.iter().filter_map(|one| one.group.as_ref()) {
            let glob = Pattern::new(wanted.get_ref());
            if declared.iter().any(|name| glob.matches(name)) {
                continue;
            }
            let hint = if declared.is_empty() {
                "[[group]] with a `name` and a list of globs `match` declares one".to_owned()
            } else {
                syntax::one_of(wanted.get_ref(), &declared)
            };
            let problem = format!("no [[group]] is called `{}`", wanted.get_ref());
            return Err(self
                .error(&wanted.span(), problem)
                .with_label("not declared")
                .with_hint(Some(hint)));
        }
        Ok(())
    }

    fn classes(&self, classes: &file::Classes, config: &mut Config) -> Result<(), ConfigError> {
        let edges = [
            ("fast", &classes.fast),
            ("normal", &classes.normal),
            ("slow", &classes.slow),
        ];
        let mut all: Vec<(String, Option<f64>)> = Vec::new();
        let mut below = ("0", 0.0);
        for (name, text) in edges {
            let Some(text) = text else { continue };
            let edge = self.duration_ms(text)?;
            if edge <= below.1 {
                let problem = format!("`{name}` is not above `{}`", below.0);
                return Err(self
                    .error(&text.span(), problem)
                    .with_hint(Some("the edges rise: fast, normal, slow")));
            }
            below = (name, edge);
            all.push((name.to_owned(), Some(edge)));
            if name == "fast" {
                config.figures.fast_ms = edge;
            }
        }
        if !all.is_empty() {
            all.push((ABOVE.to_owned(), None));
            config.classes = all;
        }
        Ok(())
    }

    /// How sides are compared.
    fn compare(&self, compare: &file::Compare) -> Result<Compare, ConfigError> {
        let mut found = Compare::default();
        for (key, text) in &compare.floor {
            let metric = expect::metric(key.get_ref(), 0..key.get_ref().len())
                .map_err(|error| put(self.text, key.span(), error))?;
            let floor = expect::floor(&metric, text.get_ref());
            let floor = floor.map_err(|error| self.inside(text, error))?;
            found.floors.insert(metric.to_string(), floor);
        }
        self.filled_if(compare.baseline.as_ref(), "the path of the baseline")?;
        found.baseline = compare
            .baseline
            .as_ref()
            .map(|path| self.beside(path.get_ref()));
        found.require_proof = compare.require_proof.unwrap_or(false);
        found.allow = Allow {
            error_rate: compare.allow.contains(&file::Allow::ErrorRate),
            environment: compare.allow.contains(&file::Allow::Environment),
        };
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Status, parse};
    use crate::model::Percentile;
    use crate::report::Effect;
    use crate::report::RuleId;

    fn read(text: &str) -> Config {
        parse(text, Path::new("sub/knee.toml"))
            .unwrap_or_else(|error| panic!("{error}\n{}", error.excerpt(false).unwrap_or_default()))
    }

    /// The line, the excerpt and the hint, as the program prints them.
    fn wrong(text: &str) -> String {
        let error = parse(text, Path::new("knee.toml")).expect_err(text);
        let excerpt = error
            .excerpt(false)
            .map_or(String::new(), |text| format!("\n{text}"));
        let hint = error
            .hint()
            .map_or(String::new(), |text| format!("\nhint: {text}"));
        format!("{error}{excerpt}{hint}")
    }

    /// Every key of the contract.
    const WHOLE: &str = r#"
[project]
name = "shop"
environment = { host = "c5.large", cores = 8, turbo = false }

[report]
title = "Release 4"
status = "draft"
sections = ["verdict", "targets"]
template = "page.md"

[[scenario]]
name = "search"
runs = ["results/search-*.json"]
description = "reads only"
load = { model = "open", users = 50, think_time = "1s..3s", duration = "5min", tasks = { list = 3, detail = 1.5 } }
levels = { "results/search-4.json" = 4 }
expect = ["p95 < 200ms", "rate in 20..30/s"]

[[target]]
name = "quick"
expect = "p95 < 200ms"
warn = "p95 < 180ms"
scenario = "search"
endpoint = "GET /api/*"
group = "heal*"
phase = "load"
optional = true
decide = "interval"

[[group]]
name = "health"
match = ["GET /health*"]

[[rename]]
match = "GET /users/*"
to = "GET /users/ID"

[[expected_error]]
endpoint = "GET /api/flaky"
code = 503
reason = "the breaker opens"

[compare]
floor = { p95 = "10%", mean = "2ms", error_rate = "0.5%" }
baseline = ".knee/baselines/search.json"
require_proof = true
allow = ["error_rate", "environment"]

[scale]
level = "workers"

[classes]
fast = "100ms"
normal = "0.3s"
slow = "1s"

[rules]
ignore = ["V31", "H03"]
severity = { V13 = "note", V40 = "fail" }
limit = { V16 = 0.02 }

[[map]]
name = "ours"
records = "results"
kind = "run"
delimiter = ";"
fields = { endpoint = "op", mean = "t" }
units = { mean = "s" }
constants = { method = "GET" }
where = ["op != total"]

[inputs]
resources = ["docker.csv"]
tests = ["junit.xml"]
"#;

    #[test]
    fn a_target_for_a_group_that_is_not_declared_is_refused_at_the_word() {
        let target = "[[target]]\nexpect = 'sum(requests) > 1'\ngroup = 'helth'\n";
        let declared = "[[group]]\nname = 'health'\nmatch = ['GET /health*']\n";
        let message = wrong(&format!("{target}{declared}"));
        assert!(
            message.starts_with("knee.toml, line 3, column 9: no [[group]] is called `helth`"),
            "{message}"
        );
        assert!(
            message.ends_with("hint: did you mean `health`?"),
            "{message}"
        );
        let message = wrong(target);
        assert!(message.ends_with("`match` declares one"), "{message}");
        read(&format!("{declared}{}", target.replace("helth", "heal*")));
    }

    #[test]
    fn every_key_of_the_contract_is_read() {
        let config = read(WHOLE);
        assert_eq!(config.path.as_deref(), Some(Path::new("sub/knee.toml")));
        assert_eq!(config.project.name.as_deref(), Some("shop"));
        let facts: Vec<(&str, &str)> = config
            .project
            .environment
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            facts,
            [("cores", "8"), ("host", "c5.large"), ("turbo", "false")]
        );
        assert_eq!(config.report.title.as_deref(), Some("Release 4"));
        assert_eq!(config.report.status, Some(Status::Draft));
        assert_eq!(
            config.report.sections.as_deref(),
            Some(&["verdict".to_owned(), "targets".to_owned()][..])
        );
        assert_eq!(
            config.report.template.as_deref(),
            Some(Path::new("sub/page.md"))
        );
        assert_eq!(config.plan.scenarios.len(), 1);
        assert_eq!(config.plan.scenarios[0].runs, ["results/search-*.json"]);
        assert_eq!(
            config.classes,
            [
                ("fast".to_owned(), Some(100.0)),
                ("normal".to_owned(), Some(300.0)),
                ("slow".to_owned(), Some(1000.0)),
                ("slower".to_owned(), None),
            ]
        );
        assert_eq!(config.figures.fast_ms.to_bits(), 100.0_f64.to_bits());
        assert_eq!(config.figures.percentiles[0], Percentile::P50);
        assert_eq!(
            config.normalize.renames,
            [Rename {
                pattern: "GET /users/*".into(),
                to: "GET /users/ID".into()
            }]
        );
        assert_eq!(
            config.normalize.groups,
            [GroupRule {
                name: "health".into(),
                patterns: vec!["GET /health*".into()]
            }]
        );
        assert_eq!(
            config.normalize.expected_errors,
            [ExpectedError {
                endpoint: "GET /api/flaky".into(),
                code: "503".into(),
                reason: Some("the breaker opens".into()),
            }]
        );
        assert_eq!(config.scale.level.as_deref(), Some("workers"));
        assert_eq!(config.rules.ignore, [RuleId::V31, RuleId::H03]);
        assert_eq!(config.rules.severity[&RuleId::V40], Effect::Fail);
        assert_eq!(
            config.rules.limit[&RuleId::V16].to_bits(),
            0.02_f64.to_bits()
        );
    }

    #[test]
    fn targets_carry_both_expectations_and_their_line() {
        let targets = read(WHOLE).targets;
        let first = &targets[0];
        assert_eq!(first.expect, expect::parse("p95 < 200ms").unwrap());
        assert_eq!(first.warn, expect::parse("p95 < 180ms").ok());
        assert_eq!(first.warn_text.as_deref(), Some("p95 < 180ms"));
        assert_eq!((first.optional, first.decide), (true, Decide::Interval));
        assert_eq!(first.phase.as_deref(), Some("load"));
        let line = WHOLE
            .lines()
            .position(|line| line == r#"expect = "p95 < 200ms""#)
            .unwrap()
            + 1;
        assert_eq!(first.origin.to_string(), format!("knee.toml:{line}"));
        let of_scenario: Vec<(&str, Option<&str>)> = targets[1..]
            .iter()
            .map(|t| (t.expect_text.as_str(), t.scenario.as_deref()))
            .collect();
        assert_eq!(
            of_scenario,
            [
                ("p95 < 200ms", Some("search")),
                ("rate in 20..30/s", Some("search"))
            ]
        );
    }

    #[test]
    fn a_rule_of_a_later_version_may_be_ignored_already_and_that_is_said() {
        assert_eq!(
            read(WHOLE).unused,
            ["rule H03 (drift) is not built in this version"]
        );
        assert_eq!(read("[project]\nname = 'x'").unused, Vec::<String>::new());
        for key in ["severity = { H03 = 'note' }", "limit = { H03 = 2 }"] {
            let message = wrong(&format!("[rules]\n{key}"));
            assert!(
                message.contains("rule H03 (drift) is not in this version"),
                "{message}"
            );
        }
    }

    #[test]
    fn an_empty_file_changes_nothing() {
        let config = read("");
        let expected = Config {
            path: config.path.clone(),
            text: config.text.clone(),
            ..Config::default()
        };
        assert_eq!(config, expected);
    }

    #[test]
    fn the_example_holds_every_key_of_the_schema_and_no_other() {
        let schema = serde_json::to_value(crate::config::schema()).unwrap();
        let example: toml::Table = WHOLE.parse().unwrap();
        compare(&schema, &schema, &toml::Value::Table(example), "");
    }

    /// `schema` is an object with properties, or a reference to one.
    fn compare(
        root: &serde_json::Value,
        schema: &serde_json::Value,
        example: &toml::Value,
        at: &str,
    ) {
        let mut schema = schema.clone();
        for _ in 0..4 {
            let inner = schema["items"]
                .get("$ref")
                .or(schema.get("$ref"))
                .or(schema["anyOf"][0].get("$ref"));
            let Some(name) = inner.and_then(|name| name.as_str()) else {
                break;
            };
            schema = root.pointer(name.trim_start_matches('#')).unwrap().clone();
        }
        let example = example
            .as_array()
            .and_then(|list| list.first())
            .unwrap_or(example);
        let (Some(known), Some(table)) = (schema["properties"].as_object(), example.as_table())
        else {
            return;
        };
        assert_eq!(schema["additionalProperties"], false, "{at}");
        let mut wanted: Vec<&String> = known.keys().collect();
        let mut found: Vec<&String> = table.keys().collect();
        wanted.sort();
        found.sort();
        assert_eq!(wanted, found, "{at}");
        for (key, schema) in known {
            compare(root, schema, &table[key], &format!("{at}.{key}"));
        }
    }

    #[test]
    fn a_mistake_in_an_expectation_points_into_the_string() {
        insta::assert_snapshot!(wrong("[[target]]\nexpect = 'p95 < 200'"), @r"
        knee.toml, line 2, column 17: p95 is a time: expected us, ms, s or min behind 200
         --> knee.toml:2:17
          |
        2 | expect = 'p95 < 200'
          |                 ^^^ expected us, ms, s or min
        hint: is it `200ms`?
        ");
        insta::assert_snapshot!(wrong("[[target]]\nexpect = \"p95 \\u003c 200\""), @r#"
        knee.toml, line 2, column 10: p95 is a time: expected us, ms, s or min behind 200
         --> knee.toml:2:10
          |
        2 | expect = "p95 \u003c 200"
          |          ^^^^^^^^^^^^^^^^ expected us, ms, s or min
        hint: is it `200ms`?
        "#);
        insta::assert_snapshot!(wrong("[[target]]\nexpect = '''\np95 < 200'''"), @r"
        knee.toml, line 3, column 7: p95 is a time: expected us, ms, s or min behind 200
         --> knee.toml:3:7
          |
        3 | p95 < 200'''
          |       ^^^ expected us, ms, s or min
        hint: is it `200ms`?
        ");
    }

    /// The line without the file's name, and the hint.
    fn line(text: &str) -> (String, Option<String>) {
        let error = parse(text, Path::new("knee.toml")).expect_err(text);
        assert!(error.excerpt(false).is_some());
        let line = error.to_string();
        (
            line.strip_prefix("knee.toml, ").unwrap().to_owned(),
            error.hint(),
        )
    }

    #[test]
    fn words_that_mean_nothing_are_named_with_their_place() {
        for (text, expected, hint) in [
            (
                "[[target]]\nexpect = 'p95 < 200ms'\nwarn = 'p99 < 3ms'",
                "line 3, column 8: `warn` speaks of p99, `expect` of p95",
                None,
            ),
            (
                "[[target]]\nexpect = 'p95 < 200ms'\nendpoint = ' '",
                "line 3, column 12: a glob is empty",
                None,
            ),
            (
                "[[scenario]]\nname = 'a'\n[[scenario]]\nname = 'a'",
                "line 4, column 8: there is another scenario `a`",
                None,
            ),
            (
                "[[scenario]]\nname = 'a'\nexpect = ['p95 < 1ms', 'p95 < 2']",
                "line 3, column 31: p95 is a time: expected us, ms, s or min behind 2",
                Some("is it `2ms`?"),
            ),
            (
                "[[scenario]]\nname = 'a'\nload = { think_time = '3s..1s' }",
                "line 3, column 24: the range is empty: its end is before its start",
                None,
            ),
            (
                "[[scenario]]\nname = 'a'\nload = { tasks = { a = -1 } }",
                "line 3, column 24: a weight is never below 0",
                None,
            ),
            (
                "[[scenario]]\nname = 'a'\nload = { duration = '5' }",
                "line 3, column 22: a duration needs a unit: us, ms, s, min or h",
                Some("such as `30s` or `50ms`"),
            ),
            (
                "[[scenario]]\nname = ''",
                "line 2, column 8: the name of a scenario is empty",
                None,
            ),
            (
                "[[group]]\nname = 'a'\nmatch = []",
                "line 2, column 8: the list of globs is empty",
                None,
            ),
            (
                "[[expected_error]]\nendpoint = '*'\ncode = ''",
                "line 3, column 8: the code is empty",
                None,
            ),
            (
                "[classes]\nfast = '1s'\nnormal = '200ms'",
                "line 3, column 10: `normal` is not above `fast`",
                Some("the edges rise: fast, normal, slow"),
            ),
            (
                "[compare]\nfloor = { eror_rate = '1%' }",
                "line 2, column 11: `eror_rate` is not a metric",
                Some("did you mean `error_rate`?"),
            ),
            (
                "[compare]\nfloor = { p95 = '3' }",
                "line 2, column 18: p95 is a time: expected us, ms, s or min behind 3",
                Some("is it `3ms`?"),
            ),
            (
                "[rules]\nignore = ['V99']",
                "line 2, column 11: there is no rule `V99`",
                Some("`knee explain` lists the rules"),
            ),
            (
                "[rules]\nignore = ['v31']",
                "line 2, column 11: there is no rule `v31`",
                Some("did you mean `V31` (too-short)?"),
            ),
            (
                "[rules]\nlimit = { to-short = 1 }",
                "line 2, column 11: there is no rule `to-short`",
                Some("did you mean `V31` (too-short)?"),
            ),
            (
                "[report]\nsections = ['a', 'a']",
                "line 2, column 18: there is another section `a`",
                None,
            ),
        ] {
            assert_eq!(
                line(text),
                (expected.to_owned(), hint.map(str::to_owned)),
                "{text}"
            );
        }
    }

    #[test]
    fn sections_of_a_report_are_checked_when_it_is_known_which_there_are() {
        let config = read("[report]\nsections = ['verdict', 'targest']");
        assert!(config.check_sections(&["verdict", "targest"]).is_ok());
        let error = config.check_sections(&["verdict", "targets"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sub/knee.toml, line 2, column 24: there is no section `targest` of a report"
        );
        assert_eq!(error.hint().unwrap(), "did you mean `targets`?");
    }

    #[test]
    fn classes_that_are_not_given_are_not_made_up() {
        let config = read("[classes]\nslow = '1s'");
        assert_eq!(
            config.classes,
            [
                ("slow".to_owned(), Some(1000.0)),
                ("slower".to_owned(), None)
            ]
        );
        assert_eq!(config.figures, crate::figures::Options::default());
    }
}
