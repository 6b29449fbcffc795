//! A plain table of samples: wide, one column a metric, or long, `time,component,name,value,unit`.
//!
//! Columns are found by their titles. `time` is an epoch in any unit, RFC 3339, or seconds from the start of the run;
//! without such a column there are no phases. A title's ending is its unit: `memory_mb`, `cpu_percent`, `heap_bytes`;
//! kB, MB and GB are decimal, KiB, MiB and GiB binary. A unit that is not known stays as it is given. Titles and cells with two
//! amounts are those that public scripts around `docker stats --format` and psutil write.

use std::collections::BTreeMap;
use std::io::BufRead;

use crate::ingest::beside::clock;
use crate::ingest::beside::place::{Sample, Samples, When};
use crate::ingest::beside::size;
use crate::ingest::beside::{Beside, Read};
use crate::ingest::log::cut::{Cutter, Quoting, Skipped};
use crate::ingest::log::fields::{delimiter, is_blank};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{IngestError, Input, Place};

/// The row of BESIDE.
pub(super) const BESIDE: Beside = Beside {
    id: "resources-csv",
    what: "a table of resource samples",
    files: "CSV: time, component and one column per metric with its unit at the end (memory_mb, cpu_percent), or time,component,name,value,unit",
    limits: "without a column of times no phases and no slope; without one of components the file's name stands for it",
    sniff,
    read: Read::Resources(read),
};

const BLOCK_BYTES: usize = 256 * 1024;

/// Longest row that is looked at; one whose quote is never closed would be the rest of the file.
const ROW_BYTES: usize = 1024 * 1024;

const TIMES: [&str; 14] = [
    "time",
    "timestamp",
    "ts",
    "epoch",
    "datetime",
    "date",
    "elapsed",
    "seconds",
    "t",
    "offset",
    "second",
    "unixtime",
    "unix_time",
    "sampled_at",
];

const COMPONENTS: [&str; 9] = [
    "component",
    "container",
    "container_name",
    "host",
    "process",
    "service",
    "pod",
    "instance",
    "machine",
];

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
enum Role {
    /// A time; numbers that are no epoch count from the start in units of so many seconds.
    Time(f64),
    Component,
    Name,
    Value,
    Unit,
    /// A metric with what its numbers are multiplied by, and the unit then.
    Metric(Metric),
    Other,
}

/// Of which metric, in which unit.
#[derive(Clone, Debug, PartialEq)]
struct Metric {
    name: String,
    factor: f64,
    unit: Option<String>,
}

/// Lower case, runs of other characters as one `_`; a per cent sign is the word.
fn normalized(title: &str) -> String {
    let mut text = String::new();
    for letter in title.trim().trim_start_matches('\u{feff}').chars() {
        match letter {
            '%' => {
                if !text.is_empty() && !text.ends_with('_') {
                    text.push('_');
                }
                text.push_str("percent");
            }
            _ if letter.is_alphanumeric() => text.extend(letter.to_lowercase()),
            _ if text.ends_with('_') || text.is_empty() => {}
            _ => text.push('_'),
        }
    }
    text.truncate(text.trim_end_matches('_').len());
    text
}

/// The unit after conversion, and the factor to it. One that is not known stays.
fn unit(text: &str) -> (f64, Option<String>) {
    let text = text.trim();
    if let Some(bytes) = size::bytes_of(text) {
        return (bytes, Some("B".to_owned()));
    }
    match text.to_ascii_lowercase().as_str() {
        "" => (1.0, None),
        "%" | "percent" | "pct" | "perc" => (1.0, Some("%".to_owned())),
        "ratio" => (100.0, Some("%".to_owned())),
        _ => (1.0, Some(text.to_owned())),
    }
}

/// Endings of titles that are units.
const ENDINGS: [&str; 18] = [
    "bytes", "byte", "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "percent", "pct",
    "perc", "ratio", "ms", "seconds", "s",
];

/// The names that `docker stats` has for the same things.
fn canonical(name: &str, unit: Option<&str>) -> String {
    let share = unit == Some("%");
    let known =
        match name {
            "mem" | "memory" | "mem_usage" | "memory_usage" | "mem_used" | "memory_used" => {
                if share { "memory_share" } else { "memory" }
            }
            "mem_limit" => "memory_limit",
            "cpu_usage" | "cpu_util" | "cpu_utilization" | "cpuperc" => "cpu",
            "rx" | "net_rx" | "network_rx" | "net_in" => "net_in",
            "tx" | "net_tx" | "network_tx" | "net_out" => "net_out",
            other => other,
        };
    known.to_owned()
}

fn metric(title: &str) -> Metric {
    let name = normalized(title);
    let (stem, (factor, given)) = ENDINGS
        .iter()
        .find_map(|ending| {
            let stem = name.strip_suffix(ending)?.strip_suffix('_')?;
            Some((stem, unit(ending)))
        })
        .unwrap_or((name.as_str(), (1.0, None)));
    Metric {
        name: canonical(stem, given.as_deref()),
        factor,
        unit: given,
    }
}

