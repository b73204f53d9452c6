//! Which kernel of which image of a file is run.

use std::path::Path;
use std::sync::Arc;

use rustg_base::diagnostic::Severity;
use rustg_base::{LineIndex, diagnostic};
use rustg_ptx::Module;
use rustg_ptx::container::Image;
use rustg_simulator::launch::Signature;
use rustg_trace::names::demangle;

use crate::failure::Failure;
use crate::{device_code, output};

/// A module that was read, and the kernel in it.
pub struct Chosen {
    /// The PTX text.
    pub text: String,
    /// The module.
    pub module: Arc<Module>,
    /// What it takes.
    pub signature: Signature,
    /// The name of the text in reports: the file's, with the image's place in it where it holds several.
    pub path: String,
}

/// Finds the kernel called `wanted` (or the only one) in the images of `path`, of `architecture` if that is given; else the newest
/// architecture whose code runs on later ones too is taken.
pub fn choose(path: &Path, bytes: &[u8], wanted: Option<&str>, architecture: Option<&str>) -> Result<Chosen, Failure> {
    let container = device_code::open(path, bytes)?;
    let images: Vec<&Image<'_>> = container.ptx_images().collect();
    let fitting: Vec<&Image<'_>> = images
        .iter()
        .copied()
        .filter(|image| architecture.is_none_or(|wanted| is_architecture(image, wanted)))
        .collect();
    if fitting.is_empty() {
        let mut targets: Vec<String> = images.iter().map(|image| image.target()).collect();
        targets.sort();
        targets.dedup();
        return Err(Failure::input(format_args!(
            "no PTX for {}; there is some for {}",
            architecture.unwrap_or_default(),
            targets.join(", ")
        ))
        .of(path));
    }
    // The best name, then code for all later architectures, then the newest.
    let mut best: Option<((u32, bool, i64), usize, String)> = None;
    let mut names: Vec<String> = Vec::new();
    let mut equally_good: Vec<String> = Vec::new();
    for (index, image) in fitting.iter().enumerate() {
        let text = image.text().map_err(|error| Failure::input(error).of(path))?;
        for name in device_code::kernel_names(&text) {
            names.push(name.to_owned());
            let Some(rank) = wanted.map_or(Some(0), |wanted| device_code::match_rank(wanted, name)) else { continue };
            let order = (rank, image.suffix.is_some(), -i64::from(image.architecture));
            match &best {
                Some((found, _, _)) if found.0 < rank => {}
                Some((found, _, _)) if found.0 == rank => {
                    equally_good.push(name.to_owned());
                    if order < *found {
                        best = Some((order, index, name.to_owned()));
                    }
                }
                _ => {
                    equally_good = vec![name.to_owned()];
                    best = Some((order, index, name.to_owned()));
                }
            }
        }
    }
    names.sort();
    names.dedup();
    equally_good.sort();
    equally_good.dedup();
    let Some((_, index, name)) = best else {
        return Err(none_found(path, wanted, &names));
    };
    if equally_good.len() > 1 {
        let what =
            wanted.map_or("holds several kernels".to_owned(), |wanted| format!("several kernels are called {wanted}"));
        return Err(Failure::input(format_args!("{what}; choose one with --kernel:\n{}", list(&equally_good))).of(path));
    }
    let image = fitting[index];
    let text = image.text().map_err(|error| Failure::input(error).of(path))?.into_owned();
    let text = String::from_utf8(text).map_err(|error| {
        Failure::input(format_args!("the PTX is not UTF-8 from byte {} on", error.utf8_error().valid_up_to())).of(path)
    })?;
    let shown = match container.images.len() {
        1 => path.display().to_string(),
        _ => format!("{} ({})", path.display(), image.describe()),
    };
    read_module(text, shown, &name)
}

/// Reads the module; its errors end the command, its warnings are told.
fn read_module(text: String, path: String, kernel: &str) -> Result<Chosen, Failure> {
    let (module, diagnostics) = rustg_ptx::parse(text.as_bytes());
    let lines = LineIndex::new(&text);
    let colours = output::colored();
    let show = |diagnostic| diagnostic::render(diagnostic, &path, &text, &lines, colours);
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    if let Some(first) = errors.first() {
        let more = match errors.len() - 1 {
            0 => String::new(),
            more => format!("\n\nand {more} more errors; rustg dump ptx shows them"),
        };
        return Err(Failure::input(format_args!("{path} cannot be read as PTX\n{}{more}", show(first))));
    }
    for warning in &diagnostics {
        eprintln!("{}", show(warning));
    }
    let found = module
        .find_function(kernel)
        .filter(|id| module.functions[id.index()].is_entry && module.functions[id.index()].is_defined);
    let kernel = found.ok_or_else(|| Failure::input(format_args!("{path}: the kernel {kernel} has no body")))?;
    let signature = Signature::of(&module, kernel);
    Ok(Chosen { text, module: Arc::new(module), signature, path })
}

/// `sm_90`, `compute_90` and `90` all name an image for sm_90.
fn is_architecture(image: &Image<'_>, wanted: &str) -> bool {
    let number = wanted.trim_start_matches("sm_").trim_start_matches("compute_");
    image.target().trim_start_matches("sm_") == number
}

fn none_found(path: &Path, wanted: Option<&str>, names: &[String]) -> Failure {
    let message = match (wanted, names) {
        (_, []) => "holds PTX without a kernel (.entry)".to_owned(),
        (Some(wanted), names) => {
            let near = nearest(wanted, names).map_or(String::new(), |near| format!("; did you mean {near}?"));
            format!("holds no kernel '{wanted}'{near}\nIt holds:\n{}", list(names))
        }
        (None, _) => "holds no kernel".to_owned(),
    };
    Failure::input(message).of(path)
}

/// Names, readable where they are mangled, a line each and not too many.
fn list(names: &[String]) -> String {
    const LINES_MAX: usize = 40;
    let mut lines: Vec<String> = (names.iter().take(LINES_MAX))
        .map(|name| {
            let readable = demangle(name);
            if *readable == **name { format!("  {name}") } else { format!("  {readable}\n    {name}") }
        })
        .collect();
    if names.len() > LINES_MAX {
        lines.push(format!("  … and {} more", names.len() - LINES_MAX));
    }
    lines.join("\n")
}

/// The name that differs least, if it differs little: letters to change, insert or leave out.
fn nearest(wanted: &str, names: &[String]) -> Option<String> {
    let distance = |left: &str, right: &str| {
        let right: Vec<char> = right.chars().collect();
        let mut row: Vec<usize> = (0..=right.len()).collect();
        for (index, from) in left.chars().enumerate() {
            let mut diagonal = std::mem::replace(&mut row[0], index + 1);
            for (at, to) in right.iter().enumerate() {
                let changed = diagonal + usize::from(from != *to);
                diagonal = row[at + 1];
                row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
            }
        }
        row[right.len()]
    };
    let bounded = names.iter().filter(|name| name.len() <= 128 && wanted.len() <= 128);
    let best = bounded.map(|name| (distance(wanted, name), name)).min()?;
    (best.0 <= wanted.len().div_ceil(3)).then(|| best.1.clone())
}
