//! `knee.toml` merged with flags into the option structs of the rooms that read them.
//! (Stand-in until the real one is merged.)

use std::path::{Path, PathBuf};

use crate::findings::{figures, normalize, rules};
use crate::model::{Percentile, Run, Seconds, Target};

#[derive(Debug, thiserror::Error)]
#[error("x")]
#[allow(missing_docs)]
pub struct ConfigError;
#[allow(missing_docs)]
impl ConfigError {
    pub fn excerpt(&self, _colour: bool) -> Option<String> {
        None
    }
    pub fn hint(&self) -> Option<String> {
        None
    }
}
#[allow(missing_docs)]
#[derive(Default, Clone, Debug)]
pub struct Project {
    pub name: Option<String>,
    pub environment: std::collections::BTreeMap<String, String>,
}
#[allow(missing_docs)]
#[derive(Default, Clone, Debug)]
pub struct ReportPage {
    pub title: Option<String>,
    pub status: Option<String>,
    pub sections: Option<Vec<String>>,
    pub template: Option<PathBuf>,
}
#[allow(missing_docs)]
#[derive(Default, Clone, Debug)]
pub struct Config {
    pub path: Option<PathBuf>,
    pub project: Project,
    pub report: ReportPage,
    pub targets: Vec<Target>,
    pub normalize: normalize::Options,
    pub rules: rules::Options,
    pub figures: figures::Options,
    pub classes: Vec<(String, Option<f64>)>,
    pub unused: Vec<String>,
}
#[allow(missing_docs)]
#[derive(Default, Clone, Debug)]
pub struct Labels;
#[allow(missing_docs)]
impl Config {
    pub fn identify(&self, _run: &mut Run, _flags: &Labels) {}
}
#[allow(missing_docs)]
pub fn load(_explicit: Option<&Path>, _from: &Path) -> Result<Config, ConfigError> {
    Ok(Config::default())
}
#[allow(missing_docs)]
pub fn flag_target(_text: &str) -> Result<Target, ConfigError> {
    Err(ConfigError)
}
#[allow(missing_docs)]
pub fn parse_labels(_labels: &[String]) -> Result<Labels, ConfigError> {
    Ok(Labels)
}
#[allow(missing_docs)]
pub fn parse_duration(_text: &str) -> Result<Seconds, ConfigError> {
    Err(ConfigError)
}
#[allow(missing_docs)]
pub fn parse_percentiles(_text: &str) -> Result<Vec<Percentile>, ConfigError> {
    Err(ConfigError)
}
#[allow(missing_docs)]
pub fn schema() -> schemars::Schema {
    schemars::json_schema!({})
}
