//! Phases of the load as the arrivals show them, for files that do not hold the declared ones.
//!
//! Artillery spaces the arrivals of a phase evenly unless a script asks for a Poisson process, so the windows of one level
//! agree to about one arrival; a busy generator adds a few percent. A level is two neighbouring windows or more that agree
//! so. A window between two levels holds both and belongs to neither phase. Where levels and a straight ramp explain the
//! arrivals about equally well, or a third of the windows fits nothing, no phase is given: noise is no plan.

mod line;
mod parts;

use crate::ingest::artillery::levels::line::Line;
use crate::ingest::artillery::levels::parts::{Part, parts_of, whole};
use crate::model::{PerSecond, Phase, Run, Seconds};

/// Windows of a level agree up to this many arrivals and this share of the expected ones.
const AGREE: (f64, f64) = (1.5, 0.07);
/// Windows that agree so closely have evenly spaced arrivals.
const TIGHT: (f64, f64) = (1.0, 0.03);
/// Evenly spaced arrivals of two levels differ by so many times that.
const CLEAR: f64 = 2.5;
/// Windows of a level whose generator keeps its times.
const EXACT: (f64, f64) = (1.0, 0.015);
/// Windows of fewer arrivals agree by chance.
const FEW: f64 = 6.0;
/// Two levels differ by so many standard deviations of Poisson counts, or are tight and clearly apart: a run has many
/// places at which noise could make a step.
const STEP: f64 = 4.0;
/// What lies farther from a constant rate than so many standard deviations is none.
const APART: f64 = 3.0;
/// A trend of so many standard deviations is a ramp.
const TREND: f64 = 2.6;
/// The advantage of one explanation over another, in twice the logarithm of the likelihood.
const BETTER: f64 = 6.0;
/// Share of the windows that may fit nothing.
const UNEXPLAINED: f64 = 1.0 / 3.0;
/// Levels of evenly spaced arrivals that are no chance.
const EVEN: usize = 4;
/// Levels of two windows each are looked for in runs of up to so many.
const MOST_OF_COMB: usize = 2_000;
/// Longer stretches are taken as they are.
const SHORT: usize = 50;
/// Arrivals from which on a Poisson process without a trend is taken for one level.
const MANY: f64 = 400.0;

/// A stretch of windows with one rate: `from..to` are its windows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Level {
    from: usize,
    to: usize,
    rate: f64,
    /// Where the arrivals stop, in seconds of the run.
    end: f64,
}

/// Sets the phases of a run, if its arrivals show any.
pub(super) fn recover(run: &mut Run) {
    let parts = parts_of(run);
    let phases = match explain(&parts) {
        Some(Explanation::Levels(levels, assumed)) => {
            if assumed {
                let text =
                    "levels that fill a single window each are taken for phases of equal length";
                run.note("phases-assumed-equal", text, levels.len() as u64);
            }
            let name = |rate: f64| format!("about {}/s, by the arrivals", rounded(rate));
            levels
                .iter()
                .map(|level| {
                    phase(
                        name(level.rate),
                        level.span(&parts),
                        (level.rate, level.rate),
                    )
                })
                .collect()
        }
        Some(Explanation::Ramp(from, to)) => {
            let name = format!(
                "about {} to {}/s, by the arrivals",
                rounded(from),
                rounded(to)
            );
            vec![phase(name, whole(&parts), (from, to))]
        }
        None => return,
    };
    run.load.phases = phases;
    run.load.phases_recovered = true;
    let text = "the file declares no phases: these follow from the arrivals in its windows";
    run.note("phases-recovered", text, run.load.phases.len() as u64);
    let mixed = parts
        .iter()
        .filter(|part| {
            let (start, length) = (Seconds(part.start), Seconds(part.length));
            run.load.phase_of(start, length).is_none()
        })
        .count();
    if mixed > 0 {
        let text = "windows that lie in two phases, or in none that the arrivals show";
        run.note("windows-between-phases", text, mixed as u64);
    }
}

fn phase(name: String, (start, end): (f64, f64), (from, to): (f64, f64)) -> Phase {
    Phase {
        name: Some(name),
        start: Seconds(start),
        duration: Seconds(end - start),
        users_from: None,
        users_to: None,
        rate_from: Some(PerSecond(from)),
        rate_to: Some(PerSecond(to)),
    }
}

/// Three digits: the counts hold no more.
fn rounded(rate: f64) -> f64 {
    let scale = if rate < 10.0 { 100.0 } else { 10.0 };
    (rate * scale).round() / scale
}

