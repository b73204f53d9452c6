//! Targets and versions: which PTX ISA a feature needs.

use std::fmt;
use std::str::FromStr;

/// A PTX ISA version, `major.minor`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(pub u8, pub u8);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// A compute capability, such as `sm_90`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Target {
    /// The number behind `sm_`.
    pub sm: u16,
}

/// The targets, each with the lowest PTX ISA that names it (PTX ISA, release notes; each assembled with ptxas 13).
const TARGETS: &[(u16, Version)] = &[
    (75, Version(6, 3)),
    (80, Version(7, 0)),
    (86, Version(7, 1)),
    (87, Version(7, 4)),
    (89, Version(7, 8)),
    (90, Version(7, 8)),
    (100, Version(8, 6)),
    (103, Version(8, 8)),
    (110, Version(9, 0)),
    (120, Version(8, 7)),
    (121, Version(8, 8)),
];

/// No such target; `Display` lists those that there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownTarget(pub String);

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = TARGETS.iter().map(|(sm, _)| format!("sm_{sm}")).collect();
        write!(f, "unknown GPU architecture `{}`; there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownTarget {}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(text: &str) -> Result<Target, UnknownTarget> {
        let sm = text.strip_prefix("sm_").and_then(|digits| digits.parse().ok());
        let known = sm.filter(|sm| TARGETS.iter().any(|(known, _)| known == sm));
        known.map(|sm| Target { sm }).ok_or_else(|| UnknownTarget(text.to_owned()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sm_{}", self.sm)
    }
}

impl Target {
    /// The lowest PTX ISA that names it.
    pub fn lowest_version(self) -> Version {
        TARGETS.iter().find(|(sm, _)| *sm == self.sm).map_or(Version(9, 0), |(_, version)| *version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_lists_those_that_there_are() {
        assert_eq!("sm_90".parse(), Ok(Target { sm: 90 }));
        let error = "sm_12".parse::<Target>().unwrap_err().to_string();
        assert!(error.contains("`sm_12`") && error.contains("sm_75, sm_80"), "{error}");
    }
}
