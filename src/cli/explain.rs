//! `knee explain [ID]`: what a rule asks, what a metric means.

use std::io::Write;

use clap::Args as Arguments;

use crate::cli::message::advise;
use crate::model::{METRICS, MetricId, MetricSpec};
use crate::render::section::SECTIONS;
use crate::report::RuleId;
use crate::rules::{RULES, Rule};
use crate::wording::state::STATES;

/// Explain a rule, a metric or a state of a comparison; without an ID, list them all.
#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// A rule such as V03, a metric such as p95, or a state such as suspect.
    id: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(id) = &args.id else { return list(out) };
    let word = match id.as_str() {
        "~" | "not worse" | "not-worse" => "undecided",
        "=" => "unchanged",
        "-" => "not_measured",
        other => other,
    };
    if let Some((state, about)) = STATES.iter().find(|(state, _)| *state == word) {
        writeln!(out, "{state}\na state of a compared metric\n\n{about}")?;
        return Ok(());
    }
    if let Some(rule) = RULES
        .iter()
        .find(|rule| rule.id.as_str().eq_ignore_ascii_case(id) || rule.id.name() == id)
    {
        return explain_rule(rule, out);
    }
    if let Some(row) = METRICS.iter().find(|row| row.id == id) {
        return explain_metric(row.id, row, out);
    }
    if let Ok(metric) = id.parse::<MetricId>() {
        return explain_metric(id, metric.spec(), out);
    }
    if let Ok(known) = id.to_uppercase().parse::<RuleId>() {
        return Err(advise(
            format!("{known} ({}) is not built in this version", known.name()),
            "`knee explain` lists what is",
        ));
    }
    Err(advise(
        format!("there is no rule or metric `{id}`"),
        "`knee explain` lists them all",
    ))
}

fn explain_rule(rule: &Rule, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "{} {}\neffect: {}\n",
        rule.id,
        rule.id.name(),
        rule.effects
    )?;
    writeln!(out, "{}", rule.text.trim())?;
    if let Some((limit, meaning)) = rule.limit {
        writeln!(
            out,
            "\nlimit: {limit} ({meaning}); set it in knee.toml:\n  [rules]\n  limit = {{ {} = {limit} }}",
            rule.id
        )?;
    }
    writeln!(
        out,
        "\nnot for you? knee.toml:\n  [rules]\n  ignore = [\"{}\"]",
        rule.id
    )?;
    Ok(())
}

fn explain_metric(id: &str, row: &MetricSpec, out: &mut dyn Write) -> anyhow::Result<()> {
    let better = match row.better {
        crate::model::Better::Lower => "lower is better",
        crate::model::Better::Higher => "higher is better",
        crate::model::Better::Neither => "neither high nor low is better",
    };
    writeln!(
        out,
        "{id}\nunit: {}; {better}; floor of a change: {}\n\n{}",
        row.unit.id(),
        row.floor,
        row.text
    )?;
    if id != row.id {
        writeln!(out, "(read as {} is)", row.id)?;
    }
    writeln!(out, "\nas a target: --target '{}'", example(id, row))?;
    Ok(())
}

fn example(id: &str, row: &MetricSpec) -> String {
    use crate::model::Unit;
    let sign = if row.better == crate::model::Better::Lower {
        "<"
    } else {
        ">="
    };
    let value = match row.unit {
        Unit::Millis => "200ms",
        Unit::Ratio if row.better == crate::model::Better::Lower => "1%",
        Unit::Ratio => "99%",
        Unit::PerSecond => "25/s",
        Unit::Bytes => "1MB",
        Unit::Seconds => "60s",
        Unit::Count | Unit::Factor | Unit::AsGiven => "10",
    };
    match row.id {
        "efficiency" => format!("{id} at 4 {sign} 80%"),
        "knee" => format!("{id} {sign} {value}/s"),
        _ => format!("{id} {sign} {value}"),
    }
}

fn list(out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "Rules")?;
    for rule in RULES {
        writeln!(
            out,
            "  {:<5}{:<24}{}",
            rule.id,
            rule.id.name(),
            rule.effects
        )?;
    }
    writeln!(out, "\nMetrics")?;
    for row in METRICS {
        writeln!(out, "  {:<28}{:<10}{}", row.id, row.unit.id(), row.text)?;
    }
    writeln!(out, "\nStates of a compared metric")?;
    for (state, _) in STATES {
        writeln!(out, "  {state}")?;
    }
    writeln!(out, "\nSections of a report ([report] sections)")?;
    for section in SECTIONS {
        writeln!(out, "  {:<14}{}", section.id, section.about)?;
    }
    writeln!(out, "\n`knee explain ID` says more about one.")?;
    Ok(())
}
