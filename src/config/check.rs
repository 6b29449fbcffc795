//! What the words of `knee.toml` mean: [`File`] becomes [`Config`], or an error at the word.
//!
//! Sections that no command uses yet are checked as hard as the others, and named in [`Config::unused`].

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;

use crate::config::error::{ConfigError, Text};
use crate::config::expect;
use crate::config::file::{self, File, OneOrMany};
use crate::config::flags::put;
use crate::config::quantity::{self, ExpectError};
use crate::config::syntax;
use crate::config::{ABOVE, Config, Project, Report, Scenario};
use crate::findings::Effect;
use crate::findings::normalize::{ExpectedError, GroupRule, Rename};
use crate::findings::rules::ids::IDS;
use crate::findings::rules::{self, RULES};
use crate::model::{Decide, Expectation, MetricId, Origin, Target};

/// Reads and checks the whole text.
pub(crate) fn check(text: &Arc<Text>) -> Result<Config, ConfigError> {
    let file = syntax::read(text)?;
    let checker = Checker { text };
    let mut config = Config {
        path: text.path.clone(),
        text: Some(Arc::clone(text)),
        ..Config::default()
    };
    let mut unused = Unused::default();
    checker.page(&file, &mut config, &mut unused)?;
    for target in &file.target {
        config.targets.push(checker.target(target)?);
    }
    checker.scenarios(&file.scenario, &mut config, &mut unused)?;
    checker.normalize(&file, &mut config)?;
    if let Some(classes) = &file.classes {
        checker.classes(classes, &mut config)?;
    }
    if let Some(rules) = &file.rules {
        config.rules = checker.rules(rules, RULES, &mut unused)?;
    }
    checker.later(&file, &mut unused)?;
    config.unused = unused.sentences;
    Ok(config)
}

/// What is checked and not used, said once each.
#[derive(Default)]
struct Unused {
    sentences: Vec<String>,
}

impl Unused {
    fn add(&mut self, what: &str) {
        let sentence = format!("{what} is checked but not used by this version");
        if !self.sentences.contains(&sentence) {
            self.sentences.push(sentence);
        }
    }

    fn keys(&mut self, section: &str, keys: &[(&str, bool)]) {
        for (key, is_given) in keys {
            if *is_given {
                self.add(&format!("{section} {key}"));
            }
        }
    }
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

