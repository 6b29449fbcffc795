//! Whose run it is: a flag beats `knee.toml`, which beats the file, which beats the default.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use crate::config::Config;
use crate::config::flags::{IDENTITY, Labels};
use crate::load::plan::Scenario;
use crate::model::{Identity, IdentitySource, Run};
use crate::scale::LABEL;

impl Config {
    /// Fills in identity and labels. `paths` are the files of the arguments as they were found: the run itself keeps
    /// only the shortest end of each that is unique; without them that end has to do.
    pub fn identify(&self, run: &mut Run, flags: &Labels, paths: &[PathBuf]) {
        if let Some(name) = &self.project.name {
            set(run, "project", name, IdentitySource::Config);
        }
        let mut found = self
            .plan
            .scenarios
            .iter()
            .filter(|scenario| owns(scenario, run, paths));
        match (found.next(), found.next()) {
            (Some(scenario), None) => set(run, "scenario", &scenario.name, IdentitySource::Config),
            (Some(first), Some(second)) => {
                let text = format!(
                    "the globs of the scenarios {} and {} both match, so neither is assigned",
                    first.name, second.name
                );
                run.note("scenario", text, 1);
            }
            (None, _) => {}
        }
        for (member, value) in &flags.identity {
            set(run, member, value, IdentitySource::Flag);
        }
        // `NAME{scenario=search}=RUN` speaks of this run alone, so it is the more exact flag.
        for member in IDENTITY {
            if let Some(value) = run.labels.remove(member) {
                set(run, member, &value, IdentitySource::Flag);
            }
        }
        let scenario = run.identity.scenario.clone();
        let mut of_plan = self.plan.scenarios.iter();
        if let Some(declared) = of_plan.find(|declared| declared.name == scenario) {
            let mut levels = declared.levels.iter();
            // A label of the run itself is the more exact word.
            if let Some((_, level)) = levels.find(|(glob, _)| is_of(&[(*glob).clone()], run, paths))
            {
                let level = level.to_string();
                run.labels.entry(LABEL.to_owned()).or_insert(level);
            }
        }
        for (key, value) in &flags.labels {
            run.labels
                .entry(key.clone())
                .or_insert_with(|| value.clone());
        }
        run.identity_from
            .entry("scenario".to_owned())
            .or_insert(IdentitySource::Default);
    }
}

fn set(run: &mut Run, member: &str, value: &str, source: IdentitySource) {
    let value = value.to_owned();
    let Identity {
        project,
        scenario,
        environment,
        job,
        branch,
        commit,
    } = &mut run.identity;
    match member {
        "project" => *project = Some(value),
        "scenario" => *scenario = value,
        "environment" => *environment = Some(value),
        "job" => *job = Some(value),
        "branch" => *branch = Some(value),
        "commit" => *commit = Some(value),
        _ => return,
    }
    run.identity_from.insert(member.to_owned(), source);
}

/// Whether any file of the run is matched by any glob of the scenario.
fn owns(scenario: &Scenario, run: &Run, paths: &[PathBuf]) -> bool {
    is_of(&scenario.runs, run, paths)
}

/// Whether any file of the run is matched by any of the globs.
fn is_of(globs: &[String], run: &Run, paths: &[PathBuf]) -> bool {
    run.source.files.iter().any(|file| {
        let name = Path::new(&file.name);
        let full = paths.iter().find(|path| path.ends_with(name));
        globs.iter().any(|glob| match full {
            Some(path) => matches_end(glob, path),
            // Of a shortened name only as many folders of the glob can be asked for as it has.
            None => matches_end(glob, name) || matches_end(&end(glob, name), name),
        })
    })
}

/// The last components of a glob, as many as the path has.
fn end(glob: &str, path: &Path) -> String {
    let parts: Vec<&str> = glob.split('/').collect();
    let keep = path.components().count().min(parts.len());
    parts
        .iter()
        .rev()
        .take(keep)
        .rev()
        .copied()
        .collect::<Vec<_>>()
        .join("/")
}

