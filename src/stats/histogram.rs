//! Distributions of durations that can be merged: counts per whole millisecond while every sample is one, else log-linear buckets.
//!
//! Whatever the order of the samples and however they were split before a merge, the result is the same to the last bit:
//! counts and sums are integers, and how a distribution is kept depends on the set of its samples alone. It knows no
//! units but nanoseconds and keeps no samples. Log-linear: G. Tene, `HdrHistogram`; quantiles: type 1 (nearest rank) of
//! R. J. Hyndman and Y. Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996).

use std::collections::BTreeMap;

/// Nanoseconds in a millisecond.
pub const MILLI: u64 = 1_000_000;

/// Longer durations (13 days) are not taken: the sum of the squares of 2^28 shorter ones fits into 128 bits.
pub const LIMIT: u64 = 1 << 50;

/// log2 of the buckets per octave of a [`Distribution`].
const FINE_BITS: u32 = 11;

/// Whole milliseconds below this are counted in pages, those above one by one.
const NEAR: u64 = 1 << 16;

/// With more different values at and above [`NEAR`] than this, a distribution becomes log-linear.
const MOST_FAR: usize = 4096;

/// The bucket of a value: exact below 2^(bits + 1), then 2^bits buckets per octave.
fn bucket_of(value: u64, bits: u32) -> usize {
    let octave = (value | 1).ilog2();
    let shift = octave.saturating_sub(bits);
    let index = (u64::from(shift) << bits) + (value >> shift);
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The smallest and the largest value of a bucket.
fn edges_of(index: usize, bits: u32) -> (u64, u64) {
    let index = index as u64;
    let shift = (index >> bits).saturating_sub(1);
    let lower = (index - (shift << bits)) << shift;
    (lower, lower + (1 << shift) - 1)
}

/// Counts by index in pages that exist only where something was counted.
#[derive(Clone, Debug, Default)]
struct Counts<const PAGE: usize> {
    /// 1 + the number of the page, by index / PAGE; 0 = there is none.
    table: Vec<u16>,
    pages: Vec<u32>,
    /// What does not fit into 32 bits.
    carried: BTreeMap<usize, u64>,
}

impl<const PAGE: usize> Counts<PAGE> {
    #[inline]
    fn add(&mut self, index: usize, n: u64) {
        let number = match self.table.get(index / PAGE) {
            Some(number) if *number > 0 => usize::from(*number),
            _ => self.new_page(index / PAGE),
        };
        let cell = &mut self.pages[(number - 1) * PAGE + index % PAGE];
        match u32::try_from(n).ok().and_then(|n| cell.checked_add(n)) {
            Some(sum) => *cell = sum,
            None => {
                *self.carried.entry(index).or_default() += n;
            }
        }
    }

    #[cold]
    fn new_page(&mut self, page: usize) -> usize {
        if page >= self.table.len() {
            self.table.reserve_exact(page + 1 - self.table.len());
            self.table.resize(page + 1, 0);
        }
        if self.pages.len() == self.pages.capacity() {
            // Doubling would cost more memory than the moves cost time.
            let pages = self.pages.len() / PAGE;
            self.pages.reserve_exact((pages / 4 + 1) * PAGE);
        }
        self.pages.resize(self.pages.len() + PAGE, 0);
        let number = self.pages.len() / PAGE;
        self.table[page] = u16::try_from(number).unwrap_or(u16::MAX);
        number
    }

    /// Every index that was counted, in order, with its count.
    fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let pages = self.table.iter().enumerate();
        pages
            .filter(|(_, number)| **number > 0)
            .flat_map(move |(page, number)| {
                let start = (usize::from(*number) - 1) * PAGE;
                let cells = self.pages[start..start + PAGE].iter().enumerate();
                cells.map(move |(place, count)| (page * PAGE + place, *count))
            })
            .filter_map(|(index, count)| {
                let carried = self.carried.get(&index).copied().unwrap_or(0);
                let count = u64::from(count) + carried;
                (count > 0).then_some((index, count))
            })
    }
}

/// What is known without buckets. Nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Samples.
    pub count: u64,
    /// The smallest.
    pub min: u64,
    /// The largest.
    pub max: u64,
    /// Of all.
    pub sum: u128,
    /// Of the squares of all.
    pub squares: u128,
}

