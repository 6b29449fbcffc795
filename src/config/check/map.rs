//! `[[map]]`: paths, fields and units into [`Mapping`], or an error at the word.
//!
//! What no file could be read by is refused here, where the place is known; what a file lacks is found when it is read.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use crate::config::check::Checker;
use crate::config::error::ConfigError;
use crate::config::expect::nearest;
use crate::config::file;
use crate::config::syntax::did_you_mean;
use crate::ingest::map::path::{BadPath, Part, Path, Place, Step};
use crate::ingest::map::target::{ALIASES, PLAIN, RecordKind, Shape, Target};
use crate::ingest::map::value::{Clock, Measure, Raw, Value};
use crate::ingest::map::{Condition, Field, Mapping, unit_of};
use crate::model::{UnitKind, UnitName};

/// Fields that a suggestion may name besides those of [`PLAIN`].
const FREE: [&str; 9] = [
    "min", "mean", "stddev", "max", "p50", "p90", "p95", "p99", "p99.9",
];

/// Columns of a table are counted up to here.
const MOST_COLUMNS: usize = 10_000;

/// What speaks of the run as a whole.
const OF_RUN: &str = "started, duration, users, tool, tool_version, label:KEY or custom:NAME";

impl Checker<'_> {
    /// Every `[[map]]`.
    pub(super) fn maps(&self, maps: &[file::Map]) -> Result<Vec<Mapping>, ConfigError> {
        let mut seen = BTreeSet::new();
        let checked = maps.iter().map(|map| {
            let name = self.once(&mut seen, &map.name, "map")?;
            self.map(map, name)
        });
        checked.collect()
    }

    fn map(&self, map: &file::Map, name: String) -> Result<Mapping, ConfigError> {
        let records = self.records(map)?;
        let is_sample = |key: &Spanned<String>| key.get_ref() == "latency";
        let kind = match map.kind {
            Some(file::MapKind::Sample) => RecordKind::Sample,
            None if map.fields.keys().any(is_sample) => RecordKind::Sample,
            Some(file::MapKind::Run) | None => RecordKind::Run,
        };
        let mut mapping = Mapping {
            name,
            records,
            kind,
            delimiter: self.delimiter(map)?,
            ..Mapping::default()
        };
        for (key, place) in &map.fields {
            let target = self.target_of(key, kind)?;
            let place_of = self.place_of(&target, place, &mapping)?;
            let (measure, by_name) = self.measure(map, &target, &place_of, &place.span())?;
            mapping.fields.push(Field {
                target,
                place: place_of,
                measure,
                by_name,
            });
        }
        for (key, value) in &map.constants {
            let target = self.target_of(key, kind)?;
            if mapping.fields.iter().any(|field| field.target == target) {
                let problem = format!("`{target}` stands among the fields too");
                return Err(self.error(&key.span(), problem));
            }
            let value = self.constant(map, &target, value)?;
            mapping.constants.push((target, value));
        }
        self.units_are_used(map, &mut mapping)?;
        for text in &map.conditions {
            self.condition(text, &mut mapping)?;
        }
        self.says_enough(map, &mapping)?;
        Ok(mapping)
    }

    /// `FIELD != VALUE` or `FIELD in A, B`.
    fn condition(&self, text: &Spanned<String>, mapping: &mut Mapping) -> Result<(), ConfigError> {
        let fail = |problem: String| {
            let hint = "such as where = [\"label != checkout\", \"status in 200, 201\"]";
            Err(self.error(&text.span(), problem).with_hint(Some(hint)))
        };
        let words = text.get_ref();
        let unquoted = |value: &str| {
            let value = value.trim();
            let inner = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            inner.unwrap_or(value).to_owned()
        };
        let (field, values, is_one) = match (words.split_once("!="), words.split_once(" in ")) {
            (Some((field, value)), _) => (field, vec![unquoted(value)], false),
            (None, Some((field, values))) => {
                (field, values.split(',').map(unquoted).collect(), true)
            }
            (None, None) => {
                return fail(format!(
                    "expected FIELD != VALUE or FIELD in A, B, found `{words}`"
                ));
            }
        };
        let place = match Place::parse(field.trim()) {
            Ok(place @ Place::Record(_)) => place,
            Ok(_) => return fail(format!("`{}` is no member of a record", field.trim())),
            Err(error) => return fail(format!("`{}` is no path: {}", field.trim(), error.problem)),
        };
        mapping.conditions.push(Condition {
            field: mapping.fields.len(),
            is_one,
            values,
        });
        mapping.fields.push(Field {
            target: Target::Condition,
            place,
            measure: Measure::Base,
            by_name: false,
        });
        Ok(())
    }

    fn bad_path(&self, text: &Spanned<String>, error: &BadPath) -> ConfigError {
        let span = self.text.inside(&text.span(), text.get_ref(), &error.span);
        self.error(&span, error.problem.clone())
    }

    fn records(&self, map: &file::Map) -> Result<Path, ConfigError> {
        let Some(text) = &map.records else {
            return Ok(Path::default());
        };
        let path = text.get_ref();
        let path = path.strip_prefix("$.").unwrap_or(path);
        if path.is_empty() || path == "$" {
            return Ok(Path::default());
        }
        Path::parse(path).map_err(|error| self.bad_path(text, &error))
    }

    fn delimiter(&self, map: &file::Map) -> Result<Option<u8>, ConfigError> {
        let Some(text) = &map.delimiter else {
            return Ok(None);
        };
        match text.get_ref().as_bytes() {
            b"tab" => Ok(Some(b'\t')),
            [byte] if matches!(byte, b',' | b';' | b'\t' | b'|' | b' ' | b':') => Ok(Some(*byte)),
            _ => {
                let problem = format!(
                    "expected one of , ; | : a blank or tab between fields, found `{}`",
                    text.get_ref()
                );
                Err(self.error(&text.span(), problem))
            }
        }
    }

    fn target_of(&self, key: &Spanned<String>, kind: RecordKind) -> Result<Target, ConfigError> {
        let word = key.get_ref();
        let Some(target) = Target::named(word) else {
            let problem = format!("`{word}` is not a field of a map");
            let hint = match suggestion(word, kind) {
                Some(known) => did_you_mean(known),
                None => "`knee schema config` lists the fields".to_owned(),
            };
            return Err(self
                .error(&key.span(), problem)
                .with_label("unknown field")
                .with_hint(Some(hint)));
        };
        if target.is_of(kind) {
            return Ok(target);
        }
        let (problem, hint) = match kind {
            RecordKind::Run => (
                format!("`{target}` is of one request, and a record here is figures"),
                "where each record is a request, map its `latency` or say kind = \"sample\"",
            ),
            RecordKind::Sample => (
                format!("`{target}` is of many requests, and a record here is one"),
                "knee counts requests itself; where a record is figures, leave out `latency` and say kind = \"run\"",
            ),
        };
        Err(self.error(&key.span(), problem).with_hint(Some(hint)))
    }

    fn place_of(
        &self,
        target: &Target,
        text: &Spanned<String>,
        mapping: &Mapping,
    ) -> Result<Place, ConfigError> {
        let place = Place::parse(text.get_ref()).map_err(|error| self.bad_path(text, &error))?;
        let column = match &place {
            Place::Record(path) | Place::Document(path) => match path.steps.as_slice() {
                [Step::Place(column)] => *column,
                _ => 0,
            },
            Place::Keys(_) => 0,
        };
        let problem = match &place {
            _ if column > MOST_COLUMNS => Some((
                format!("a table has no column {column}"),
                format!("columns are counted from 0, up to {MOST_COLUMNS}"),
            )),
            Place::Record(path) | Place::Document(path) if path.has_each() => Some((
                "a field is one value, and `*` is many".to_owned(),
                "`*` belongs into `records`".to_owned(),
            )),
            Place::Document(path) if mapping.records.steps.is_empty() && mapping.kind == RecordKind::Run => {
                // The document is the record.
                return Ok(Place::Record(path.clone()));
            }
            Place::Document(_) if !target.is_of_document() => Some((
                format!("`{target}` is of a record, and `$.` starts at the document"),
                format!("of the run as a whole are {OF_RUN}"),
            )),
            Place::Record(_) | Place::Keys(_)
                if mapping.kind == RecordKind::Sample
                    && matches!(target, Target::Custom(_) | Target::Label(_)) =>
            {
                Some((
                    format!("`{target}` is of the run as a whole, and a record here is one request"),
                    "take it from the document by `$.`, or make it a constant".to_owned(),
                ))
            }
            Place::Keys(_) if target.shape() != Shape::Text => Some((
                format!("`{target}` is no name, and keys are names"),
                "the value is at a path in the record, such as `value`, or `.` for the record itself"
                    .to_owned(),
            )),
            Place::Keys(parts) => {
                let steps = mapping.records.steps.iter();
                let many = steps.filter(|step| **step == Step::Each).count();
                let asks_for = parts.iter().filter_map(|part| match part {
                    Part::Key(Some(number)) => Some(number + 1),
                    Part::Key(None) => Some(1),
                    Part::Text(_) => None,
                });
                let most = asks_for.max().unwrap_or(0);
                (most > many).then(|| {
                    (
                        format!("there is no key {most}: `records` has {many} times `*`"),
                        "such as records = \"*.*\" for objects in an object".to_owned(),
                    )
                })
            }
            Place::Record(_) | Place::Document(_) => None,
        };
        match problem {
            None => Ok(place),
            Some((problem, hint)) => Err(self.error(&text.span(), problem).with_hint(Some(hint))),
        }
    }

    /// The unit of a field: as `units` says, else as the member's name says.
    fn measure(
        &self,
        map: &file::Map,
        target: &Target,
        place: &Place,
        at: &Range<usize>,
    ) -> Result<(Measure, bool), ConfigError> {
        let own = map
            .units
            .iter()
            .find(|(key, _)| Target::named(key.get_ref()).as_ref() == Some(target));
        let every = map
            .units
            .iter()
            .find(|(key, _)| key.get_ref() == "latency" && matches!(target, Target::Latency(..)));
        let Some((key, unit)) = own.or(every) else {
            return unit_of(target, place, None).ok_or_else(|| self.needs_a_unit(target, at));
        };
        let word = unit.get_ref().trim();
        match target.shape() {
            Shape::Amount(quantity) => {
                let named = UnitName::named(word).filter(|unit| unit.kind == quantity);
                match named {
                    Some(named) => Ok((Measure::Unit(named), false)),
                    None => Err(self.no_unit(unit, quantity)),
                }
            }
            Shape::Instant => match Clock::named(word) {
                Some(clock) => Ok((Measure::Clock(clock), false)),
                None => Err(self
                    .error(&unit.span(), format!("`{word}` is not how a time is written"))
                    .with_hint(Some(
                        "rfc3339, or s, ms, us or ns since the epoch; without a unit the value shows it",
                    ))),
            },
            Shape::Number if *target != Target::Plain("users") => {
                Ok((Measure::Shown(self.filled(unit, "the unit")?), false))
            }
            _ => Err(self.error(&key.span(), format!("`{target}` has no unit"))),
        }
    }

    fn needs_a_unit(&self, target: &Target, at: &Range<usize>) -> ConfigError {
        let Shape::Amount(quantity) = target.shape() else {
            return self.error(at, format!("`{target}` needs a unit"));
        };
        let example = if quantity == UnitKind::Share {
            "%"
        } else {
            "ms"
        };
        let key = match target.to_string() {
            key if key.contains('.') => format!("\"{key}\""),
            key => key,
        };
        let problem = format!("`{target}` needs a unit, and the member's name says none");
        self.error(at, problem)
            .with_label(format!("{}?", UnitName::names(quantity).replace(' ', ", ")))
            .with_hint(Some(format!("such as units = {{ {key} = \"{example}\" }}")))
    }

    fn no_unit(&self, unit: &Spanned<String>, quantity: UnitKind) -> ConfigError {
        let word = unit.get_ref();
        let names = UnitName::names(quantity);
        let meant = match word.to_lowercase().as_str() {
            "m" | "mins" | "minute" | "minutes" => Some("min"),
            "sec" | "secs" | "second" | "seconds" => Some("s"),
            "msec" | "millis" | "millisecond" | "milliseconds" => Some("ms"),
            "usec" | "micros" | "microsecond" | "microseconds" => Some("us"),
            "nsec" | "nanos" | "nanosecond" | "nanoseconds" => Some("ns"),
            "hour" | "hours" => Some("h"),
            "percent" | "pct" => Some("%"),
            "fraction" => Some("ratio"),
            "rps" | "qps" | "/sec" | "/second" | "req/s" => Some("/s"),
            "rpm" | "/minute" => Some("/min"),
            "bytes" | "byte" => Some("B"),
            lower => names.split(' ').find(|name| name.to_lowercase() == lower),
        };
        let meant = meant.filter(|meant| names.split(' ').any(|name| name == *meant));
        let problem = format!("`{word}` is not a unit of it: expected one of {names}");
        self.error(&unit.span(), problem)
            .with_hint(meant.map(did_you_mean))
    }

    fn constant(
        &self,
        map: &file::Map,
        target: &Target,
        value: &Spanned<crate::config::value::Scalar>,
    ) -> Result<Value, ConfigError> {
        let raw = Raw::Text(value.get_ref().0.clone());
        let nowhere = Place::Keys(Vec::new());
        let has_own_unit = crate::ingest::map::unit::number(&value.get_ref().0)
            .is_ok_and(|(_, unit)| unit.is_some());
        let (measure, _) = if has_own_unit {
            (Measure::Base, false)
        } else {
            self.measure(map, target, &nowhere, &value.span())?
        };
        let wrong = |what: String| self.error(&value.span(), format!("`{target}` {what}"));
        match raw.read(target.shape(), &measure) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(wrong("is empty".to_owned())),
            Err(what) => Err(wrong(what)),
        }
    }

    /// A unit of nothing is a slip; that of `value` is what its metrics are in.
    fn units_are_used(&self, map: &file::Map, mapping: &mut Mapping) -> Result<(), ConfigError> {
        for (key, unit) in &map.units {
            let word = key.get_ref();
            let target = Target::named(word);
            let mut given = mapping
                .fields
                .iter()
                .map(|field| &field.target)
                .chain(mapping.constants.iter().map(|(target, _)| target));
            let is_used = given.any(|known| {
                Some(known) == target.as_ref()
                    || word == "latency" && matches!(known, Target::Latency(..))
            });
            if !is_used {
                let names = map.fields.keys().map(|key| key.get_ref().as_str());
                let hint = nearest(word, names).map(did_you_mean);
                let problem = format!("there is no field `{word}` to have a unit");
                return Err(self.error(&key.span(), problem).with_hint(hint));
            }
            if word == "value" {
                let unit = Value::Text(unit.get_ref().clone());
                mapping.constants.push((Target::Plain("unit"), unit));
            }
        }
        Ok(())
    }

    fn says_enough(&self, map: &file::Map, mapping: &Mapping) -> Result<(), ConfigError> {
        let at = map.name.span();
        let has = |name: &'static str| {
            let wanted = Target::Plain(name);
            mapping.fields.iter().any(|field| field.target == wanted)
        };
        let fail = |problem: &str, hint: &str| {
            let problem = format!("map `{}` {problem}", mapping.name);
            Err(self.error(&at, problem).with_hint(Some(hint)))
        };
        match mapping.kind {
            RecordKind::Sample if !has("latency") => fail(
                "reads requests and maps no latency",
                "such as fields = { latency = \"took_ms\" }",
            ),
            _ if has("metric") && !has("value") => fail(
                "maps `metric` and no `value`",
                "a metric is a name and its value: fields = { metric = \"name\", value = \"value\" }",
            ),
            _ if has("value") && !has("metric") => fail(
                "maps `value` and no `metric`",
                "a metric is a name and its value; one of a fixed name is \"custom:NAME\"",
            ),
            _ if !mapping.fields.iter().any(|field| field.target.is_figure()) => fail(
                "maps no figure",
                "such as requests, failures, mean, p95, latency or \"custom:NAME\"; `knee schema config` lists the fields",
            ),
            _ => Ok(()),
        }
    }
}

