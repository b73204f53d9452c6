//! Rust editions, as far as syntax depends on them.

use std::fmt;
use std::str::FromStr;

/// An edition of Rust.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Edition {
    /// 2015, what a Cargo.toml without `edition` means.
    E2015,
    /// 2018
    E2018,
    /// 2021
    E2021,
    /// 2024
    #[default]
    E2024,
}

impl Edition {
    /// All editions, oldest first.
    pub const ALL: [Edition; 4] = [Edition::E2015, Edition::E2018, Edition::E2021, Edition::E2024];
}

impl FromStr for Edition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Edition::ALL.into_iter().find(|edition| edition.to_string() == text);
        found.ok_or_else(|| format!("`{text}` is no edition of Rust; there are 2015, 2018, 2021 and 2024"))
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Edition::E2015 => "2015",
            Edition::E2018 => "2018",
            Edition::E2021 => "2021",
            Edition::E2024 => "2024",
        })
    }
}