/// Whether the glob matches the path or its end; `*` stays inside a folder, as in a shell.
fn matches_end(glob: &str, path: &Path) -> bool {
    let glob = glob.trim_start_matches("./");
    let path = path.strip_prefix("./").unwrap_or(path);
    if path.ends_with(glob) {
        return true;
    }
    let anywhere = if glob.starts_with('/') {
        glob.to_owned()
    } else {
        format!("**/{glob}")
    };
    GlobBuilder::new(&anywhere)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{parse, parse_labels};
    use crate::model::FileRef;

    fn run(files: &[&str]) -> Run {
        let mut run = Run::new("locust", "locust-csv");
        run.source.files = files
            .iter()
            .map(|name| FileRef {
                name: (*name).to_owned(),
                sha256: String::new(),
                bytes: 0,
            })
            .collect();
        run
    }

    fn config() -> Config {
        let text = r#"
            [project]
            name = "shop"
            [[scenario]]
            name = "search"
            runs = ["results/a/*.json"]
            [[scenario]]
            name = "checkout"
            runs = ["results/b/*.json", "checkout-[0-9].csv"]
        "#;
        parse(text, Path::new("knee.toml")).unwrap()
    }

    fn scenario(run: &Run) -> (&str, IdentitySource) {
        (&run.identity.scenario, run.identity_from["scenario"])
    }

    #[test]
    fn flag_beats_config_beats_file_beats_default() {
        let config = config();
        let paths = [
            PathBuf::from("../results/a/x.json"),
            PathBuf::from("y.json"),
        ];
        let mut by_default = run(&["y.json"]);
        config.identify(&mut by_default, &Labels::default(), &paths);
        assert_eq!(scenario(&by_default), ("default", IdentitySource::Default));
        assert_eq!(by_default.identity.project.as_deref(), Some("shop"));
        assert_eq!(by_default.identity_from["project"], IdentitySource::Config);

        let mut by_file = run(&["y.json"]);
        set(&mut by_file, "scenario", "own", IdentitySource::File);
        config.identify(&mut by_file, &Labels::default(), &paths);
        assert_eq!(scenario(&by_file), ("own", IdentitySource::File));

        let mut by_config = run(&["x.json"]);
        set(&mut by_config, "scenario", "own", IdentitySource::File);
        config.identify(&mut by_config, &Labels::default(), &paths);
        assert_eq!(scenario(&by_config), ("search", IdentitySource::Config));

        let flags = parse_labels(&[
            "scenario=flagged".into(),
            "tier=gold".into(),
            "project=p".into(),
        ])
        .unwrap();
        let mut by_flag = run(&["x.json"]);
        by_flag.labels.insert("tier".into(), "silver".into());
        config.identify(&mut by_flag, &flags, &paths);
        assert_eq!(scenario(&by_flag), ("flagged", IdentitySource::Flag));
        assert_eq!(by_flag.identity.project.as_deref(), Some("p"));
        assert_eq!(by_flag.labels["tier"], "silver");

        let mut by_argument = run(&["x.json"]);
        by_argument.labels.insert("scenario".into(), "exact".into());
        config.identify(&mut by_argument, &flags, &paths);
        assert_eq!(scenario(&by_argument), ("exact", IdentitySource::Flag));
        assert_eq!(by_argument.labels.get("scenario"), None);
        assert_eq!(by_argument.labels["tier"], "gold");
    }

    #[test]
    fn a_shortened_name_that_two_scenarios_could_own_gets_none_and_a_note() {
        let config = config();
        let mut unclear = run(&["x.json"]);
        config.identify(&mut unclear, &Labels::default(), &[]);
        assert_eq!(scenario(&unclear), ("default", IdentitySource::Default));
        assert_eq!(
            unclear.notes[0].text,
            "the globs of the scenarios search and checkout both match, so neither is assigned"
        );
        let mut clear = run(&["b/x.json"]);
        config.identify(&mut clear, &Labels::default(), &[]);
        assert_eq!(scenario(&clear), ("checkout", IdentitySource::Config));
    }

    #[test]
    fn globs_stay_inside_a_folder_and_match_at_folder_borders() {
        let yes =
            |glob: &str, path: &str| assert!(matches_end(glob, Path::new(path)), "{glob} {path}");
        let no =
            |glob: &str, path: &str| assert!(!matches_end(glob, Path::new(path)), "{glob} {path}");
        yes("results/search-*.json", "/any/results/search-4.json");
        yes("./results/*.json", "./results/a.json");
        yes("results/**/*.json", "results/a/b/c.json");
        yes("out [1].json", "x/out [1].json");
        no("results/*.json", "results/a/b.json");
        no("results/*.json", "myresults/a.json");
        no("search-*.json", "research-1.json");
    }
}
