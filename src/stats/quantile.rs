//! How well a number of samples carries a quantile (statistics 2a).

/// How well the samples carry a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// No two-sided 95 % interval exists.
    None,
    /// An interval exists, but fewer than 20 samples lie beyond.
    Weak,
    /// Carried.
    Ok,
}

/// The support of the quantile at `share` (0.99) by `n` samples.
pub fn support(n: u64, share: f64) -> Support {
    let (n, further) = (n as f64, share.max(1.0 - share));
    // 200 samples lie 19.999... beyond p90 in doubles.
    if n * (1.0 - further) >= 20.0 - 1e-6 {
        Support::Ok
    } else if n >= 0.025_f64.ln() / further.ln() {
        Support::Weak
    } else {
        Support::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_statistics_2a_holds() {
        for (share, exists, carried) in [
            (0.5, 6, 40),
            (0.9, 36, 200),
            (0.95, 72, 400),
            (0.99, 368, 2000),
            (0.999, 3688, 20_000),
        ] {
            assert_eq!(support(exists - 1, share), Support::None);
            assert_eq!(support(exists, share), Support::Weak);
            assert_eq!(support(carried - 1, share), Support::Weak);
            assert_eq!(support(carried, share), Support::Ok);
        }
    }
}
