//! Files that hold PTX, whatever their kind: text, fatbin, cubin, executable, library, object, archive.

use std::io::Read;
use std::path::Path;

use rustg_ptx::container::{self, Container, ImageKind};
use rustg_trace::names::demangle;

use crate::failure::Failure;

/// The whole of a file; - is standard input.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    bytes.map_err(|error| Failure::input(error).of(path))
}

/// The device images of a file's bytes; a failure where there is no PTX among them, which says what there is instead.
pub fn open<'a>(path: &Path, bytes: &'a [u8]) -> Result<Container<'a>, Failure> {
    let container = container::read(bytes).map_err(|error| Failure::input(error).of(path))?;
    if container.ptx_images().next().is_some() {
        return Ok(container);
    }
    let mut held: Vec<String> =
        container.images.iter().map(|image| format!("{} for {}", image.kind, image.target())).collect();
    held.sort();
    held.dedup();
    let message =
        match (container.images.is_empty(), container.images.iter().any(|image| image.kind == ImageKind::Cubin)) {
            (true, _) => "holds no device code".to_owned(),
            (false, _) => format!(
                "holds no PTX, only {}; compile it with nvcc -gencode arch=compute_90,code=compute_90 (or -ptx)",
                held.join(", ")
            ),
        };
    Err(Failure::input(message).of(path))
}

/// The kernels that a PTX text defines, by a scan for `.entry`: cheap enough for libraries of thousands.
pub fn kernel_names(text: &[u8]) -> Vec<&str> {
    let mut names = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let code = line.split(|byte| *byte == b'/').next().unwrap_or_default();
        let Some(at) = code.windows(6).position(|window| window == b".entry") else { continue };
        let rest = code[at + 6..].trim_ascii_start();
        let end = rest.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(rest.len());
        if let Ok(name) = std::str::from_utf8(&rest[..end])
            && !name.is_empty()
        {
            names.push(name);
        }
    }
    names
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_$%.".contains(&byte) || !byte.is_ascii()
}

/// How well what the user calls a kernel names this one: 0 best, `None` not at all.
pub fn match_rank(wanted: &str, mangled: &str) -> Option<u32> {
    if mangled == wanted {
        return Some(0);
    }
    let full = demangle(mangled);
    // `void space::scale<float>(float*, float)`: without its parameters, its result, its arguments, its path.
    let without_parameters = full.split('(').next().unwrap_or(&full);
    let named = without_parameters.strip_prefix("void ").unwrap_or(without_parameters);
    let bare = named.split('<').next().unwrap_or(named);
    let last = bare.rsplit("::").next().unwrap_or(bare);
    let spellings = [&*full, without_parameters, named, bare, last];
    spellings.iter().position(|spelling| *spelling == wanted).map(|rank| rank as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_named_as_people_call_them() {
        let mangled = "_Z4fillIfEvPT_S0_";
        let rank = |wanted| match_rank(wanted, mangled);
        assert_eq!(rank(mangled), Some(0));
        assert!(rank("fill<float>").is_some() && rank("fill").is_some());
        assert!(rank("fill<float>") < rank("fill"), "the nearer spelling counts more");
        assert_eq!(rank("filler"), None);
        assert!(match_rank("twice", "_ZN5space5twiceEPi").is_some());
        assert!(match_rank("space::twice", "_ZN5space5twiceEPi").is_some());
    }

    #[test]
    fn entries_are_found_without_reading_the_whole_grammar() {
        let text = b"// .entry no\n.visible .entry a(\n.weak\t.entry\t_Z1bv()\n.visible .func c()\n";
        assert_eq!(kernel_names(text), ["a", "_Z1bv"]);
    }
}