    fn page(
        &self,
        file: &File,
        config: &mut Config,
        unused: &mut Unused,
    ) -> Result<(), ConfigError> {
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
        self.filled_if(report.notes.as_ref(), "the folder of the notes")?;
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
        unused.keys("[report]", &[("notes", report.notes.is_some())]);
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
        unused: &mut Unused,
    ) -> Result<(), ConfigError> {
        let mut seen = BTreeSet::new();
        for scenario in scenarios {
            let name = self.once(&mut seen, &scenario.name, "scenario")?;
            let runs = scenario.runs.iter().map(|glob| self.filled(glob, "a glob"));
            config.scenarios.push(Scenario {
                name: name.clone(),
                runs: runs.collect::<Result<_, _>>()?,
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
            if let Some(load) = &scenario.load {
                self.load(load)?;
            }
            for level in scenario.levels.values() {
                self.not_negative(level, "a load level")?;
            }
            unused.keys(
                "[[scenario]]",
                &[
                    ("description", scenario.description.is_some()),
                    ("load", scenario.load.is_some()),
                    ("levels", !scenario.levels.is_empty()),
                ],
            );
        }
        Ok(())
    }

    fn load(&self, load: &file::Load) -> Result<(), ConfigError> {
        if let Some(users) = &load.users {
            self.not_negative(users, "a number of users")?;
        }
        if let Some(text) = &load.think_time {
            quantity::duration_range(text.get_ref()).map_err(|error| self.inside(text, error))?;
        }
        if let Some(text) = &load.duration {
            self.duration_ms(text)?;
        }
        for weight in load.tasks.values() {
            self.not_negative(weight, "a weight")?;
        }
        Ok(())
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

    /// The id of a rule, built or not.
    fn rule(&self, id: &Spanned<String>) -> Result<String, ConfigError> {
        let word = id.get_ref();
        if rules::ids::is_known(word) {
            return Ok(word.clone());
        }
        let upper = word.to_uppercase();
        let by_id = IDS.iter().find(|(known, _)| *known == upper);
        let lower = word.to_lowercase();
        let by_name = || {
            let name = expect::nearest(&lower, IDS.iter().map(|(_, name)| *name))?;
            IDS.iter().find(|(_, known)| *known == name)
        };
        let nearest = by_id.or_else(by_name);
        let hint = nearest.map_or("`knee explain` lists the rules".to_owned(), |(id, name)| {
            format!("did you mean `{id}` ({name})?")
        });
        Err(self
            .error(&id.span(), format!("there is no rule `{word}`"))
            .with_label("unknown rule")
            .with_hint(Some(hint)))
    }

    fn rules(
        &self,
        section: &file::Rules,
        built: &[rules::Rule],
        unused: &mut Unused,
    ) -> Result<rules::Options, ConfigError> {
        let mut options = rules::Options::default();
        let row = |id: &str| built.iter().find(|rule| rule.id == id);
        let mut later = BTreeSet::new();
        for id in &section.ignore {
            let id = self.rule(id)?;
            if row(&id).is_none() {
                later.insert(id.clone());
            }
            if !options.ignore.contains(&id) {
                options.ignore.push(id);
            }
        }
        for (id, effect) in &section.severity {
            let id = self.rule(id)?;
            if row(&id).is_none() {
                later.insert(id.clone());
            }
            let effect = match effect {
                file::Effect::Note => Effect::Note,
                file::Effect::Warn => Effect::Warn,
                file::Effect::Fail => Effect::Fail,
                file::Effect::Invalid => Effect::Invalid,
                file::Effect::Void => Effect::Void,
                file::Effect::Unjudged => Effect::Unjudged,
            };
            options.severity.insert(id, effect);
        }
        for (key, limit) in &section.limit {
            let id = self.rule(key)?;
            match row(&id) {
                Some(rule) if rule.limit.is_none() => {
                    let problem = format!("rule {id} ({}) has no limit", rule.name);
                    return Err(self.error(&key.span(), problem));
                }
                Some(_) => {}
                None => {
                    later.insert(id.clone());
                }
            }
            options.limit.insert(id, *limit.get_ref());
        }
        for id in later {
            let name = IDS
                .iter()
                .find(|(known, _)| *known == id)
                .map_or("", |(_, name)| name);
            unused
                .sentences
                .push(format!("rule {id} ({name}) is not built in this version"));
        }
        Ok(options)
    }

    /// Sections that later versions use.
    fn later(&self, file: &File, unused: &mut Unused) -> Result<(), ConfigError> {
        if let Some(compare) = &file.compare {
            self.compare(compare)?;
            unused.add("[compare]");
        }
        if let Some(scale) = &file.scale {
            self.filled_if(scale.level.as_ref(), "the label of the load level")?;
            unused.add("[scale]");
        }
        if let Some(history) = &file.history {
            self.filled_if(history.store.as_ref(), "the folder of the history")?;
            unused.add("[history]");
        }
        if let Some(score) = &file.score {
            for weight in score.weights.values() {
                self.not_negative(weight, "a weight")?;
            }
            unused.add("[score]");
        }
        for hint in &file.hint {
            self.rule(&hint.rule)?;
            if hint.cause.is_none() && hint.investigate.is_none() {
                let problem = "a hint needs a `cause` or something to `investigate`";
                return Err(self.error(&hint.rule.span(), problem));
            }
            unused.add("[[hint]]");
        }
        for recommendation in &file.recommendation {
            self.filled(&recommendation.title, "the title of a recommendation")?;
            unused.add("[[recommendation]]");
        }
        let mut seen = BTreeSet::new();
        for map in &file.map {
            self.once(&mut seen, &map.name, "map")?;
            unused.add("[[map]]");
        }
        if file.inputs.is_some() {
            unused.add("[inputs]");
        }
        Ok(())
    }

    fn compare(&self, compare: &file::Compare) -> Result<(), ConfigError> {
        for (key, text) in &compare.floor {
            let metric = expect::metric(key.get_ref(), 0..key.get_ref().len())
                .map_err(|error| put(self.text, key.span(), error))?;
            expect::floor(&metric, text.get_ref()).map_err(|error| self.inside(text, error))?;
        }
        self.filled_if(compare.baseline.as_ref(), "the path of the baseline")?;
        Ok(())
    }
}
