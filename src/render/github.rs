//! Workflow commands of GitHub Actions: annotations that point at the line of a target in `knee.toml`.
//!
//! GitHub shows ten annotations of a kind per step, so errors and warnings are ten lines each at most: the worst nine, and
//! how many more there are. Every line begins with its own command, and nothing in a name ends a line.

use crate::render::issue::{Gravity, Issue, Place, issues};
use crate::render::{Layout, RenderError, Rendered, Renderer};
use crate::report::Report;
use crate::text::escape::{github_message, github_property, shorten};
use crate::text::number;
use crate::wording::headline::words;

/// The row of RENDERERS.
pub const RENDERER: Renderer = Renderer {
    id: "github",
    endings: &[],
    about: "annotations of GitHub Actions, at the lines of the targets",
    has_files: false,
    render,
};

/// How many annotations of a kind GitHub shows of a step.
const SHOWN: usize = 10;

/// Longest message; GitHub cuts what is much longer.
const LONGEST: usize = 2000;

#[expect(clippy::unnecessary_wraps, reason = "a row of RENDERERS may fail")]
fn render(report: &Report, layout: &Layout) -> Result<Rendered, RenderError> {
    let title = format!("Load test: {}", words(report.verdict));
    let mut page = command("notice", None, &title, &report.headline.join(" "));
    let all = issues(report, layout);
    let (errors, warnings): (Vec<&Issue>, Vec<&Issue>) = all
        .iter()
        .partition(|issue| matches!(issue.gravity, Gravity::Invalid | Gravity::Broken));
    annotate("error", &errors, &mut page);
    annotate("warning", &warnings, &mut page);
    Ok(Rendered {
        page: page.into_bytes(),
        files: Vec::new(),
    })
}

fn annotate(kind: &str, issues: &[&Issue], page: &mut String) {
    let shown = if issues.len() > SHOWN {
        SHOWN - 1
    } else {
        SHOWN
    };
    for issue in issues.iter().take(shown) {
        page.push_str(&command(
            kind,
            issue.place.as_ref(),
            &issue.title,
            &issue.message,
        ));
    }
    if let Some(more) = issues.len().checked_sub(shown).filter(|more| *more > 0) {
        let title = format!("{} more", number::count(more as u64));
        let message = format!(
            "{} more of this kind; the worst {shown} are shown, a report has all of them.",
            number::count(more as u64)
        );
        page.push_str(&command(kind, None, &title, &message));
    }
}

fn command(kind: &str, place: Option<&Place>, title: &str, message: &str) -> String {
    let place = place.map_or(String::new(), |place| {
        format!("file={},line={},", github_property(&place.file), place.line)
    });
    format!(
        "::{kind} {place}title={}::{}\n",
        github_property(title),
        github_message(&shorten(message, LONGEST))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::testing::{broken, compared, comparison, report, target};
    use crate::report::TargetState;
    use crate::report::comparison::MetricState;

    /// Command, properties, message.
    type Command = (String, Vec<(String, String)>, String);

    /// A line as the runner takes it apart.
    fn taken(line: &str) -> Command {
        let rest = line.strip_prefix("::").unwrap();
        let (head, message) = rest.split_once("::").unwrap();
        let (kind, properties) = head.split_once(' ').unwrap();
        let plain = |text: &str| {
            text.replace("%3A", ":")
                .replace("%2C", ",")
                .replace("%25", "%")
        };
        let properties = properties
            .split(',')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(key, value)| (key.to_owned(), plain(value)))
            .collect();
        (kind.to_owned(), properties, plain(message))
    }

    fn lines(report: &Report) -> Vec<Command> {
        let page = render(report, &Layout::default()).unwrap().page;
        let page = String::from_utf8(page).unwrap();
        page.lines().map(taken).collect()
    }

    #[test]
    fn a_broken_target_is_an_error_at_its_line() {
        let mut report = report();
        report.targets = vec![
            target("a, b: 50 % of us", 210.0, TargetState::Fail),
            target("open", 0.0, TargetState::NotMeasured),
        ];
        let found = lines(&report);
        assert_eq!(found[0].0, "notice");
        let error = found.iter().find(|line| line.0 == "error").unwrap();
        let at = [
            ("file", "knee.toml"),
            ("line", "12"),
            ("title", "Target broken"),
        ];
        assert_eq!(error.1, at.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert_eq!(
            error.2,
            "p95 is 210 ms where \"a, b: 50 % of us\" (p95 < 200ms) is demanded, missed by 10 ms (n = 1,000)."
        );
        let warning = found.iter().find(|line| line.0 == "warning").unwrap();
        assert_eq!(
            warning.2,
            "\"open\" (p95 < 200ms) could not be judged: the input has no latencies."
        );
    }

    #[test]
    fn of_thousands_the_worst_nine_are_shown_and_the_rest_is_counted() {
        let mut report = report();
        report.targets = (0..5000).map(broken).collect();
        let found = lines(&report);
        let errors: Vec<_> = found.iter().filter(|line| line.0 == "error").collect();
        assert_eq!(errors.len(), 10);
        assert!(errors[0].2.contains("/04999"), "{}", errors[0].2);
        assert!(errors[8].2.contains("/04991"), "{}", errors[8].2);
        assert!(errors[9].2.starts_with("4,991 more"), "{}", errors[9].2);
        report.targets.truncate(10);
        let found = lines(&report);
        let errors = found.iter().filter(|line| line.0 == "error");
        assert_eq!(errors.count(), 10);
        assert!(!found.iter().any(|line| line.2.contains("more")));
    }

    #[test]
    fn a_name_can_neither_start_a_command_nor_add_a_property() {
        let mut report = report();
        let mut hostile = target(
            "x\n::error file=evil::boom\r::stop-commands::t",
            210.0,
            TargetState::Fail,
        );
        hostile.endpoint = Some("a\u{2028}::set-output name=x::y\n%0A::error::z".to_owned());
        hostile.origin = "a,file=evil:b.toml:3".to_owned();
        report.targets = vec![hostile];
        let mut compared = comparison(vec![compared(None, MetricState::Regressed)]);
        compared.base.name = Some("main,file=evil::x".to_owned());
        report.comparisons = vec![compared];
        let page = render(&report, &Layout::default()).unwrap().page;
        let page = String::from_utf8(page).unwrap();
        assert!(!page.contains(['\r', '\u{2028}']), "{page}");
        assert!(!page.contains("%0A"), "{page}");
        for line in page.lines() {
            let (kind, properties, _) = taken(line);
            assert!(["notice", "error", "warning"].contains(&kind.as_str()));
            assert!(properties.len() <= 3, "{line}");
            assert!(!properties.contains(&("file".to_owned(), "evil".to_owned())));
        }
        let error = page
            .lines()
            .find(|line| line.starts_with("::error file="))
            .unwrap();
        assert_eq!(taken(error).1[0].1, "a,file=evil:b.toml");
    }
}