/// The field that a mistyped word is most like.
fn suggestion(word: &str, kind: RecordKind) -> Option<&'static str> {
    let lower = word.to_lowercase();
    let fits = |name: &&'static str| Target::named(name).is_some_and(|target| target.is_of(kind));
    let alias = ALIASES.iter().filter(|(alias, _)| *alias == lower);
    let alias = alias.map(|(_, field)| *field).find(fits);
    let plain = PLAIN.iter().map(|row| row.name);
    alias.or_else(|| nearest(&lower, plain.chain(FREE).filter(fits)))
}

#[cfg(test)]
mod tests {
    use std::path::Path as FilePath;

    use super::*;
    use crate::config::parse;

    fn maps(text: &str) -> Vec<Mapping> {
        parse(text, FilePath::new("knee.toml"))
            .unwrap_or_else(|error| panic!("{error}"))
            .maps
    }

    /// Line, column and problem; the hint.
    fn wrong(map: &str) -> (String, Option<String>) {
        let text = format!("[[map]]\nname = 'ours'\n{map}\n");
        let error = parse(&text, FilePath::new("knee.toml")).expect_err(&text);
        assert!(error.excerpt(false).is_some());
        let line = error.to_string();
        let line = line.strip_prefix("knee.toml, ").unwrap();
        (line.to_owned(), error.hint())
    }

