//! Runs into series: which load each is of, which are repeats of one level, which are no level at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::load::split::{Split, split};
use crate::model::{LoadModel, Run};
use crate::normalize::Pattern;
use crate::report::scaling::{LeftOut, LevelOf};
use crate::scale::load;
use crate::scale::load::{Loaded, is_one_level, kind_of, load_of};
use crate::scale::sample::Sample;
use crate::scale::sent;
use crate::scale::spawn::spawned;
use crate::text::number;

/// What a run that is split into levels says of its own figures.
const MIXED: &str = "the load changes during the run: figures of the whole run mix its levels, so read them level by level";

/// Where levels come from when nobody names a label: `knee.toml` writes its `levels` there.
pub const LABEL: &str = "level";

/// The runs of one scenario that share a kind of level.
pub(super) struct Series<'a> {
    pub(super) scenario: &'a str,
    pub(super) level_name: String,
    pub(super) of: LevelOf,
    /// Whether users wait for their answers.
    pub(super) is_closed: bool,
    /// Whether some input does not say that.
    pub(super) is_untold: bool,
    /// Rising.
    pub(super) groups: Vec<Group<'a>>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) remarks: Vec<String>,
    /// Labels of the endpoints that users call as they start, where their number rises inside a run.
    pub(super) spawned: BTreeSet<String>,
}

/// Samples at one level: repeats.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    pub(super) mean: f64,
    pub(super) peak: Option<f64>,
    pub(super) stated: Option<f64>,
    pub(super) samples: Vec<Sample<'a>>,
}

impl Group<'_> {
    /// The peak, or the load itself where it stood still.
    pub(super) fn top(&self) -> f64 {
        self.peak.unwrap_or(self.mean)
    }
}

/// Runs cut into their stretches, where they hold several loads; kept apart because series borrow from it.
pub(super) type Splits = BTreeMap<String, Split>;

/// The stepped runs among those of each scenario: those that stand alone, or where every run of the scenario is stepped.
pub(super) fn splits(runs: &[&Run], label: Option<&str>) -> Splits {
    let mut found = Splits::new();
    for of_scenario in by_scenario(runs).values() {
        let asked = |run: &&Run| is_labelled(run, label);
        if label.is_some() || of_scenario.iter().any(asked) {
            continue;
        }
        let cut: Vec<(&Run, Split)> = of_scenario
            .iter()
            .filter_map(|run| Some((*run, split(run)?)))
            .collect();
        let stepped = |split: &Split| {
            split
                .stretches
                .iter()
                .filter(|stretch| stretch.peak.is_none())
                .count()
                > 1
        };
        let all = cut.len() == of_scenario.len() && cut.iter().all(|(_, split)| stepped(split));
        if of_scenario.len() == 1 || all {
            found.extend(cut.into_iter().map(|(run, split)| (run.id.clone(), split)));
        }
    }
    found
}

fn by_scenario<'a>(runs: &[&'a Run]) -> BTreeMap<&'a str, Vec<&'a Run>> {
    let mut found: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        let of_scenario = found.entry(&run.identity.scenario).or_default();
        // A run that is given again is no repeat.
        if !of_scenario.iter().any(|other| is_one_run(other, run)) {
            of_scenario.push(run);
        }
    }
    found
}

fn is_one_run(one: &Run, other: &Run) -> bool {
    !one.id.is_empty() && one.id == other.id
}

/// How many runs of the scenario stand there again.
fn given_again(runs: &[&Run], scenario: &str) -> Option<String> {
    let of_scenario = || {
        runs.iter()
            .filter(|run| run.identity.scenario == scenario)
            .enumerate()
    };
    let again = of_scenario().filter(|(place, run)| {
        let mut before = of_scenario().take(*place);
        before.any(|(_, other)| is_one_run(other, run))
    });
    let count = again.count() as u64;
    (count > 0).then(|| {
        format!(
            "{} given again: the same run is no repeat of itself, and counts once",
            number::plural(count, "run")
        )
    })
}

fn is_labelled(run: &Run, label: Option<&str>) -> bool {
    run.labels.contains_key(label.unwrap_or(LABEL))
}

