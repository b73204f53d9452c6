//! Machine code: PTX assembled by ptxas, kept by the PTX's text, with what ptxas says of each kernel.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::toolkit::Tool;

/// Assembled PTX.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cubin {
    /// The ELF file.
    pub bytes: Vec<u8>,
    /// What each kernel uses.
    pub resources: Vec<Resources>,
    /// Whether it was there already.
    pub was_kept: bool,
}

/// What a kernel uses, as `ptxas -v` says it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Resources {
    /// The kernel's symbol.
    pub symbol: String,
    /// Registers of a thread.
    pub registers: u32,
    /// Bytes of static shared memory of a block.
    pub shared_bytes: u32,
    /// Bytes of a thread's stack.
    pub stack_bytes: u32,
    /// Bytes of registers stored to memory because there were too few.
    pub spill_store_bytes: u32,
    /// Bytes loaded back.
    pub spill_load_bytes: u32,
}

/// Why there is no machine code.
#[derive(Debug)]
pub enum CubinError {
    /// ptxas is not installed.
    NoPtxas,
    /// It refused the text.
    Refused(String),
    /// Files cannot be written or read.
    Files(io::Error),
}

impl std::fmt::Display for CubinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CubinError::NoPtxas => f.write_str(Tool::Ptxas.how_to_get()),
            CubinError::Refused(said) => write!(f, "ptxas refuses the PTX: {said}"),
            CubinError::Files(error) => write!(f, "assembling: {error}"),
        }
    }
}

impl std::error::Error for CubinError {}

/// Where machine code is kept: `RUSTG_CACHE_DIR`, else `rustg` in the user's cache folder; below it `cubin/`.
pub fn cache_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("RUSTG_CACHE_DIR")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("rustg")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/rustg")))
        .map(|cache| cache.join("cubin"))
}

/// The name of a text's machine code: 128 bits of FNV-1a over the architecture, ptxas (its length and time of change) and the text.
fn key(ptx: &str, arch: &str, ptxas: &Path) -> String {
    let stamp = fs::metadata(ptxas).ok().map(|file| (file.len(), file.modified().ok()));
    let head = format!("{arch}\n{stamp:?}\n");
    let bytes = head.bytes().chain(ptx.bytes());
    let hash = bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{arch}-{hash:032x}")
}

/// Assembles `ptx` for `arch` (`sm_90`), or takes what was kept in `cache`. Line information stays in it.
///
/// # Errors
/// [`CubinError`]
pub fn assemble(ptx: &str, arch: &str, cache: Option<&Path>) -> Result<Cubin, CubinError> {
    let ptxas = Tool::Ptxas.find().ok_or(CubinError::NoPtxas)?;
    let kept = cache.map(|folder| folder.join(key(ptx, arch, &ptxas)));
    if let Some(kept) = &kept
        && let (Ok(bytes), Ok(said)) =
            (fs::read(kept.with_extension("cubin")), fs::read_to_string(kept.with_extension("txt")))
    {
        return Ok(Cubin { bytes, resources: resources(&said), was_kept: true });
    }
    let folder = tempfile::tempdir().map_err(CubinError::Files)?;
    let (text, out) = (folder.path().join("kernels.ptx"), folder.path().join("kernels.cubin"));
    fs::write(&text, ptx).map_err(CubinError::Files)?;
    let mut command = Command::new(&ptxas);
    command.args(["-v", "-lineinfo", "-arch", arch, "-o"]).arg(&out).arg(&text);
    let output = command.output().map_err(CubinError::Files)?;
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if !output.status.success() {
        return Err(CubinError::Refused(said.trim().to_owned()));
    }
    let bytes = fs::read(&out).map_err(CubinError::Files)?;
    if let Some(kept) = &kept {
        // What cannot be kept is made again next time.
        let _ = keep(kept, &bytes, &said);
    }
    Ok(Cubin { bytes, resources: resources(&said), was_kept: false })
}

/// Beside, then moved: another process may be doing the same.
fn keep(path: &Path, bytes: &[u8], said: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    for (extension, content) in [("txt", said.as_bytes()), ("cubin", bytes)] {
        let part = path.with_extension(format!("{}.part", std::process::id()));
        fs::write(&part, content)?;
        fs::rename(&part, path.with_extension(extension))?;
    }
    Ok(())
}

/// Reads what `ptxas -v` says.
fn resources(said: &str) -> Vec<Resources> {
    let mut found: Vec<Resources> = Vec::new();
    for line in said.lines() {
        if let Some((_, rest)) = line.split_once("Compiling entry function '") {
            let symbol = rest.split('\'').next().unwrap_or_default().to_owned();
            found.push(Resources { symbol, ..Resources::default() });
        } else if let Some(last) = found.last_mut() {
            for part in line.rsplit(" : ").next().unwrap_or(line).split(", ") {
                let part = part.trim().trim_start_matches("Used ");
                let Some((number, what)) = part.split_once(' ') else { continue };
                let Ok(number) = number.parse::<u32>() else { continue };
                match what {
                    "registers" => last.registers = number,
                    "bytes smem" => last.shared_bytes = number,
                    "bytes stack frame" => last.stack_bytes = number,
                    "bytes spill stores" => last.spill_store_bytes = number,
                    "bytes spill loads" => last.spill_load_bytes = number,
                    _ => {}
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "ptxas info    : 0 bytes gmem\nptxas info    : Compiling entry function 'saxpy' for 'sm_90'\n\
        ptxas info    : Function properties for saxpy\n    8 bytes stack frame, 16 bytes spill stores, 24 bytes spill loads\n\
        ptxas info    : Used 16 registers, used 1 barriers, 4096 bytes smem, 568 bytes cmem[0]\nptxas info    : Compile time = 2.1 ms\n";

    #[test]
    fn resources_are_read_as_ptxas_says_them() {
        let want = Resources {
            symbol: "saxpy".to_owned(),
            registers: 16,
            shared_bytes: 4096,
            stack_bytes: 8,
            spill_store_bytes: 16,
            spill_load_bytes: 24,
        };
        assert_eq!(resources(SAID), [want]);
    }

    #[test]
    fn what_was_assembled_is_kept_by_its_text() {
        let Some(ptxas) = Tool::Ptxas.find() else {
            println!("skipped: ptxas is not installed");
            return;
        };
        let cache = tempfile::tempdir().unwrap();
        let ptx = ".version 7.8\n.target sm_75\n.address_size 64\n.visible .entry none() { ret; }\n";
        let first = assemble(ptx, "sm_90", Some(cache.path())).unwrap();
        let again = assemble(ptx, "sm_90", Some(cache.path())).unwrap();
        assert_eq!((first.was_kept, again.was_kept), (false, true));
        assert_eq!((&first.bytes, &first.resources), (&again.bytes, &again.resources));
        assert_eq!(first.resources[0].symbol, "none");
        assert_ne!(key(ptx, "sm_90", &ptxas), key(ptx, "sm_120", &ptxas));
        let error = assemble("no PTX", "sm_90", Some(cache.path())).unwrap_err().to_string();
        assert!(error.starts_with("ptxas refuses"), "{error}");
    }
}
