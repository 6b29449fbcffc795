//! `[rules]`: ids, effects and limits.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use crate::config::check::Checker;
use crate::config::error::ConfigError;
use crate::config::expect;
use crate::config::file;
use crate::report::{Effect, RuleId};
use crate::rules;

/// A rule's id with its name.
fn called(id: RuleId) -> String {
    format!("{id} ({})", id.name())
}

impl Checker<'_> {
    /// A rule without code may be ignored ahead of it; nothing else can be set of it.
    fn not_built(&self, id: RuleId, at: &Range<usize>) -> ConfigError {
        self.error(at, format!("rule {} is not in this version", called(id)))
            .with_label("not in this version")
            .with_hint(Some("remove it: it would change nothing"))
    }

    /// The id of a rule, built or not.
    pub(super) fn rule(&self, id: &Spanned<String>) -> Result<RuleId, ConfigError> {
        let word = id.get_ref();
        if let Ok(known) = word.parse() {
            return Ok(known);
        }
        let by_id = word.to_uppercase().parse().ok();
        let lower = word.to_lowercase();
        let by_name = || {
            let names = RuleId::ALL.iter().map(|id| id.name());
            let name = expect::nearest(&lower, names)?;
            RuleId::ALL.iter().find(|id| id.name() == name).copied()
        };
        let nearest: Option<RuleId> = by_id.or_else(by_name);
        let hint = nearest.map_or("`knee explain` lists the rules".to_owned(), |id| {
            format!("did you mean `{id}` ({})?", id.name())
        });
        Err(self
            .error(&id.span(), format!("there is no rule `{word}`"))
            .with_label("unknown rule")
            .with_hint(Some(hint)))
    }

    pub(super) fn rules(
        &self,
        section: &file::Rules,
        built: &[rules::Rule],
        unused: &mut Vec<String>,
    ) -> Result<rules::Options, ConfigError> {
        let mut options = rules::Options::default();
        let row = |id: RuleId| built.iter().find(|rule| rule.id == id);
        let mut later = BTreeSet::new();
        for id in &section.ignore {
            let span = id.span();
            let id = self.rule(id)?;
            if id.is_of_targets() {
                let problem = format!("rule {id} cannot be ignored: it says how a target came out");
                return Err(self
                    .error(&span, problem)
                    .with_label("speaks of targets")
                    .with_hint(Some(
                        "make the target optional (`optional = true`), or remove it",
                    )));
            }
            if row(id).is_none() {
                later.insert(id);
            }
            if !options.ignore.contains(&id) {
                options.ignore.push(id);
            }
        }
        for (id, effect) in &section.severity {
            let span = id.span();
            let id = self.rule(id)?;
            if id.is_of_targets() {
                let problem =
                    format!("rule {id} has no severity to set: it says how a target came out");
                return Err(self
                    .error(&span, problem)
                    .with_label("speaks of targets")
                    .with_hint(Some(
                        "make the target optional (`optional = true`), change its `expect` or `warn`, or remove it",
                    )));
            }
            if row(id).is_none() {
                return Err(self.not_built(id, &span));
            }
            let effect = match effect {
                file::Effect::Note => Effect::Note,
                file::Effect::Warn => Effect::Warn,
                file::Effect::Fail => Effect::Fail,
                file::Effect::Invalid => Effect::Invalid,
                file::Effect::Unjudged => Effect::Unjudged,
            };
            options.severity.insert(id, effect);
        }
        for (key, limit) in &section.limit {
            let id = self.rule(key)?;
            match row(id) {
                Some(rule) if rule.limit.is_none() => {
                    let problem = format!("rule {id} ({}) has no limit", rule.id.name());
                    return Err(self.error(&key.span(), problem));
                }
                Some(rule) => {
                    if let Some((own, what)) = rule.limit
                        && own < 1.0
                        && *limit.get_ref() >= 1.0
                    {
                        let problem =
                            format!("the limit of {id} ({}) is no share: {what}", rule.id.name());
                        return Err(self
                            .error(&limit.span(), problem)
                            .with_label("1 or more")
                            .with_hint(Some("a share between 0 and 1, such as 0.05 for 5 %")));
                    }
                }
                None => return Err(self.not_built(id, &key.span())),
            }
            options.limit.insert(id, *limit.get_ref());
        }
        for id in later {
            unused.push(format!("rule {} is not built in this version", called(id)));
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::error::Text;

    fn checked(section: &file::Rules, text: &str) -> Result<rules::Options, String> {
        let text = Arc::new(Text {
            name: "knee.toml".into(),
            path: None,
            text: text.into(),
        });
        Checker { text: &text }
            .rules(section, rules::RULES, &mut Vec::new())
            .map_err(|error| format!("{error:?}"))
    }

    fn key(id: &str) -> Spanned<String> {
        Spanned::new(0..0, id.to_owned())
    }

    #[test]
    fn rules_of_targets_are_neither_ignored_nor_reweighed() {
        for id in ["T01", "T02"] {
            let ignored = file::Rules {
                ignore: vec![key(id)],
                ..file::Rules::default()
            };
            let error = checked(&ignored, "").unwrap_err();
            assert!(error.contains("cannot be ignored"), "{error}");
            assert!(error.contains("optional = true"), "{error}");
            let reweighed = file::Rules {
                severity: [(key(id), file::Effect::Note)].into(),
                ..file::Rules::default()
            };
            let error = checked(&reweighed, "").unwrap_err();
            assert!(error.contains("has no severity to set"), "{error}");
        }
    }

    #[test]
    fn a_limit_that_is_a_share_is_below_one() {
        let section = |id, limit| file::Rules {
            limit: [(key(id), Spanned::new(0..0, limit))].into(),
            ..file::Rules::default()
        };
        for limit in [1.0, 5.0] {
            let error = checked(&section("V03", limit), "").unwrap_err();
            assert!(error.contains("such as 0.05 for 5 %"), "{error}");
        }
        assert!(checked(&section("V03", 0.999), "").is_ok());
        assert!(checked(&section("V31", 60.0), "").is_ok(), "seconds");
        assert!(checked(&section("V39", 2.0), "").is_ok(), "a factor");
    }

    #[test]
    fn a_limit_for_a_rule_without_one_is_a_mistake() {
        let text = Arc::new(Text {
            name: "knee.toml".into(),
            path: None,
            text: String::new(),
        });
        let rule = |limit| rules::Rule {
            id: RuleId::V10,
            effects: "note",
            limit,
            text: "",
            asks: rules::Asks::Plan(|_| Vec::new()),
        };
        let section = file::Rules {
            limit: [(
                Spanned::new(0..0, "V10".to_owned()),
                Spanned::new(0..0, 2.0),
            )]
            .into(),
            ..file::Rules::default()
        };
        let check = |built: &[rules::Rule]| {
            let options = Checker { text: &text }.rules(&section, built, &mut Vec::new());
            options
                .map(|options| options.limit.len())
                .map_err(|error| error.to_string())
        };
        assert_eq!(check(&[rule(Some((1.0, "x")))]), Ok(1));
        let message = check(&[]).unwrap_err();
        assert!(
            message.ends_with("rule V10 (thin-quantile) is not in this version"),
            "{message}"
        );
        let message = check(&[rule(None)]).unwrap_err();
        assert!(
            message.ends_with("rule V10 (thin-quantile) has no limit"),
            "{message}"
        );
    }
}