/// Every series of the runs, by scenario and kind of level. `saturated` says of a run why its generator did not keep up.
pub(super) fn series<'a>(
    runs: &[&'a Run],
    splits: &'a Splits,
    label: Option<&str>,
    saturated: &dyn Fn(&Run) -> Option<String>,
) -> Vec<Series<'a>> {
    let mut all = Vec::new();
    for (scenario, once) in by_scenario(runs) {
        let mut by_kind: BTreeMap<(u8, bool), Series<'a>> = BTreeMap::new();
        let mut left_out = Vec::new();
        let common = common_kind(&once, label);
        let mut whole = Vec::new();
        for run in once {
            let mut leave = |reason: String| {
                left_out.push(LeftOut {
                    run: run.id.clone(),
                    reason,
                });
            };
            if let Some(reason) = saturated(run) {
                leave(reason);
                continue;
            }
            if let Some(split) = splits.get(&run.id) {
                let spawned = spawned(run);
                let samples: Vec<Sample> = split.stretches.iter().map(Sample::of_stretch).collect();
                for sample in samples {
                    if let Some(reason) = sample.shortfall() {
                        leave(reason);
                        continue;
                    }
                    let entry = series_of(&mut by_kind, scenario, run, sample.load.of, None);
                    entry.spawned.extend(spawned.iter().cloned());
                    let remarks = split.remarks.iter().map(String::as_str);
                    for remark in remarks.chain([MIXED]) {
                        if !entry.remarks.iter().any(|other| other == remark) {
                            entry.remarks.push(remark.to_owned());
                        }
                    }
                    entry.add(sample);
                }
                continue;
            }
            match level_of(run, label, common) {
                Ok((name, load, stated)) => {
                    let mut sample = Sample::of_run(run, load);
                    sample.stated = stated;
                    match sample.shortfall() {
                        Some(reason) => leave(reason),
                        None => whole.push((run, name, sample)),
                    }
                }
                Err(reason) => leave(reason),
            }
        }
        let slow = sent::slow(whole.iter().map(|(_, _, sample)| sample));
        for ((run, name, sample), slow) in whole.into_iter().zip(slow) {
            if let Some(reason) = slow {
                left_out.push(LeftOut {
                    run: run.id.clone(),
                    reason,
                });
                continue;
            }
            series_of(&mut by_kind, scenario, run, sample.load.of, name).add(sample);
        }
        if by_kind.is_empty() && !left_out.is_empty() {
            // Nothing is a level: that is said once, of the scenario.
            let name = label.unwrap_or("load").to_owned();
            let empty = Series::new(scenario, name, LevelOf::Stated, false);
            by_kind.insert((u8::MAX, false), empty);
        }
        let mut found: Vec<Series> = by_kind.into_values().collect();
        if let Some(first) = found.first_mut() {
            first.left_out = left_out;
            first.remarks.extend(given_again(runs, scenario));
        }
        for series in &mut found {
            series.sort();
        }
        all.extend(found);
    }
    all
}

fn series_of<'a, 'b>(
    by_kind: &'b mut BTreeMap<(u8, bool), Series<'a>>,
    scenario: &'a str,
    run: &Run,
    of: LevelOf,
    label: Option<String>,
) -> &'b mut Series<'a> {
    let is_closed = match of {
        LevelOf::Users => true,
        LevelOf::Arrivals | LevelOf::Requests => false,
        LevelOf::Stated | LevelOf::Resources => run.load.model != Some(LoadModel::Open),
    };
    let name = label.unwrap_or_else(|| {
        match of {
            LevelOf::Arrivals => "arrivals/s",
            LevelOf::Requests => "requests/s",
            LevelOf::Users => "users",
            LevelOf::Stated | LevelOf::Resources => LABEL,
        }
        .to_owned()
    });
    let key = (of as u8, is_closed);
    let found = by_kind
        .entry(key)
        .or_insert_with(|| Series::new(scenario, name, of, is_closed));
    found.is_untold |= run.load.model.is_none();
    found
}

/// The level of a run: the name of its label, the load, and what was stated where that is another figure.
type Found = (Option<String>, Loaded, Option<f64>);