impl Default for Totals {
    fn default() -> Totals {
        Totals {
            count: 0,
            min: u64::MAX,
            max: 0,
            sum: 0,
            squares: 0,
        }
    }
}

impl Totals {
    #[inline]
    fn add_one(&mut self, value: u64) {
        let wide = u128::from(value);
        self.count += 1;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum = self.sum.saturating_add(wide);
        self.squares = self.squares.saturating_add(wide * wide);
    }

    fn add(&mut self, value: u64, n: u64) {
        let wide = u128::from(value);
        self.count += n;
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum = self.sum.saturating_add(wide * u128::from(n));
        let squares = (wide * wide).saturating_mul(u128::from(n));
        self.squares = self.squares.saturating_add(squares);
    }

    fn merge(&mut self, other: &Totals) {
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum = self.sum.saturating_add(other.sum);
        self.squares = self.squares.saturating_add(other.squares);
    }

    /// Arithmetic mean.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// Standard deviation of the samples (n - 1); `None` below two.
    ///
    /// Squares are taken from the integer nearest below the mean, so nothing cancels.
    pub fn stddev(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let n = u128::from(self.count);
        let (center, rest) = (self.sum / n, self.sum % n);
        let around = center
            .checked_mul(self.sum)
            .and_then(|product| product.checked_mul(2))
            .zip(center.checked_mul(center).and_then(|sq| sq.checked_mul(n)))
            .and_then(|(twice, own)| self.squares.checked_add(own)?.checked_sub(twice));
        let deviations = match around {
            Some(exact) => exact as f64 - rest as f64 * (rest as f64 / n as f64),
            None => self.squares as f64 - self.sum as f64 * (self.sum as f64 / n as f64),
        };
        Some((deviations.max(0.0) / (n - 1) as f64).sqrt())
    }
}

/// Samples between two durations, both included. Nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The smallest duration that falls into it.
    pub lower: u64,
    /// The largest.
    pub upper: u64,
    /// Samples.
    pub count: u64,
}

/// How fine a [`Table`] is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grain {
    /// Every bucket is one exact value, a whole number of milliseconds.
    WholeMillis,
    /// The middle of a bucket is off by at most this share of any of its values.
    Relative(f64),
}

/// A distribution laid out in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What is known without buckets.
    pub totals: Totals,
    /// In rising order; none is empty.
    pub buckets: Vec<Bucket>,
    /// How fine they are.
    pub grain: Grain,
}

impl Table {
    /// Nearest-rank quantiles, asked for in rising thousandths of a per cent (99.9 % = 99 900): the k-th smallest sample,
    /// k = ceil(n q). The first and the last sample are given exactly, others as the middle of their bucket.
    ///
    /// ```
    /// use knee::stats::histogram::Distribution;
    /// let mut three = Distribution::default();
    /// for ms in [30, 10, 20] {
    ///     three.record(ms * 1_000_000);
    /// }
    /// assert_eq!(three.table().quantiles(&[50_000, 99_000]), [20_000_000, 30_000_000]);
    /// ```
    pub fn quantiles(&self, thousandths: &[u32]) -> Vec<u64> {
        let n = self.totals.count;
        let mut found = Vec::with_capacity(thousandths.len());
        let mut buckets = self.buckets.iter();
        let mut current = buckets.next();
        let mut below = 0;
        for asked in thousandths {
            let rank = (u128::from(n) * u128::from(*asked)).div_ceil(100_000);
            let rank = u64::try_from(rank).unwrap_or(u64::MAX).clamp(1, n.max(1));
            while let Some(bucket) = current.filter(|bucket| below + bucket.count < rank) {
                below += bucket.count;
                current = buckets.next();
            }
            let Some(bucket) = current else { break };
            found.push(if rank == n {
                self.totals.max
            } else if rank == 1 {
                self.totals.min
            } else {
                let middle = bucket.lower + (bucket.upper - bucket.lower) / 2;
                middle.clamp(self.totals.min, self.totals.max)
            });
        }
        found
    }
}

