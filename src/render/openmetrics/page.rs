//! Families of samples in the text format: each together, no series twice, no more than there is room for.
//!
//! Values have six significant digits; whole numbers keep all of theirs. GitLab compares metrics as strings and shows them as
//! they stand, so digits that a measurement does not have only hide those that it has; six are more than the resolution of any
//! latency and lose a millionth. Coarser would make no more lines equal: two runs are never alike in their third digit either.
//!
//! Note: no second, shorter limit for GitLab's list (it reads best below some fifty lines). Prometheus wants the endpoints that
//! such a limit would take, and a file cannot know who reads it; `samples/ci/gitlab.yml` takes out the lines of endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::model::Run;
use crate::text::escape::{self, openmetrics_label};

/// Series of one file. Prometheus takes more; who scrapes a load test seldom wants more.
pub(super) const MOST: usize = 2000;

/// The labels of a sample, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels(Vec<(&'static str, String)>);

impl Labels {
    pub(super) fn new() -> Labels {
        Labels::default()
    }

    /// Those that every sample of a run has.
    pub(super) fn of_run(run: &Run, page: &mut Page) -> Labels {
        let scenario = page.name("scenario", &run.identity.scenario);
        let name = page.name("run", &run.name);
        Labels::new().with("scenario", &scenario).with("run", &name)
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: &str) -> Labels {
        self.0.push((name, value.to_owned()));
        self
    }

    fn write(&self) -> String {
        let pair =
            |(name, value): &(&str, String)| format!("{name}=\"{}\"", openmetrics_label(value));
        let pairs: Vec<String> = self.0.iter().map(pair).collect();
        format!("{{{}}}", pairs.join(","))
    }
}

/// Six significant digits, and never less than the whole number.
fn rounded(value: f64) -> f64 {
    if value.fract() == 0.0 {
        return value;
    }
    if value.abs() >= 1e5 {
        return value.round();
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

struct Family {
    name: String,
    help: String,
    samples: Vec<(String, f64)>,
}

/// What is written so far.
#[derive(Default)]
pub(super) struct Page {
    families: Vec<Family>,
    places: BTreeMap<String, usize>,
    series: BTreeSet<String>,
    left_out: u64,
    /// By label: names as they came, and as they are shown.
    names: BTreeMap<&'static str, BTreeMap<String, String>>,
    shown: BTreeSet<(&'static str, String)>,
}

impl Page {
    /// A name as the value of a label: short, visible, not empty, and never that of another name of the same label.
    pub(super) fn name(&mut self, label: &'static str, raw: &str) -> String {
        let known = self.names.entry(label).or_default();
        if let Some(shown) = known.get(raw) {
            return shown.clone();
        }
        let short = escape::name(raw);
        let mut shown = short.clone();
        let mut number = 2;
        while !self.shown.insert((label, shown.clone())) {
            shown = format!("{short} ({number})");
            number += 1;
        }
        known.insert(raw.to_owned(), shown.clone());
        shown
    }

    /// Whether so many more samples fit; where they do not, they are counted as left out.
    pub(super) fn has_room_for(&mut self, number: usize) -> bool {
        let fits = self.series.len() + number <= MOST;
        if !fits {
            self.left_out += number as u64;
        }
        fits
    }

    /// Adds a sample; a value that is no number, and a series that is there already, is none.
    pub(super) fn put(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        let labels = labels.write();
        let series = format!("{name}{labels}");
        if !value.is_finite() || self.series.contains(&series) || !self.has_room_for(1) {
            return;
        }
        self.series.insert(series);
        let place = *self.places.entry(name.to_owned()).or_insert_with(|| {
            self.families.push(Family {
                name: name.to_owned(),
                help: help.to_owned(),
                samples: Vec::new(),
            });
            self.families.len() - 1
        });
        if let Some(family) = self.families.get_mut(place) {
            family.samples.push((labels, rounded(value)));
        }
    }

    /// All of it.
    pub(super) fn write(mut self) -> String {
        if self.left_out > 0 {
            let help = "Samples of endpoints and others that are left out of this file; JSON has all of them.";
            self.families.push(Family {
                name: "knee_samples_left_out".to_owned(),
                help: help.to_owned(),
                samples: vec![(String::new(), self.left_out as f64)],
            });
        }
        let mut text = String::new();
        for family in &self.families {
            let name = &family.name;
            let _ = writeln!(text, "# TYPE {name} gauge");
            let units = ["seconds", "bytes", "ratio"];
            if let Some(unit) = units
                .iter()
                .find(|unit| name.ends_with(&format!("_{unit}")))
            {
                let _ = writeln!(text, "# UNIT {name} {unit}");
            }
            let _ = writeln!(text, "# HELP {name} {}", openmetrics_label(&family.help));
            for (labels, value) in &family.samples {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_stay_and_whole_numbers_keep_all_of_theirs() {
        for (value, shown) in [
            (0.001_760_563_380_281_69, "0.00176056"),
            (36.655_457_239_697_71, "36.6555"),
            (0.1868, "0.1868"),
            (1.234_567_89e-9, "0.00000000123457"),
            (-0.123_456_78, "-0.123457"),
            (123_456_789.0, "123456789"),
            (123_456_789.4, "123456789"),
            (99_999.96, "100000"),
            (0.0, "0"),
        ] {
            assert_eq!(rounded(value).to_string(), shown, "{value}");
        }
    }
}