impl Level {
    fn span(&self, parts: &[Part]) -> (f64, f64) {
        let start = parts.get(self.from).map_or(0.0, |part| part.start);
        (start, self.end.max(start))
    }

    /// Whether its windows agree as evenly spaced arrivals do. The one in which the arrivals end says nothing.
    fn is_tight(&self, parts: &[Part]) -> bool {
        let to = self.to.min(parts.len() - 1);
        let mut inside = parts.get(self.from..to).unwrap_or_default().iter();
        inside.all(|part| within(TIGHT, self.rate * part.length, part.count))
    }
}

#[derive(Debug, PartialEq)]
enum Explanation {
    /// And whether equal lengths were assumed.
    Levels(Vec<Level>, bool),
    /// Rates at both ends.
    Ramp(f64, f64),
}

fn within((fixed, share): (f64, f64), expected: f64, count: f64) -> bool {
    (count - expected).abs() <= fixed + share * expected
}

fn explain(parts: &[Part]) -> Option<Explanation> {
    let (last, inner) = parts.split_last()?;
    if inner.is_empty() {
        return None;
    }
    let usual = usual_length(parts);
    let trend = trend(parts);
    let ramp = Line::of(parts, trend);
    let agreeing = |most| with_last(levels(parts, usual, most), inner.len(), last);
    let levels = agreeing(AGREE);
    if let [only] = levels.as_slice()
        && only.from == 0
        && only.to == parts.len()
        // Two windows that both are partial say little.
        && parts.len() > 2
    {
        return (trend.abs() < APART).then_some(Explanation::Levels(levels, false));
    }
    let exact = agreeing(EXACT);
    if is_explained(&exact, parts)
        && are_apart(&exact, parts, usual)
        && is_even(&exact, parts, ramp.as_ref())
    {
        return Some(Explanation::Levels(exact, false));
    }
    let linear = ramp.as_ref().map_or(f64::INFINITY, |line| line.score);
    let choose = |levels: Vec<Level>, score: f64, assumed| {
        (levels.len() > 1 && score + BETTER < linear)
            .then_some(Explanation::Levels(levels, assumed))
    };
    if is_explained(&levels, parts) && are_apart(&levels, parts, usual) {
        let score = score(&levels, parts);
        if let Some(found) = choose(levels.clone(), score, false) {
            return Some(found);
        }
        // As good as a ramp: undecided.
        if score < linear + BETTER {
            return None;
        }
    } else if let Some(levels) = comb(parts, usual) {
        let is_even = is_even(&levels, parts, ramp.as_ref());
        if let Some(found) = choose(levels.clone(), score(&levels, parts), true) {
            return Some(found);
        }
        if is_even {
            return Some(Explanation::Levels(levels, true));
        }
    }
    if let Some(line) = ramp.filter(|line| line.fits && trend.abs() >= TREND) {
        let (start, end) = whole(parts);
        return Some(Explanation::Ramp(
            line.at(start).max(0.0),
            line.at(end).max(0.0),
        ));
    }
    poisson(inner, trend, last)
}

fn usual_length(parts: &[Part]) -> f64 {
    let mut lengths: Vec<f64> = parts.iter().map(|part| part.length).collect();
    lengths.sort_by(f64::total_cmp);
    lengths.get(lengths.len() / 2).copied().unwrap_or(0.0)
}

/// Stretches of windows that agree. A first window that agrees less well than those behind it holds two levels.
fn levels(parts: &[Part], usual: f64, most: (f64, f64)) -> Vec<Level> {
    let mut all = Vec::new();
    let mut from = 0;
    while from < parts.len() {
        let Some(level) = stretch(parts, usual, from, most) else {
            from += 1;
            continue;
        };
        let is_short = level.to - level.from <= SHORT;
        let later =
            (is_short && !level.is_tight(parts)).then(|| stretch(parts, usual, from + 1, most));
        if later.flatten().is_some_and(|later| later.to > level.to) {
            from += 1;
            continue;
        }
        from = level.to;
        all.push(level);
    }
    all
}

