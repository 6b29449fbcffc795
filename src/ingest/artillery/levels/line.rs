//! A straight line through the rates of windows: what a ramp would be. Says how well it fits, not whether it is one.

use crate::ingest::artillery::levels::{Part, TIGHT, misfit};

/// A straight line through the rates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    rate: f64,
    slope: f64,
    middle: f64,
    pub(super) score: f64,
    /// Whether every window lies as near to it as a Poisson count would.
    pub(super) fits: bool,
}

impl Line {
    pub(super) fn of(parts: &[Part], trend: f64) -> Option<Line> {
        // A fall is measured without the window in which the arrivals end.
        let used = if trend < 0.0 || parts.len() > 4 {
            parts.split_last().map_or(parts, |(_, inner)| inner)
        } else {
            parts
        };
        if used.len() < 3 {
            return None;
        }
        let time: f64 = used.iter().map(|part| part.length).sum();
        let count: f64 = used.iter().map(|part| part.count).sum();
        let center = |part: &Part| part.start + part.length / 2.0;
        let middle = used.iter().map(|p| p.length * center(p)).sum::<f64>() / time;
        let spread: f64 = used
            .iter()
            .map(|p| p.length * (center(p) - middle).powi(2))
            .sum();
        let sum: f64 = used.iter().map(|p| p.count * (center(p) - middle)).sum();
        let mut line = Line {
            rate: count / time,
            slope: if spread > 0.0 { sum / spread } else { 0.0 },
            middle,
            score: 0.0,
            fits: true,
        };
        for part in used {
            let expected = (line.at(center(part)) * part.length).max(0.0);
            line.score += misfit(expected, part.count);
            let near = 3.0 * expected.max(1.0).sqrt();
            line.fits &= (part.count - expected).abs() <= near;
        }
        line.score += 2.0 * (used.len() as f64).ln();
        Some(line)
    }

    /// Misfit in squares of half of what evenly spaced arrivals may be off. What its ends hold depends on when they are cut.
    pub(super) fn uneven(&self, parts: &[Part]) -> f64 {
        let inner = parts.get(1..parts.len().saturating_sub(1));
        let off = |part: &Part| {
            let expected = (self.at(part.start + part.length / 2.0) * part.length).max(0.0);
            (2.0 * (part.count - expected) / (TIGHT.0 + TIGHT.1 * expected)).powi(2)
        };
        inner.unwrap_or_default().iter().map(off).sum()
    }

    pub(super) fn at(&self, time: f64) -> f64 {
        self.rate + self.slope * (time - self.middle)
    }
}