    #[test]
    fn fields_units_and_constants_become_a_mapping() {
        let found = maps(
            "[[map]]\nname = 'a'\nrecords = '$.data[*]'\n\
             fields = { endpoint = 'op', requests = 'n', p95 = 'lat.p95', mean = 'mean_us', started = '$.t0', 'custom:queue' = 'q' }\n\
             units = { latency = 'ns', mean = 's', 'custom:queue' = 'items', started = 'ms' }\n\
             constants = { method = 'GET', duration = '2min', tool = 'ours' }\n",
        );
        let map = &found[0];
        assert_eq!(
            (map.kind, map.records.to_string()),
            (RecordKind::Run, "data[*]".to_owned())
        );
        let unit = |name: &str| {
            let target = Target::named(name);
            let field = map
                .fields
                .iter()
                .find(|field| Some(&field.target) == target.as_ref());
            field.unwrap().measure.clone()
        };
        assert_eq!(unit("p95"), Measure::Unit(UnitName::named("ns").unwrap()));
        assert_eq!(unit("mean"), Measure::Unit(UnitName::named("s").unwrap()));
        assert_eq!(unit("custom:queue"), Measure::Shown("items".into()));
        assert_eq!(unit("started"), Measure::Clock(Clock::named("ms").unwrap()));
        assert_eq!(
            map.constants,
            [
                (Target::Plain("duration"), Value::Number(120_000.0)),
                (Target::Plain("method"), Value::Text("GET".into())),
                (Target::Plain("tool"), Value::Text("ours".into())),
            ]
        );
    }

