//! Writes tables of requests for benches and soak tests: the same seed gives the same bytes.
//!
//! Twenty endpoints, about one failure in a hundred, log-normal latencies with a slow tail, arrivals spread evenly over the
//! duration. No file is kept in the repository, because it can be made again.

use std::io::{self, Write};

/// What to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    /// Rows under the header.
    pub(crate) rows: u64,
    /// Seconds from the first to the last start.
    pub(crate) seconds: u64,
    /// Start of the random numbers.
    pub(crate) seed: u64,
    /// Whether latencies are whole milliseconds; with three decimals otherwise.
    pub(crate) whole: bool,
    /// Every that many rows a name has a comma and an error a line end, quoted; 0 = never.
    pub(crate) quoted_every: u64,
}

/// `SplitMix64`: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of twenty, with its method.
    fn endpoint(&mut self) -> (i32, &'static str) {
        let pick = i32::try_from(self.next() % 20).unwrap_or(0);
        let method = match pick % 4 {
            0 | 1 => "GET",
            2 => "POST",
            _ => "PUT",
        };
        (pick, method)
    }

    /// About a standard normal: twelve uniforms, less six.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// Writes the table.
pub(crate) fn write(table: Table, into: &mut impl Write) -> io::Result<()> {
    let mut random = Random(table.seed);
    let start: u64 = 1_795_229_242_000;
    writeln!(
        into,
        "timestamp,endpoint,method,latency_ms,code,bytes,error"
    )?;
    for row in 0..table.rows {
        let time = start + row * table.seconds * 1000 / table.rows;
        let (pick, method) = random.endpoint();
        let slow = if random.next().is_multiple_of(200) {
            15.0
        } else {
            1.0
        };
        let median = 8.0 * 1.2_f64.powi(pick);
        let latency = median * slow * (0.45 * random.normal()).exp();
        let failed = random.next().is_multiple_of(100);
        let quoted = table.quoted_every > 0 && row.is_multiple_of(table.quoted_every);
        write!(into, "{time},")?;
        if quoted {
            write!(into, "\"/api/v1/resource-{pick}?a=1,2\"")?;
        } else {
            write!(into, "/api/v1/resource-{pick}")?;
        }
        let decimals = if table.whole { 0 } else { 3 };
        write!(into, ",{method},{latency:.decimals$}")?;
        let error = match (failed, quoted) {
            (true, true) => "\"upstream said:\n\"\"busy\"\"\"",
            (true, false) => "upstream timed out",
            (false, _) => "",
        };
        let code = if failed { 503 } else { 200 };
        writeln!(into, ",{code},{},{error}", 400 + random.next() % 4000)?;
    }
    Ok(())
}
