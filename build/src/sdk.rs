//! The SDK: the sources of the runtime and the compiler, packed by the build script, unpacked once on a machine.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sdk.bin"));

/// Which SDK this is: other sources have another id.
pub const ID: &str = env!("RUSTG_SDK_ID");
/// Written last, so that an SDK that was unpacked in part is unpacked again.
const COMPLETE: &str = ".complete";

/// Where SDKs lie: `RUSTG_SDK_DIR`, else `rustg/sdk` in the user's data folder.
///
/// # Errors
/// When neither `RUSTG_SDK_DIR`, `XDG_DATA_HOME` nor `HOME` is set.
pub fn home() -> io::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("RUSTG_SDK_DIR")
        .or_else(|| set("XDG_DATA_HOME").map(|data| data.join("rustg/sdk")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/rustg/sdk")))
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "set RUSTG_SDK_DIR: there is no home folder"))
}

/// The files of the SDK: path below its root, content.
///
/// # Panics
/// When the archive is damaged, which the build script made.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(PACKED).read_to_end(&mut bytes).expect("the build script packed it");
    let mut at = 0;
    let mut part = || {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let content = bytes[at + 4..at + 4 + length].to_vec();
        at += 4 + length;
        (content, at == bytes.len())
    };
    let mut files = Vec::new();
    loop {
        let (path, _) = part();
        let (content, is_last) = part();
        files.push((String::from_utf8(path).expect("paths are UTF-8"), content));
        if is_last {
            return files;
        }
    }
}

/// Unpacks the SDK below `home` unless it is there already; its root.
///
/// # Errors
/// When a file cannot be written.
pub fn unpack(home: &Path) -> io::Result<PathBuf> {
    let root = home.join(ID);
    if root.join(COMPLETE).exists() {
        return Ok(root);
    }
    // Made beside, then moved: another process may be doing the same.
    let part = home.join(format!("{ID}.{}", std::process::id()));
    for (path, content) in files() {
        let path = part.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder"))?;
        fs::write(path, content)?;
    }
    fs::write(part.join(COMPLETE), "")?;
    match fs::rename(&part, &root) {
        Err(_) if root.join(COMPLETE).exists() => fs::remove_dir_all(&part)?,
        Err(_) => {
            // What lies there was not completed.
            fs::remove_dir_all(&root)?;
            fs::rename(&part, &root)?;
        }
        Ok(()) => {}
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_the_runtime_and_all_that_it_needs_and_no_tests() {
        let files = files();
        let has = |path: &str| files.iter().any(|(known, _)| known == path);
        for path in
            ["Cargo.toml", "Cargo.lock", "runtime/Cargo.toml", "runtime/src/lib.rs", "runtime/macros/src/lib.rs"]
        {
            assert!(has(path), "{path}");
        }
        for path in ["compiler/driver/src/lib.rs", "simulator/src/lib.rs", "simulator/lanes/src/lib.rs"] {
            assert!(has(path), "{path}");
        }
        assert!(files.iter().all(|(path, _)| !path.contains("/tests/") && !path.starts_with("tui/")));
    }

    #[test]
    fn it_is_unpacked_once_and_again_where_it_was_not_completed() {
        let home = tempfile::tempdir().unwrap();
        let root = unpack(home.path()).unwrap();
        let library = root.join("runtime/src/lib.rs");
        fs::write(&library, "changed").unwrap();
        assert_eq!(unpack(home.path()).unwrap(), root);
        assert_eq!(fs::read_to_string(&library).unwrap(), "changed");
        fs::remove_file(root.join(COMPLETE)).unwrap();
        unpack(home.path()).unwrap();
        assert_ne!(fs::read_to_string(&library).unwrap(), "changed");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