/// The windows from this one on that agree, when there are two or more.
fn stretch(parts: &[Part], usual: f64, from: usize, most: (f64, f64)) -> Option<Level> {
    let (mut count, mut time) = (0.0, 0.0);
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    let (mut to, mut rate, mut end, mut good) = (from, 0.0, 0.0, 0);
    for (place, part) in parts.iter().enumerate().skip(from) {
        let next = (count + part.count) / (time + part.length);
        let own = part.count / part.length;
        let is_good = part.length >= usual / 2.0;
        if is_good {
            (low, high) = (low.min(own), high.max(own));
        }
        let mut ends = [low, high].into_iter().filter(|_| low.is_finite());
        let agree = ends.all(|rate| within(most, next * usual, rate * usual));
        if !agree || !within(most, next * part.length, part.count) {
            break;
        }
        (count, time, rate) = (count + part.count, time + part.length, next);
        (to, end) = (place + 1, part.start + part.length);
        good += usize::from(is_good);
    }
    (good >= 2).then_some(Level {
        from,
        to,
        rate,
        end,
    })
}

/// The last window, in which the arrivals end, belongs to the level before it when it does not hold more than that.
fn with_last(mut levels: Vec<Level>, last_place: usize, last: &Part) -> Vec<Level> {
    if let Some(level) = levels.last_mut()
        && level.to >= last_place
        && level.rate > 0.0
    {
        let expected = level.rate * last.length;
        if level.to > last_place || last.count <= expected {
            level.to = last_place + 1;
            level.end = last.start + (last.count / level.rate).min(last.length);
        }
    }
    levels
}

/// Whether few enough windows fit nothing: one window between two levels may hold both.
fn is_explained(levels: &[Level], parts: &[Part]) -> bool {
    let in_levels: usize = levels.iter().map(|level| level.to - level.from).sum();
    let mut explained = in_levels;
    for (before, after) in levels.iter().zip(levels.iter().skip(1)) {
        if after.from == before.to + 1
            && let Some(between) = parts.get(before.to)
        {
            let low = before.rate.min(after.rate) * between.length;
            let high = before.rate.max(after.rate) * between.length;
            let fits = between.count >= low - AGREE.0 && between.count <= high + AGREE.0;
            explained += usize::from(fits);
        }
    }
    let unexplained = parts.len() - explained.min(parts.len());
    !levels.is_empty() && unexplained as f64 <= UNEXPLAINED * parts.len() as f64
}

fn are_apart(levels: &[Level], parts: &[Part], usual: f64) -> bool {
    let total = |level: &Level| {
        let inside = parts.get(level.from..level.to).unwrap_or_default();
        let time: f64 = inside.iter().map(|part| part.length).sum();
        (inside.iter().map(|part| part.count).sum::<f64>(), time)
    };
    levels.iter().zip(levels.iter().skip(1)).all(|(a, b)| {
        let ((n_a, t_a), (n_b, t_b)) = (total(a), total(b));
        let spread = (n_a / t_a.powi(2) + n_b / t_b.powi(2)).sqrt();
        let gap = (a.rate - b.rate).abs();
        let most = a.rate.max(b.rate) * usual;
        let least = a.rate.min(b.rate) * usual;
        let clearly = least >= FEW && gap * usual > CLEAR * (TIGHT.0 + TIGHT.1 * most);
        gap > STEP * spread || clearly && a.is_tight(parts) && b.is_tight(parts)
    })
}

/// Misfit of one window in squared standard deviations of a Poisson count.
fn misfit(expected: f64, count: f64) -> f64 {
    (count - expected).powi(2) / expected.max(1.0)
}

/// Whether levels hold evenly spaced arrivals, and a ramp does not: what differs from it by more than such arrivals do is told
/// where a Poisson process would leave it open. Of few levels that could be chance.
fn is_even(levels: &[Level], parts: &[Part], ramp: Option<&Line>) -> bool {
    let Some(ramp) =
        ramp.filter(|_| levels.len() >= EVEN && levels.iter().all(|level| level.is_tight(parts)))
    else {
        return false;
    };
    // All of it, but for windows that the ends of the run cut.
    let ends = levels.first().zip(levels.last());
    if ends.is_none_or(|(first, last)| first.from > 1 || last.to + 2 < parts.len()) {
        return false;
    }
    let penalty = 2.0 * (levels.len() as f64 - 1.0) * (parts.len() as f64).ln();
    ramp.uneven(parts) > penalty + BETTER
}

/// Misfit of levels and a penalty for each of their figures. What is between levels is taken to fit.
fn score(levels: &[Level], parts: &[Part]) -> f64 {
    let mut sum = 0.0;
    for level in levels {
        let to = level.to.min(parts.len() - 1);
        for part in parts.get(level.from..to).unwrap_or_default() {
            sum += misfit(level.rate * part.length, part.count);
        }
    }
    sum + 2.0 * levels.len() as f64 * (parts.len() as f64).ln()
}