fn roles(titles: &[String]) -> Vec<Role> {
    let names: Vec<String> = titles.iter().map(|title| normalized(title)).collect();
    let is_long = names.iter().any(|name| name == "value")
        && names.iter().any(|name| name == "name" || name == "metric");
    let mut taken = [false; 2];
    let mut first = |place: usize| {
        taken
            .get_mut(place)
            .is_some_and(|taken| !std::mem::replace(taken, true))
    };
    let units = [("_ns", 1e-9), ("_us", 1e-6), ("_ms", 1e-3), ("_s", 1.0)];
    let role = |(name, title): (&String, &String)| {
        let (stem, scale) = units
            .iter()
            .find_map(|(ending, scale)| Some((name.strip_suffix(ending)?, *scale)))
            .unwrap_or((name.as_str(), 1.0));
        if TIMES.contains(&stem) && first(0) {
            return Role::Time(scale);
        }
        if COMPONENTS.contains(&name.as_str()) && first(1) {
            return Role::Component;
        }
        match name.as_str() {
            "name" | "metric" if is_long => Role::Name,
            "value" if is_long => Role::Value,
            "unit" | "units" if is_long => Role::Unit,
            "name" if first(1) => Role::Component,
            "" => Role::Other,
            _ if is_long => Role::Other,
            _ => Role::Metric(metric(title)),
        }
    };
    names.iter().zip(titles).map(role).collect()
}

fn titles(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(line.as_bytes()))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn sniff(head: &Head) -> Option<Claim> {
    let text = String::from_utf8_lossy(head.bytes);
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    if line.len() > 64 * 1024 {
        return None;
    }
    let titles = titles(line);
    let roles = roles(&titles);
    let known = roles.iter().any(|role| match role {
        Role::Metric(metric) => {
            metric.name.starts_with("cpu")
                || metric.name.starts_with("mem")
                || metric.unit.as_deref() == Some("B")
        }
        _ => false,
    });
    let is_long = roles.contains(&Role::Value) && roles.contains(&Role::Name);
    let has_time = roles.iter().any(|role| matches!(role, Role::Time(_)));
    let has_metric = roles.iter().any(|role| matches!(role, Role::Metric(_)));
    let is_table = titles.len() > 1 && !line.trim_start().starts_with(['{', '[', '<']);
    if !is_table {
        None
    } else if is_long && has_time && roles.contains(&Role::Component) {
        Claim::new(Grade::Likely, "columns for time, component, name and value")
    } else if known && (has_time || roles.contains(&Role::Component)) {
        Claim::new(Grade::Likely, "columns for time and CPU or memory")
    } else if is_long || has_metric {
        Claim::new(Grade::Possible, "a table with titles")
    } else {
        None
    }
}

/// What a row says besides its values.
struct Context<'a> {
    component: &'a str,
    when: When,
}

fn read(input: &Input, reader: &mut dyn BufRead, samples: &mut Samples) -> Result<(), IngestError> {
    let fail = |source| IngestError::Read {
        file: input.name.clone(),
        source,
    };
    let mut line = String::new();
    let mut above = 0;
    while line.trim().is_empty() {
        above += 1;
        line = match crate::ingest::beside::lines::next(reader).map_err(fail)? {
            Some(crate::ingest::beside::lines::Line::Text(line)) => line,
            _ => break,
        };
    }
    let titles = titles(&line);
    let roles = roles(&titles);
    let is_long = roles.contains(&Role::Value);
    if !is_long && !roles.iter().any(|role| matches!(role, Role::Metric(_))) {
        let problem = "expected a title for a metric, such as `cpu_percent` or `memory_mb`, or the titles time,component,name,value,unit";
        return Err(IngestError::content(&input.name, Place::Line(1), problem));
    }
    let stem = input.file_name().split('.').next().unwrap_or_default();
    let delimiter = delimiter(line.as_bytes());
    let quoting = Quoting {
        quote: b'"',
        delimiter,
    };
    let mut cutter = Cutter::new(reader, Some(quoting), BLOCK_BYTES, ROW_BYTES);
    // Columns without any number are no metrics.
    let mut numbers: BTreeMap<usize, bool> = BTreeMap::new();
    let mut spare = Vec::new();
    loop {
        let cut = cutter.next(spare).map_err(fail)?;
        for (skipped, line) in cutter.skipped.drain(..) {
            let why = match skipped {
                Skipped::TooLong => "rows longer than 1 MiB",
                Skipped::NeverClosed => "lines that open a quote and never close it",
                Skipped::Torn => {
                    "rows behind the last whole one of a compressed file that ends too early"
                }
            };
            samples.left_out_at(why, above + line);
        }
        let Some(cut) = cut else { break };
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(cut.bytes.as_slice());
        let mut bytes = csv::ByteRecord::new();
        // Reading from memory does not fail, and rows of any width are taken.
        while rows.read_byte_record(&mut bytes).unwrap_or(false) {
            if is_blank(bytes.as_slice(), delimiter) {
                continue;
            }
            let record = csv::StringRecord::from_byte_record_lossy(bytes.clone());
            if record.len() != roles.len() {
                samples.left_out("rows with another number of cells than the header");
                continue;
            }
            one_row(&roles, &record, stem, &mut numbers, samples);
        }
        spare = cut.bytes;
    }
    for seen in numbers.values() {
        if !seen {
            samples.left_out("columns without a number");
        }
    }
    Ok(())
}

