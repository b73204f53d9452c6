//! What a run is to be: the command line and the launch file, one over the other.

use std::path::{Path, PathBuf};

use rustg_simulator::launch::{Argument, Tolerance};
use serde::Deserialize;

use crate::failure::Failure;

/// A run, from whatever said it.
#[derive(Default)]
pub struct Plan {
    /// The file that holds the kernel.
    pub file: PathBuf,
    /// Where names of files in arguments start.
    pub folder: PathBuf,
    /// The kernel's name, mangled or as people write it.
    pub kernel: Option<String>,
    /// `sm_90`: the image to take where a file holds several.
    pub architecture: Option<String>,
    /// Blocks of the grid.
    pub grid: Option<[u32; 3]>,
    /// Threads of a block.
    pub block: Option<[u32; 3]>,
    /// Blocks of a cluster.
    pub cluster: Option<[u32; 3]>,
    /// Dynamic shared memory.
    pub shared_bytes: u32,
    /// Whether the whole grid runs at once, so that it can wait for all of itself.
    pub cooperative: bool,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// Buffers' names and what they should hold, an initialiser or a file.
    pub expectations: Vec<(String, String)>,
    /// How far results may lie from it.
    pub tolerance: Tolerance,
    /// Buffers' names and the files they go to; stdout without one.
    pub dumps: Vec<(String, Option<PathBuf>)>,
    /// What is checked.
    pub checks: Vec<Check>,
    /// The first seed.
    pub seed: u64,
    /// How many seeds, one after another from the first.
    pub seeds: u64,
    /// Memory of the device.
    pub memory_bytes: u64,
    /// Warp instructions that a run may take.
    pub steps: u64,
    /// Whether everything is counted.
    pub counts: bool,
    /// Cores of this machine; `None` is all.
    pub cores: Option<usize>,
}

/// One kind of check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Check {
    /// Conflicting accesses in shared and global memory that nothing orders
    Races,
    /// Accesses outside of allocations, after their end, misaligned
    Memory,
    /// Reads of registers and memory that nobody wrote
    Init,
    /// Divergent barriers, deadlocks, shuffles from lanes that are not there
    Sync,
    /// All of them
    All,
    /// None of them
    None,
}

/// `[u32; 3]` for `64`, `64,2` or `8x8x2`.
pub fn parse_dimensions(text: &str) -> Result<[u32; 3], String> {
    let wrong = || format!("'{text}' is no size: X, X,Y or X,Y,Z, all positive");
    let mut dimensions = [1; 3];
    let parts: Vec<&str> = text.split([',', 'x']).collect();
    if parts.len() > 3 {
        return Err(wrong());
    }
    for (dimension, part) in dimensions.iter_mut().zip(parts) {
        *dimension = part.trim().parse().ok().filter(|size| *size > 0).ok_or_else(wrong)?;
    }
    Ok(dimensions)
}

/// Bytes for `65536`, `48K`, `2G` (powers of 1024).
pub fn parse_size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let upper = upper.trim_end_matches('B').trim_end_matches('I');
    let (digits, shift) = match upper.chars().last() {
        Some('K') => (&upper[..upper.len() - 1], 10),
        Some('M') => (&upper[..upper.len() - 1], 20),
        Some('G') => (&upper[..upper.len() - 1], 30),
        _ => (upper, 0),
    };
    let number = digits.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.ok_or_else(|| format!("'{text}' is no size in bytes: 65536, 48K, 2G"))
}