/// Levels of two windows each that begin inside a window: every other window is a level, and those between hold the same
/// share of both neighbours. Four levels or more, or it could be anything.
fn comb(parts: &[Part], usual: f64) -> Option<Vec<Level>> {
    let mut best: Option<Vec<Level>> = None;
    if parts.len() > MOST_OF_COMB {
        return None;
    }
    for first in 0..parts.len() {
        let rest = parts.get(first..).unwrap_or_default();
        if rest.first().is_none_or(|part| part.length < usual * 0.95) {
            continue;
        }
        let (mut shares, mut all) = (0_usize, 0.0);
        for triple in rest.windows(3).step_by(2) {
            let [a, m, b] = triple else { break };
            let step = (b.count - a.count).abs();
            let clear = step > CLEAR * (TIGHT.0 + TIGHT.1 * a.count.max(b.count));
            let share = (m.count - a.count) / (b.count - a.count);
            let mean = (all + share) / (shares + 1) as f64;
            let fits = within(TIGHT, a.count + mean * (b.count - a.count), m.count);
            let whole = [a, b, m].iter().all(|part| part.length >= usual * 0.95);
            if !clear || !(0.0..=1.0).contains(&share) || !fits || !whole {
                break;
            }
            shares += 1;
            all += share;
        }
        let count = shares + 1;
        if count < 4 || best.as_ref().is_some_and(|best| best.len() >= count) {
            continue;
        }
        let levels = (0..count).map(|number| first + 2 * number);
        let level = |place: usize| {
            let part = parts.get(place)?;
            Some(Level {
                from: place,
                to: place + 1,
                rate: part.count / part.length,
                end: part.start + part.length,
            })
        };
        best = Some(levels.filter_map(level).collect());
    }
    let mut levels = best?;
    // The window in which the first level begins belongs to it when it agrees.
    if let Some(level) = levels.first_mut()
        && level.from == 1
        && let Some(part) = parts.first()
        && within(AGREE, level.rate * part.length, part.count)
    {
        level.from = 0;
    }
    let covered: usize = 2 * levels.len() - 1 + usize::from(levels.first()?.from == 0);
    let outside = parts.len() - covered.min(parts.len());
    (outside as f64 <= UNEXPLAINED * parts.len() as f64).then_some(levels)
}

/// How many standard deviations the arrivals lie later than those of a constant rate.
fn trend(parts: &[Part]) -> f64 {
    let of = |parts: &[Part]| {
        let time: f64 = parts.iter().map(|part| part.length).sum();
        let count: f64 = parts.iter().map(|part| part.count).sum();
        let middle = |part: &Part| part.start + part.length / 2.0;
        let mean: f64 = parts.iter().map(|p| p.length / time * middle(p)).sum();
        let spread: f64 = parts
            .iter()
            .map(|p| p.length / time * (middle(p) - mean).powi(2))
            .sum();
        let sum: f64 = parts.iter().map(|p| p.count * (middle(p) - mean)).sum();
        let deviation = (count * spread).sqrt();
        if deviation > 0.0 {
            sum / deviation
        } else {
            0.0
        }
    };
    let whole = of(parts);
    // In the last window the arrivals end, which looks like a fall.
    match parts.split_last() {
        Some((_, inner)) if whole < 0.0 && inner.len() > 1 => of(inner).min(0.0),
        Some((_, inner)) if inner.len() > 1 => whole.max(of(inner)),
        _ => whole,
    }
}

/// One level whose windows scatter as those of a Poisson process do, when there are arrivals enough to see a step.
fn poisson(inner: &[Part], trend: f64, last: &Part) -> Option<Explanation> {
    let time: f64 = inner.iter().map(|part| part.length).sum();
    let count: f64 = inner.iter().map(|part| part.count).sum();
    let rate = count / time;
    let sum: f64 = inner
        .iter()
        .map(|part| misfit(rate * part.length, part.count))
        .sum();
    let freedom = inner.len() as f64 - 1.0;
    let fits = freedom >= 2.0 && sum <= freedom + APART * (2.0 * freedom).sqrt();
    let expected = rate * last.length;
    let ends = last.count <= expected + APART * expected.sqrt();
    (fits && ends && count >= MANY && trend.abs() < 2.0).then(|| {
        let level = Level {
            from: 0,
            to: inner.len() + 1,
            rate,
            end: last.start + (last.count / rate).min(last.length),
        };
        Explanation::Levels(vec![level], false)
    })
}

#[cfg(test)]
mod tests;