/// What the loads of the labelled runs count, where all of them tell the same.
fn common_kind(runs: &[&Run], label: Option<&str>) -> Option<LevelOf> {
    let labelled = runs.iter().filter(|run| is_labelled(run, label));
    let mut kinds = labelled.map(|run| load_of(run).map(|load| load.of));
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

fn level_of(run: &Run, label: Option<&str>, common: Option<LevelOf>) -> Result<Found, String> {
    let name = label.unwrap_or(LABEL);
    let measured = load_of(run);
    let Some(text) = run.labels.get(name) else {
        if label.is_some() {
            return Err(format!("it has no label {name}"));
        }
        let unknown = || {
            "the input does not tell its load: a label does, such as `users40{users=40}=RUN` with `--level users`".to_owned()
        };
        return measured.map(|load| (None, load, None)).ok_or_else(unknown);
    };
    let Some((mean, peak)) = load::stated(text) else {
        return Err(format!(
            "its label {name} is {text}: expected a number above 0, or a range such as 1..4"
        ));
    };
    let of = match kind_of(name) {
        // `levels` of knee.toml: loads in the unit of the run, where its own are like them.
        LevelOf::Stated => common.unwrap_or(LevelOf::Stated),
        of => of,
    };
    let stated = Loaded {
        of,
        mean,
        peak,
        window: measured.and_then(|load| load.window),
    };
    let name = Some(name.to_owned()).filter(|name| name != LABEL || of == LevelOf::Stated);
    let Some(measured) = measured.filter(|load| load.of == of) else {
        return Ok((name, stated, None));
    };
    // The same quantity, measured: a ramp may be stated by its peak.
    let is_like = |one: f64, other: f64| (one - other).abs() <= 2.0 * 0.05 * one.max(other);
    if is_like(mean, measured.mean) {
        return Ok((name, stated, None));
    }
    if peak.is_none() && is_like(mean, measured.top()) {
        let load = Loaded {
            peak: Some(mean),
            ..measured
        };
        return Ok((name, load, Some(mean)));
    }
    // What was measured is the level; that something else was stated is said (V23).
    Ok((name, measured, Some(peak.unwrap_or(mean))))
}

impl<'a> Series<'a> {
    fn new(scenario: &'a str, level_name: String, of: LevelOf, is_closed: bool) -> Series<'a> {
        Series {
            scenario,
            level_name,
            of,
            is_closed,
            is_untold: false,
            groups: Vec::new(),
            left_out: Vec::new(),
            remarks: Vec::new(),
            spawned: BTreeSet::new(),
        }
    }

    /// Adds a sample to the level that it repeats, or as a level of its own.
    fn add(&mut self, sample: Sample<'a>) {
        let load = sample.load;
        let same = |one: f64, other: f64| is_one_level(load.of, one, other);
        let same = self
            .groups
            .iter_mut()
            .find(|group| same(group.mean, load.mean) && same(group.top(), load.top()));
        match same {
            Some(group) => group.samples.push(sample),
            None => self.groups.push(Group {
                mean: load.mean,
                peak: load.peak,
                stated: sample.stated,
                samples: vec![sample],
            }),
        }
    }

    /// Levels rise, by their means and by their peaks: a load that moved over that of others is none.
    fn sort(&mut self) {
        for group in &mut self.groups {
            let n = group.samples.len() as f64;
            group.mean = group
                .samples
                .iter()
                .map(|sample| sample.load.mean)
                .sum::<f64>()
                / n;
            let moves = group
                .samples
                .iter()
                .any(|sample| sample.load.peak.is_some());
            let tops = group.samples.iter().map(|sample| sample.load.top());
            let top = tops
                .reduce(f64::max)
                .filter(|top| moves && *top > group.mean);
            group.peak = top;
        }
        self.groups
            .sort_by(|one, other| one.mean.total_cmp(&other.mean));
        let mut kept: Vec<Group> = Vec::new();
        for group in std::mem::take(&mut self.groups) {
            // A load that stood still is the better level.
            while let Some(last) = kept.pop_if(|last| {
                last.top() >= group.top() && last.peak.is_some() && group.peak.is_none()
            }) {
                self.leave_out(&last);
            }
            match kept.last() {
                Some(last) if last.top() >= group.top() => self.leave_out(&group),
                _ => kept.push(group),
            }
        }
        self.groups = kept;
    }

    fn leave_out(&mut self, group: &Group) {
        let reason = format!(
            "its load moved around {} up to {}, over that of another level",
            number::significant(group.mean, 3),
            number::significant(group.top(), 3),
        );
        for sample in &group.samples {
            self.left_out.push(LeftOut {
                run: sample.run.to_owned(),
                reason: reason.clone(),
            });
        }
    }

    /// Labels of the endpoints that every level has, and how many others there are.
    pub(super) fn endpoints(&self, wanted: &[Pattern]) -> (Vec<String>, Vec<String>) {
        let is_wanted =
            |label: &String| wanted.is_empty() || wanted.iter().any(|glob| glob.matches(label));
        let mut levels: BTreeMap<String, usize> = BTreeMap::new();
        for group in &self.groups {
            let labels: BTreeSet<String> =
                group.samples.iter().flat_map(Sample::endpoints).collect();
            for label in labels.into_iter().filter(is_wanted) {
                *levels.entry(label).or_default() += 1;
            }
        }
        let is_everywhere = |label: &String| levels.get(label) == Some(&self.groups.len());
        levels.keys().cloned().partition(is_everywhere)
    }
}
