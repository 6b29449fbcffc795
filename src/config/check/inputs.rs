//! `[inputs]`: what is read beside the runs. Paths and globs start at the folder of `knee.toml`; whether there is a file
//! is seen when it is read.

use crate::config::Inputs;
use crate::config::check::Checker;
use crate::config::error::ConfigError;
use crate::config::file;

impl Checker<'_> {
    pub(super) fn inputs(&self, inputs: Option<&file::Inputs>) -> Result<Inputs, ConfigError> {
        let Some(inputs) = inputs else {
            return Ok(Inputs::default());
        };
        let paths = |texts: &[toml::Spanned<String>]| {
            let texts = texts.iter().map(|text| {
                let path = self.filled(text, "a path")?;
                Ok(self.beside(&path))
            });
            texts.collect::<Result<Vec<_>, ConfigError>>()
        };
        Ok(Inputs {
            resources: paths(&inputs.resources)?,
            tests: paths(&inputs.tests)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use crate::config::parse;

    #[test]
    fn paths_start_at_the_folder_of_the_file() {
        let text = "[inputs]\nresources = [\"stats/*.txt\"]\ntests = [\"junit.xml\"]\n";
        let config = parse(text, Path::new("project/knee.toml")).unwrap();
        assert_eq!(
            config.inputs.resources,
            [PathBuf::from("project/stats/*.txt")]
        );
        assert_eq!(config.inputs.tests, [PathBuf::from("project/junit.xml")]);
        assert!(config.unused.is_empty(), "{:?}", config.unused);
    }

    #[test]
    fn an_empty_path_is_an_error_at_its_place() {
        let text = "[inputs]\ntests = [\"\"]\n";
        let error = parse(text, Path::new("knee.toml")).unwrap_err();
        assert!(error.to_string().contains("a path is empty"), "{error}");
    }
}