/// The distribution of a run or an endpoint: exact for whole milliseconds, otherwise 2 048 buckets per octave.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    log_linear: bool,
    counts: Counts<64>,
    far: BTreeMap<u64, u64>,
    totals: Totals,
}

impl Distribution {
    /// Adds a duration in nanoseconds; one of [`LIMIT`] or more is taken as the longest below it.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        let value = nanos.min(LIMIT - 1);
        self.totals.add_one(value);
        self.place(value, 1);
    }

    /// Adds the same duration `n` times.
    pub fn record_n(&mut self, nanos: u64, n: u64) {
        if n == 0 {
            return;
        }
        let value = nanos.min(LIMIT - 1);
        self.totals.add(value, n);
        self.place(value, n);
    }

    #[inline]
    fn place(&mut self, value: u64, n: u64) {
        if self.log_linear {
            self.counts.add(bucket_of(value, FINE_BITS), n);
        } else if value.is_multiple_of(MILLI) {
            self.add_whole(value / MILLI, n);
        } else {
            self.become_log_linear();
            self.counts.add(bucket_of(value, FINE_BITS), n);
        }
    }

    #[inline]
    fn add_whole(&mut self, millis: u64, n: u64) {
        match usize::try_from(millis) {
            Ok(index) if millis < NEAR => self.counts.add(index, n),
            _ => {
                *self.far.entry(millis).or_default() += n;
                if self.far.len() > MOST_FAR {
                    self.become_log_linear();
                }
            }
        }
    }

    fn become_log_linear(&mut self) {
        if self.log_linear {
            return;
        }
        let mut counts = Counts::default();
        let near = self.counts.iter().map(|(index, n)| (index as u64, n));
        let far = self.far.iter().map(|(millis, n)| (*millis, *n));
        for (millis, n) in near.chain(far) {
            counts.add(bucket_of(millis * MILLI, FINE_BITS), n);
        }
        self.counts = counts;
        self.far = BTreeMap::new();
        self.log_linear = true;
    }

    /// Adds all samples of another one.
    pub fn merge(&mut self, other: &Distribution) {
        self.totals.merge(&other.totals);
        if other.log_linear {
            self.become_log_linear();
        }
        let bits = FINE_BITS;
        for (index, n) in other.counts.iter() {
            match (self.log_linear, other.log_linear) {
                (true, false) => self.counts.add(bucket_of(index as u64 * MILLI, bits), n),
                _ => self.counts.add(index, n),
            }
        }
        for (millis, n) in &other.far {
            if self.log_linear {
                self.counts.add(bucket_of(millis * MILLI, bits), *n);
            } else {
                self.add_whole(*millis, *n);
            }
        }
    }

    /// What is known without buckets.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The distribution in order.
    pub fn table(&self) -> Table {
        let bucket = |(lower, upper), count| Bucket {
            lower,
            upper,
            count,
        };
        let (buckets, grain) = if self.log_linear {
            let all = self.counts.iter();
            (
                all.map(|(index, n)| bucket(edges_of(index, FINE_BITS), n))
                    .collect(),
                Grain::Relative(half_width(FINE_BITS)),
            )
        } else {
            let near = self.counts.iter().map(|(index, n)| (index as u64, n));
            let far = self.far.iter().map(|(millis, n)| (*millis, *n));
            let exact = |millis: u64| (millis * MILLI, millis * MILLI);
            (
                near.chain(far)
                    .map(|(millis, n)| bucket(exact(millis), n))
                    .collect(),
                Grain::WholeMillis,
            )
        };
        Table {
            totals: self.totals,
            buckets,
            grain,
        }
    }
}

/// Half a bucket as a share of its smallest value.
fn half_width(bits: u32) -> f64 {
    0.5 / f64::from(1_u32 << bits)
}

/// A small distribution for a slice: 2^BITS buckets per octave, laid so that whole milliseconds below 2^(BITS + 1) have one each.
#[derive(Clone, Debug)]
pub struct Coarse<const BITS: u32> {
    whole: bool,
    counts: Counts<8>,
    totals: Totals,
}

impl<const BITS: u32> Default for Coarse<BITS> {
    fn default() -> Self {
        Coarse {
            whole: true,
            counts: Counts::default(),
            totals: Totals::default(),
        }
    }
}

