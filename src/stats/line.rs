//! The straight line through points by least squares, point by point in constant memory.
//!
//! slope = sum (x - mean x)(y - mean y) / sum (x - mean x)^2 (Legendre 1805; Gauss 1809), by the updates of Welford (1962)
//! for co-moments, which lose no digits to large x such as seconds since the epoch.
//!
//! Limits: one far point moves the slope; `trend::theil_sen` does not care about it, and needs all points at once.

/// A line in the making.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    n: u64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
}

impl Line {
    /// Adds a point; one that is not finite is left out.
    pub fn push(&mut self, x: f64, y: f64) {
        if !x.is_finite() || !y.is_finite() {
            return;
        }
        self.n += 1;
        let n = self.n as f64;
        let dx = x - self.mean_x;
        self.mean_x += dx / n;
        self.mean_y += (y - self.mean_y) / n;
        self.xx += dx * (x - self.mean_x);
        self.xy += dx * (y - self.mean_y);
    }

    /// Change of y per x; `None` with fewer than two different x.
    ///
    /// ```
    /// use knee::stats::line::Line;
    /// let mut line = Line::default();
    /// for (x, y) in [(0.0, 1.0), (1.0, 3.0), (2.0, 2.0), (3.0, 6.0)] {
    ///     line.push(x, y);
    /// }
    /// // sum (x - 1.5)(y - 3) = 7, sum (x - 1.5)^2 = 5
    /// assert!((line.slope().unwrap() - 1.4).abs() < 1e-12);
    /// ```
    pub fn slope(&self) -> Option<f64> {
        let slope = self.xy / self.xx;
        (self.n > 1 && self.xx > 0.0 && slope.is_finite()).then_some(slope)
    }

    /// Where the line meets zero; `None` of a level line, or with fewer than two different x.
    ///
    /// ```
    /// use knee::stats::line::Line;
    /// let line: Line = [(1.0, 6.0), (2.0, 4.0)].into_iter().collect();
    /// assert!((line.root().unwrap() - 4.0).abs() < 1e-12);
    /// ```
    pub fn root(&self) -> Option<f64> {
        let root = self.mean_x - self.mean_y / self.slope()?;
        root.is_finite().then_some(root)
    }
}

impl FromIterator<(f64, f64)> for Line {
    fn from_iter<I: IntoIterator<Item = (f64, f64)>>(points: I) -> Line {
        let mut line = Line::default();
        for (x, y) in points {
            line.push(x, y);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST Statistical Reference Datasets, Norris: B1 = 1.00211681802045 from 36 points.
    #[test]
    fn the_slope_of_norris_is_that_of_nist() {
        let x = [
            0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6,
            775.5, 666.9, 338.0, 447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8,
            339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
        ];
        let y = [
            0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1,
            778.1, 668.8, 339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6,
            339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
        ];
        let line: Line = x.into_iter().zip(y).collect();
        assert!((line.slope().unwrap() - 1.002_116_818_020_45).abs() < 1e-11);
        // Far from zero, as seconds since the epoch are, the slope is the same.
        let far: Line = x.into_iter().map(|x| x + 1.8e9).zip(y).collect();
        assert!((far.slope().unwrap() - 1.002_116_818).abs() < 1e-7);
    }

    #[test]
    fn one_place_has_no_slope() {
        assert_eq!(Line::default().slope(), None);
        assert_eq!(Line::from_iter([(1.0, 2.0)]).slope(), None);
        assert_eq!(Line::from_iter([(1.0, 2.0), (1.0, 5.0)]).slope(), None);
        assert_eq!(
            Line::from_iter([(1.0, 2.0), (f64::NAN, 5.0), (2.0, 2.0)]).slope(),
            Some(0.0)
        );
    }
}
