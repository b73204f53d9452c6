//! `rustfmt.toml` and `.rustfmt.toml`.

use std::path::{Path, PathBuf};

use super::{Config, Setting};

/// Why a configuration file cannot be used.
#[derive(Debug)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub message: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.message)
    }
}

impl std::error::Error for ConfigError {}

/// The configuration file that holds for sources in `folder`: the nearest above it, else the user's own.
pub fn find_config(folder: &Path) -> Option<PathBuf> {
    let in_folder = |folder: &Path| {
        [".rustfmt.toml", "rustfmt.toml"].iter().map(|name| folder.join(name)).find(|path| path.is_file())
    };
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| home.as_ref().map(|home| home.join(".config")));
    folder
        .ancestors()
        .find_map(in_folder)
        .or_else(|| home.as_deref().and_then(in_folder))
        .or_else(|| user.and_then(|user| in_folder(&user.join("rustfmt"))))
}

/// Reads the settings in the file at `path` into `config`, and gives those that are not in force with what became of them.
///
/// # Errors
/// When the file cannot be read, is no TOML, or an option does not take the value given.
pub fn read_config(path: &Path, config: &mut Config) -> Result<Vec<(String, Setting)>, ConfigError> {
    let wrong = |message: String| ConfigError { path: path.to_owned(), message };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let mut odd = Vec::new();
    for (name, value) in &table {
        let value = match value {
            toml::Value::Array(items) => {
                let items: Vec<String> = items.iter().map(plain).collect();
                format!("[{}]", items.join(","))
            }
            other => plain(other),
        };
        match config.set(name, &value).map_err(wrong)? {
            Setting::Taken => {}
            setting => odd.push((name.clone(), setting)),
        }
    }
    Ok(odd)
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        other => format!("{other:?}"),
    }
}