/// The launch file, key by key; every key has an option of the same meaning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaunchFile {
    file: PathBuf,
    kernel: Option<String>,
    arch: Option<String>,
    grid: Option<Dimensions>,
    block: Option<Dimensions>,
    cluster: Option<Dimensions>,
    shared: Option<Size>,
    #[serde(default)]
    cooperative: bool,
    #[serde(default)]
    args: toml::Table,
    #[serde(default)]
    expect: toml::Table,
    tolerance: Option<String>,
    #[serde(default)]
    dump: toml::Table,
    check: Option<Vec<String>>,
    seed: Option<u64>,
    seeds: Option<u64>,
    memory: Option<Size>,
    steps: Option<u64>,
    cores: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dimensions {
    One(u32),
    List(Vec<u32>),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Size {
    Bytes(u64),
    Text(String),
}

impl Dimensions {
    fn get(&self) -> Result<[u32; 3], String> {
        match self {
            Dimensions::One(x) => parse_dimensions(&x.to_string()),
            Dimensions::List(list) => parse_dimensions(&list.iter().map(u32::to_string).collect::<Vec<_>>().join(",")),
            Dimensions::Text(text) => parse_dimensions(text),
        }
    }
}

impl Size {
    fn get(&self) -> Result<u64, String> {
        match self {
            Size::Bytes(bytes) => Ok(*bytes),
            Size::Text(text) => parse_size(text),
        }
    }
}

impl Plan {
    /// The plan that a launch file says; names of files in it start at its own folder.
    pub fn from_file(path: &Path) -> Result<Plan, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::input(error).of(path))?;
        Plan::from_text(&text, path.parent().unwrap_or(Path::new("")))
            .map_err(|message| Failure::input(message).of(path))
    }

    fn from_text(text: &str, folder: &Path) -> Result<Plan, String> {
        let file: LaunchFile = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let dimensions = |key: &str, size: &Option<Dimensions>| {
            size.as_ref().map(Dimensions::get).transpose().map_err(|error| format!("{key}: {error}"))
        };
        let mut plan = Plan {
            file: folder.join(&file.file),
            folder: folder.to_owned(),
            kernel: file.kernel,
            architecture: file.arch,
            grid: dimensions("grid", &file.grid)?,
            block: dimensions("block", &file.block)?,
            cluster: dimensions("cluster", &file.cluster)?,
            cooperative: file.cooperative,
            seed: file.seed.unwrap_or(0),
            seeds: file.seeds.unwrap_or(1),
            cores: file.cores,
            ..Plan::default_limits()
        };
        if let Some(size) = &file.shared {
            plan.shared_bytes =
                size.get().ok().and_then(|bytes| bytes.try_into().ok()).ok_or("shared: no size in bytes")?;
        }
        if let Some(size) = &file.memory {
            plan.memory_bytes = size.get().map_err(|error| format!("memory: {error}"))?;
        }
        plan.steps = file.steps.unwrap_or(plan.steps);
        for (name, value) in &file.args {
            let text = format!("{name}={}", words(value).ok_or_else(|| format!("args.{name}: a text or a number"))?);
            plan.arguments.push(Argument::parse(&text).map_err(|error| error.0)?);
        }
        for (name, value) in &file.expect {
            plan.expectations.push((name.clone(), words(value).ok_or_else(|| format!("expect.{name}: a text"))?));
        }
        for (name, value) in &file.dump {
            let target = words(value).ok_or_else(|| format!("dump.{name}: a file name, or - for standard output"))?;
            plan.dumps.push((name.clone(), (target != "-").then(|| folder.join(target))));
        }
        if let Some(text) = &file.tolerance {
            plan.tolerance = Tolerance::parse(text).map_err(|error| error.0)?;
        }
        if let Some(names) = &file.check {
            let named = |name: &String| {
                <Check as clap::ValueEnum>::from_str(name, true).map_err(|_| format!("check: '{name}' is none"))
            };
            plan.checks = names.iter().map(named).collect::<Result<_, _>>()?;
        }
        Ok(plan)
    }

    /// A plan that runs nothing yet, with the limits of the house.
    pub fn default_limits() -> Plan {
        Plan { checks: vec![Check::All], seeds: 1, memory_bytes: 4 << 30, steps: 10_000_000_000, ..Plan::default() }
    }

    /// Whether this kind of check is on.
    pub fn checks(&self, kind: Check) -> bool {
        self.checks.contains(&kind) || self.checks.contains(&Check::All)
    }
}

/// A value of TOML as the words of an argument.
fn words(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(format!("{number:?}")),
        toml::Value::Boolean(value) => Some(u8::from(*value).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_launch_file_says_what_the_options_say() {
        let text = r#"
            file = "saxpy.ptx"
            grid = [4, 2]
            block = 256
            shared = "48K"
            check = ["races", "memory"]
            tolerance = "ulp:2"
            [args]
            n = 1024
            a = 2.5
            x = "f32[1024]:iota"
            [expect]
            x = "want.npy"
            [dump]
            x = "-"
        "#;
        let plan = Plan::from_text(text, Path::new("folder")).unwrap();
        assert_eq!(plan.file, Path::new("folder/saxpy.ptx"));
        assert_eq!((plan.grid, plan.block, plan.shared_bytes), (Some([4, 2, 1]), Some([256, 1, 1]), 49152));
        let names: Vec<_> = plan.arguments.iter().map(|argument| argument.text.as_str()).collect();
        assert_eq!(names, ["n=1024", "a=2.5", "x=f32[1024]:iota"], "in the file's order");
        assert!(plan.checks(Check::Races) && !plan.checks(Check::Init));
        assert_eq!(plan.dumps, [("x".to_owned(), None)]);
    }

    #[test]
    fn a_launch_file_with_a_mistake_is_refused_with_its_place() {
        for (text, said) in [
            ("grid = 1", "missing field `file`"),
            ("file = 'a'\ngird = 1", "unknown field `gird`"),
            ("file = 'a'\ngrid = 0", "grid: '0' is no size"),
            ("file = 'a'\n[args]\nx = 'f99[1]'", "'f99' is no element type"),
            ("file = 'a'\ncheck = ['raes']", "check: 'raes'"),
            ("file = 'a", "TOML parse error"),
        ] {
            let error = Plan::from_text(text, Path::new("")).err().unwrap();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_size("48K"), Ok(49152));
        assert_eq!(parse_size("2GiB"), Ok(2 << 30));
        assert_eq!(parse_size("10"), Ok(10));
        assert!(parse_size("x").is_err() && parse_size("99999999999G").is_err());
        assert_eq!(parse_dimensions("8x4"), Ok([8, 4, 1]));
        assert!(parse_dimensions("0").is_err() && parse_dimensions("1,2,3,4").is_err());
    }
}