fn one_row(
    roles: &[Role],
    record: &csv::StringRecord,
    stem: &str,
    numbers: &mut BTreeMap<usize, bool>,
    samples: &mut Samples,
) {
    let cell = |wanted: &Role| {
        let place = roles.iter().position(|role| role == wanted)?;
        record.get(place).map(str::trim)
    };
    let time = roles
        .iter()
        .zip(record)
        .find_map(|(role, cell)| match role {
            Role::Time(scale) => Some((*scale, cell)),
            _ => None,
        });
    let when = match time.map(|(scale, cell)| when(cell.trim(), scale)) {
        None => When::Unknown,
        Some(Some((when, zoned))) => {
            if !zoned {
                samples.without_zone();
            }
            when
        }
        Some(None) => return samples.left_out("rows whose time is not understood"),
    };
    let component = cell(&Role::Component).filter(|name| !name.is_empty());
    let context = Context {
        component: component.unwrap_or(stem),
        when,
    };
    if let Some(value) = cell(&Role::Value) {
        let name = normalized(cell(&Role::Name).unwrap_or_default());
        if name.is_empty() {
            return samples.left_out("rows without the name of a metric");
        }
        let mut found = metric(&name);
        if let Some(given) = cell(&Role::Unit) {
            let (factor, given) = unit(given);
            found = Metric {
                name: canonical(&name, given.as_deref()),
                factor,
                unit: given,
            };
        }
        if !one_value(&found, value, &context, samples) {
            samples.left_out("values that are not understood");
        }
        return;
    }
    for (place, (role, cell)) in roles.iter().zip(record).enumerate() {
        let Role::Metric(metric) = role else { continue };
        let cell = cell.trim();
        if matches!(cell, "" | "-" | "--" | "NaN" | "nan" | "null" | "N/A") {
            continue;
        }
        let is_number = one_value(metric, cell, &context, samples);
        let seen = numbers.entry(place).or_insert(false);
        if *seen && !is_number {
            samples.left_out("values that are not understood");
        }
        *seen |= is_number;
    }
}

/// Two amounts in one cell, as `docker stats` prints them: what a column of that name holds first and second.
fn halves(name: &str) -> Option<[&'static str; 2]> {
    match name {
        "memory" => Some(["memory", "memory_limit"]),
        "net" | "net_io" | "netio" | "network_io" => Some(["net_in", "net_out"]),
        "block" | "block_io" | "blockio" | "blk_io" | "disk_io" => Some(["block_in", "block_out"]),
        _ => None,
    }
}

/// Whether the cell is a number, perhaps with a unit of its own.
fn one_value(metric: &Metric, cell: &str, context: &Context, samples: &mut Samples) -> bool {
    if let (Some(names), Some((one, other))) = (halves(&metric.name), cell.split_once('/')) {
        let both = names.map(|name| Metric {
            name: name.to_owned(),
            factor: 1.0,
            unit: None,
        });
        let [first, second] = both;
        return size::bytes(one).is_some()
            && size::bytes(other).is_some()
            && one_value(&first, one.trim(), context, samples)
            && one_value(&second, other.trim(), context, samples);
    }
    let (value, unit) = if let Some(value) = size::number(cell) {
        (value * metric.factor, metric.unit.as_deref())
    } else if let Some(value) = size::percent(cell) {
        (value, Some("%"))
    } else if let Some(value) = size::bytes(cell) {
        (value, Some("B"))
    } else {
        return false;
    };
    let name = canonical(&metric.name, unit);
    samples.push(&Sample {
        component: context.component,
        name: &name,
        unit,
        when: context.when,
        value,
    });
    true
}

/// An epoch, a date, or a number that counts from the start; and whether it says its zone.
fn when(cell: &str, scale: f64) -> Option<(When, bool)> {
    if let Some(moment) = clock::moment(cell) {
        return Some((When::At(moment.nanos), moment.zoned));
    }
    let number = size::number(cell)?;
    (number.abs() < 1e9).then_some((When::After(number * scale), true))
}

#[cfg(test)]
mod tests;
