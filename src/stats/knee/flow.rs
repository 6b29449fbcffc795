//! Sessions of several requests: those that complete are served, and what else a server does in the same time is lost on them.

use crate::stats::knee::{Arrivals, ERRORS, Knee, Level, Method, SERVED, Series};

/// Completed sessions at every load.
pub(super) struct Flows {
    /// Completed of those that arrived, over the same at the lowest loads; its standard error on the logarithm.
    yields: Vec<(f64, f64)>,
    /// Sessions per second in units of the load, and whether it is all that the server could do.
    rates: Vec<(f64, bool)>,
}

impl Series<'_> {
    /// `None` where some load does not count its sessions, or sessions last so long at the lowest one that counts say nothing.
    pub(super) fn flow(&self) -> Option<Flows> {
        let first = self.levels.first()?.flow?;
        if self.arrivals != Arrivals::Open || !first.is_early {
            return None;
        }
        let of_level = |level: &Level| {
            let flow = level.flow?;
            Some(Level {
                goodput: flow.rate,
                error: flow.error,
                ..level.clone()
            })
        };
        let levels: Vec<Level> = self.levels.iter().map(of_level).collect::<Option<_>>()?;
        let own = Series {
            levels: &levels,
            arrivals: Arrivals::Open,
        };
        // A session that starts completes, unless the lowest loads prove that some never do.
        let fails = |(unit, error): &(f64, f64)| unit.ln() + ERRORS * error < 0.0;
        let (unit, base) = Some(own.unit()?).filter(fails).unwrap_or((1.0, 0.0));
        let of_level = |level: &Level| {
            let is_all = level.flow.is_some_and(|flow| flow.is_all);
            let yields = level.goodput / level.asked / unit;
            (
                (yields, level.error.hypot(base)),
                (level.goodput / unit, is_all),
            )
        };
        let (yields, rates) = levels.iter().map(of_level).unzip();
        Some(Flows { yields, rates })
    }
}

impl Flows {
    /// Completed of those that arrived.
    pub(super) fn yields(&self, place: usize) -> f64 {
        self.yields.get(place).map_or(f64::INFINITY, |of| of.0)
    }

    /// Whether fewer complete than arrive, beyond chance.
    pub(super) fn is_behind(&self, place: usize) -> bool {
        let of = self.yields.get(place);
        of.is_some_and(|(yields, error)| *yields < SERVED && yields.ln() + ERRORS * error < 0.0)
    }

    /// Puts a knee where the most sessions complete, from a load on; between that and what requests say where it is not all that
    /// the server could do.
    pub(super) fn place(&self, from: usize, knee: &mut Knee) {
        let held = self.rates.get(from..).unwrap_or_default().iter();
        let Some((rate, is_all)) = held.copied().max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return;
        };
        if rate >= knee.load || rate <= 0.0 {
            return;
        }
        if is_all {
            knee.load = rate;
        } else {
            knee.load = (rate * knee.load).sqrt();
            knee.method = Method::Between;
        }
        knee.interval.0 = knee.interval.0.map(|low| low.min(rate));
    }
}