    #[test]
    fn a_latency_makes_records_requests_and_a_name_says_its_unit() {
        let found =
            maps("[[map]]\nname = 'a'\nfields = { latency = 'timing.took_us', code = 'status' }\n");
        assert_eq!(found[0].kind, RecordKind::Sample);
        let latency = found[0].fields.iter().find(|field| field.by_name).unwrap();
        assert_eq!(
            latency.measure,
            Measure::Unit(UnitName::named("us").unwrap())
        );
    }

    #[test]
    fn a_slip_is_named_at_its_place_with_a_way_out() {
        for (map, problem, hint) in [
            (
                "",
                "line 2, column 8: map `ours` maps no figure",
                Some("such as requests"),
            ),
            (
                "fields = { p95 = 'lat' }",
                "line 3, column 18: `p95` needs a unit, and the member's name says none",
                Some("units = { p95 = \"ms\" }"),
            ),
            (
                "fields = { 'p99.9' = 'lat' }",
                "needs a unit",
                Some("units = { \"p99.9\" = \"ms\" }"),
            ),
            (
                "fields = { rps = 'r' }",
                "line 3, column 12: `rps` is not a field of a map",
                Some("did you mean `rate`?"),
            ),
            (
                "fields = { requsts = 'r' }",
                "is not a field",
                Some("did you mean `requests`?"),
            ),
            ("fields = { p101 = 'r' }", "`p101` is not a field", None),
            (
                "fields = { latency = 'a_ms', p95 = 'b' }",
                "`p95` is of many requests",
                Some("kind = \"run\""),
            ),
            (
                "fields = { requests = 'n', code = 'c' }",
                "`code` is of one request",
                Some("map its `latency`"),
            ),
            (
                "fields = { requests = 'a..b' }",
                "line 3, column 26: expected the name of a member",
                None,
            ),
            (
                "fields = { requests = 'a[*]' }",
                "a field is one value",
                Some("belongs into `records`"),
            ),
            ("fields = { requests = '' }", "the path is empty", None),
            (
                "fields = { requests = '[18446744073709551615]' }",
                "line 3, column 23: a table has no column 18446744073709551615",
                Some("10000"),
            ),
            (
                "records = 'a['\nfields = { requests = 'n' }",
                "line 3, column 13: expected `]`",
                None,
            ),
            (
                "records = 'a'\nfields = { requests = '$.n' }",
                "`requests` is of a record",
                Some("started, duration"),
            ),
            (
                "records = '*'\nfields = { endpoint = '{key2}', requests = 'n' }",
                "there is no key 2: `records` has 1 times `*`",
                Some("*.*"),
            ),
            (
                "records = '*'\nfields = { requests = '{key}' }",
                "`requests` is no name",
                None,
            ),
            (
                "fields = { p95 = 'l' }\nunits = { p95 = 'msec' }",
                "line 4, column 17: `msec` is not a unit of it: expected one of ns us ms s min h",
                Some("did you mean `ms`?"),
            ),
            (
                "fields = { p95 = 'l' }\nunits = { p95 = 'MB' }",
                "`MB` is not a unit of it",
                None,
            ),
            (
                "fields = { p95 = 'l', requests = 'n' }\nunits = { p95 = 'ms', requests = 's' }",
                "`requests` has no unit",
                None,
            ),
            (
                "fields = { mean = 'l_ms' }\nunits = { mena = 'ms' }",
                "line 4, column 11: there is no field `mena`",
                Some("did you mean `mean`?"),
            ),
            (
                "fields = { requests = 'n', started = 't' }\nunits = { started = 'min' }",
                "`min` is not how a time is written",
                Some("rfc3339"),
            ),
            (
                "fields = { requests = 'n' }\nconstants = { users = 'many' }",
                "line 4, column 23: `users` is \"many\", expected a number",
                None,
            ),
            (
                "fields = { requests = 'n' }\nconstants = { duration = 30 }",
                "line 4, column 26: `duration` needs a unit",
                Some("units = { duration"),
            ),
            (
                "fields = { requests = 'n' }\nconstants = { requests = 3 }",
                "stands among the fields too",
                None,
            ),
            (
                "fields = { metric = 'n' }",
                "maps `metric` and no `value`",
                None,
            ),
            (
                "fields = { value = 'n' }",
                "maps `value` and no `metric`",
                Some("custom:NAME"),
            ),
            (
                "kind = 'sample'\nfields = { code = 'n' }",
                "reads requests and maps no latency",
                None,
            ),
            (
                "delimiter = '::'\nfields = { requests = 'n' }",
                "line 3, column 13: expected one of",
                None,
            ),
            (
                "fields = { latency = 'a_ms', 'label:x' = 'b' }",
                "`label:x` is of the run as a whole",
                Some("`$.`"),
            ),
            (
                "fields = { requests = 5 }",
                "line 3, column 23: expected a string, found the integer `5`",
                None,
            ),
            (
                "field = { requests = 'n' }",
                "unknown key `field` in [[map]]",
                Some("did you mean `fields`?"),
            ),
        ] {
            let (line, found) = wrong(map);
            assert!(line.contains(problem), "{map}\n{line}");
            if let Some(hint) = hint {
                assert!(
                    found.as_ref().is_some_and(|f| f.contains(hint)),
                    "{map}\n{found:?}"
                );
            }
        }
        let twice = "[[map]]\nname = 'a'\nfields = { requests = 'n' }\n";
        let error = parse(&format!("{twice}{twice}"), FilePath::new("knee.toml")).unwrap_err();
        assert!(error.to_string().contains("there is another map `a`"));
    }

    #[test]
    fn the_schema_names_every_field() {
        let schema = serde_json::to_value(crate::config::schema()).unwrap();
        let text = schema["$defs"]["Map"]["properties"]["fields"]["description"]
            .as_str()
            .unwrap();
        for row in PLAIN {
            let is_named = text
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == row.name);
            assert!(is_named, "{}", row.name);
        }
    }
}