/// A millisecond is 2^14 steps of a [`Coarse`] distribution, which is 2^8 / 15 625 steps a nanosecond.
const STEPS: (u64, u64) = (256, 15_625);

impl<const BITS: u32> Coarse<BITS> {
    /// Adds a duration in nanoseconds; one of [`LIMIT`] or more is taken as the longest below it.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        let value = nanos.min(LIMIT - 1);
        self.totals.add_one(value);
        self.whole &= value.is_multiple_of(MILLI);
        self.counts
            .add(bucket_of(value * STEPS.0 / STEPS.1, BITS), 1);
    }

    /// Adds all samples of another one.
    pub fn merge(&mut self, other: &Coarse<BITS>) {
        self.totals.merge(&other.totals);
        self.whole &= other.whole;
        for (index, n) in other.counts.iter() {
            self.counts.add(index, n);
        }
    }

    /// The distribution in order.
    pub fn table(&self) -> Table {
        let nanos = |steps: u64| {
            let exact = u128::from(steps) * u128::from(STEPS.1);
            u64::try_from(exact.div_ceil(u128::from(STEPS.0))).unwrap_or(u64::MAX)
        };
        let bucket = |(index, count)| {
            let (first, last) = edges_of(index, BITS);
            let (mut lower, mut upper) = (nanos(first), nanos(last + 1) - 1);
            if self.whole {
                lower = lower.div_ceil(MILLI) * MILLI;
                upper = upper / MILLI * MILLI;
            }
            Bucket {
                lower,
                upper,
                count,
            }
        };
        let exact = self.whole && self.totals.max < (2 << BITS) * MILLI;
        Table {
            totals: self.totals,
            buckets: self.counts.iter().map(bucket).collect(),
            grain: if exact {
                Grain::WholeMillis
            } else {
                Grain::Relative(half_width(BITS))
            },
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_macros, reason = "proptest formats its messages")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Distribution {
        let mut all = Distribution::default();
        for value in values {
            all.record(*value);
        }
        all
    }

    fn coarse(values: &[u64]) -> Coarse<7> {
        let mut all = Coarse::default();
        for value in values {
            all.record(*value);
        }
        all
    }

    const ASKED: [u32; 8] = [1, 25_000, 50_000, 90_000, 95_000, 99_000, 99_900, 99_999];

    /// The k-th smallest, k = ceil(n q), by sorting.
    fn by_sorting(values: &[u64], asked: u32) -> u64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let n = sorted.len() as u128;
        let rank = (n * u128::from(asked)).div_ceil(100_000).max(1);
        sorted[usize::try_from(rank).unwrap() - 1]
    }

    fn samples() -> impl Strategy<Value = Vec<u64>> {
        let whole = (0..120_000_u64).prop_map(|millis| millis * MILLI);
        let small = (0..400_u64).prop_map(|millis| millis * MILLI);
        let any = (0..50_u32, any::<u64>()).prop_map(|(bits, raw)| raw & ((1 << bits) - 1));
        prop_oneof![
            prop::collection::vec(small.clone(), 1..300),
            prop::collection::vec(whole.clone(), 1..300),
            prop::collection::vec(any.clone(), 1..300),
            prop::collection::vec(prop_oneof![small, whole, any], 1..300),
        ]
    }

    /// NIST Statistical Reference Datasets, univariate: Michelson's speeds of light, in hundredths.
    const MICHELSO: [u64; 100] = [
        29_985, 29_974, 29_990, 30_007, 29_993, 29_985, 29_995, 29_998, 29_998, 29_988, 30_000,
        29_998, 29_993, 29_965, 29_976, 29_981, 30_000, 30_000, 29_996, 29_996, 29_996, 29_994,
        29_996, 29_994, 29_988, 29_980, 29_985, 29_988, 29_990, 29_984, 29_983, 29_979, 29_981,
        29_988, 29_988, 29_983, 29_980, 29_979, 29_976, 29_980, 29_988, 29_988, 29_988, 29_986,
        29_972, 29_972, 29_962, 29_986, 29_997, 29_995, 29_988, 29_991, 29_985, 29_987, 29_984,
        29_984, 29_985, 29_984, 29_984, 29_984, 29_989, 29_981, 29_981, 29_982, 29_980, 29_977,
        29_976, 29_974, 29_975, 29_976, 29_991, 29_992, 29_989, 29_986, 29_988, 29_972, 29_984,
        29_985, 29_985, 29_978, 29_989, 29_984, 29_978, 29_981, 29_976, 29_981, 29_979, 29_981,
        29_982, 29_985, 29_987, 29_987, 29_981, 29_974, 29_981, 29_994, 29_995, 29_980, 29_981,
        29_987,
    ];

    /// The same, Mavro: transmittances of a filter, in ten-thousandths.
    const MAVRO: [u64; 50] = [
        20_018, 20_017, 20_018, 20_019, 20_018, 20_017, 20_015, 20_014, 20_015, 20_015, 20_017,
        20_018, 20_018, 20_019, 20_019, 20_021, 20_020, 20_016, 20_014, 20_013, 20_013, 20_015,
        20_015, 20_016, 20_015, 20_014, 20_013, 20_014, 20_015, 20_014, 20_015, 20_016, 20_015,
        20_016, 20_019, 20_020, 20_020, 20_021, 20_022, 20_023, 20_024, 20_025, 20_027, 20_026,
        20_026, 20_026, 20_027, 20_026, 20_025, 20_024,
    ];

    #[test]
    fn means_and_deviations_are_the_certified_ones_of_nist() {
        // First a value, then that minus and plus 0.1 in turn: 1001 values.
        let numacc = |middle: u64| -> Vec<u64> {
            let turn = |place: u64| match place {
                0 => middle,
                _ if place % 2 == 1 => middle - 100_000,
                _ => middle + 100_000,
            };
            (0..1001).map(turn).collect()
        };
        // Their unit is taken as a millisecond.
        let cases: [(Vec<u64>, f64, f64); 6] = [
            (
                MICHELSO.map(|value| value * 10_000).to_vec(),
                299.8524,
                0.079_010_547_819_051_8,
            ),
            (
                MAVRO.map(|value| value * 100).to_vec(),
                2.001_856,
                0.000_429_123_454_003_053,
            ),
            (
                [10_000_001, 10_000_003, 10_000_002]
                    .map(|ms| ms * MILLI)
                    .to_vec(),
                10_000_002.0,
                1.0,
            ),
            (numacc(1_200_000), 1.2, 0.1),
            (numacc(1_000_000_200_000), 1_000_000.2, 0.1),
            (numacc(10_000_000_200_000), 10_000_000.2, 0.1),
        ];
        for (values, mean, deviation) in cases {
            let whole = of(&values);
            let found = whole.totals();
            let milli = MILLI as f64;
            let near = |found: f64, certified: f64| (found / milli / certified - 1.0).abs() < 1e-13;
            assert!(near(found.mean().unwrap(), mean), "{mean}");
            assert!(near(found.stddev().unwrap(), deviation), "{mean}");
            // The same in two parts, merged.
            let (first, rest) = values.split_at(values.len() / 3);
            let mut parts = of(first);
            parts.merge(&of(rest));
            assert_eq!(parts.totals(), found);
        }
    }

    proptest! {
        #[test]
        fn a_merge_is_the_same_as_recording_everything(a in samples(), b in samples()) {
            let together = of(&[a.clone(), b.clone()].concat()).table();
            let mut ab = of(&a);
            ab.merge(&of(&b));
            let mut ba = of(&b);
            ba.merge(&of(&a));
            prop_assert_eq!(&ab.table(), &together);
            prop_assert_eq!(&ba.table(), &together);
            let together = coarse(&[a.clone(), b.clone()].concat()).table();
            let mut ab = coarse(&a);
            ab.merge(&coarse(&b));
            prop_assert_eq!(&ab.table(), &together);
        }

        #[test]
        fn quantiles_are_those_of_the_sorted_samples(values in samples()) {
            for table in [of(&values).table(), coarse(&values).table()] {
                let found = table.quantiles(&ASKED);
                for (asked, found) in ASKED.iter().zip(found) {
                    let truth = by_sorting(&values, *asked);
                    match table.grain {
                        Grain::WholeMillis => prop_assert_eq!(found, truth),
                        // Steps are 61 ns, so tiny durations are off by that much in the coarse one.
                        Grain::Relative(share) => prop_assert!(
                            found.abs_diff(truth) as f64 <= share * truth as f64 + 62.0,
                            "{} for {}", found, truth
                        ),
                    }
                }
            }
        }

        #[test]
        fn fine_buckets_keep_their_bound(value in 0..LIMIT) {
            let (lower, upper) = edges_of(bucket_of(value, FINE_BITS), FINE_BITS);
            prop_assert!(lower <= value && value <= upper);
            let middle = lower + (upper - lower) / 2;
            prop_assert!(middle.abs_diff(value) as f64 <= half_width(FINE_BITS) * value as f64);
        }

        #[test]
        fn mean_and_deviation_agree_with_two_passes(values in prop::collection::vec(0..10_000_000_000_u64, 2..200)) {
            let totals = *of(&values).totals();
            let n = values.len() as f64;
            let mean = values.iter().map(|v| *v as f64).sum::<f64>() / n;
            let squares: f64 = values.iter().map(|v| (*v as f64 - mean).powi(2)).sum();
            let stddev = (squares / (n - 1.0)).sqrt();
            prop_assert!((totals.mean().unwrap() - mean).abs() <= 1e-12 * mean.max(1.0));
            prop_assert!((totals.stddev().unwrap() - stddev).abs() <= 1e-9 * stddev.max(1.0));
        }
    }

    #[test]
    fn buckets_join_without_gap() {
        for bits in [5, 7, FINE_BITS] {
            let mut next = 0;
            for index in 0..(20 << bits) {
                let (lower, upper) = edges_of(index, bits);
                assert_eq!(lower, next);
                assert_eq!(bucket_of(lower, bits), index);
                assert_eq!(bucket_of(upper, bits), index);
                next = upper + 1;
            }
        }
    }

    #[test]
    fn one_fraction_of_a_millisecond_ends_exactness_and_loses_nothing() {
        let values: Vec<u64> = (0..69_000).map(|millis| millis * MILLI).collect();
        let mut all = of(&values);
        assert_eq!(all.table().grain, Grain::WholeMillis);
        all.record(1_500_000);
        let table = all.table();
        assert_eq!(table.grain, Grain::Relative(1.0 / 4096.0));
        assert_eq!(table.buckets.iter().map(|b| b.count).sum::<u64>(), 69_001);
        assert_eq!(table.totals.max, 68_999 * MILLI);
    }

    #[test]
    fn too_many_far_values_become_log_linear_in_any_order() {
        let far: Vec<u64> = (0..5000).map(|k| (NEAR + k * 7) * MILLI).collect();
        let (a, b) = far.split_at(2500);
        let mut merged = of(a);
        assert_eq!(merged.table().grain, Grain::WholeMillis);
        merged.merge(&of(b));
        assert_eq!(merged.table(), of(&far).table());
        assert_ne!(merged.table().grain, Grain::WholeMillis);
    }

    #[test]
    fn a_count_beyond_32_bits_is_kept() {
        let mut all = Distribution::default();
        for _ in 0..3 {
            all.record_n(5 * MILLI, u64::from(u32::MAX));
        }
        all.record_n(5 * MILLI, 1 << 40);
        let table = all.table();
        assert_eq!(
            table.buckets[0].count,
            3 * u64::from(u32::MAX) + (1_u64 << 40)
        );
        assert_eq!(table.buckets[0].count, table.totals.count);
    }

    #[test]
    fn the_deviation_of_large_close_values_does_not_cancel() {
        let base = 900_000_000_000_000;
        let all = of(&[base + 1, base + 2, base + 3]);
        assert_eq!(all.totals().stddev(), Some(1.0));
        assert_eq!(of(&[7]).totals().stddev(), None);
    }

    #[test]
    fn slices_tell_whole_milliseconds_apart_up_to_256() {
        let values: Vec<u64> = (0..256).map(|millis| millis * MILLI).collect();
        let table = coarse(&values).table();
        assert_eq!(table.grain, Grain::WholeMillis);
        assert!(table.buckets.iter().all(|b| b.lower == b.upper));
        assert_eq!(table.buckets.len(), 256);
    }
}
