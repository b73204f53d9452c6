//! Tells the compiler's own digest: of its sources and the device library's, so that what one build has kept no other one takes for its own.

use std::path::Path;

/// The folders whose Rust files make the compiler.
const FOLDERS: &[&str] = &[
    "../base/src",
    "../syntax/src",
    "../sema/src",
    "../mir/src",
    "../codegen/src",
    "src",
    "../../kernels/core",
    "../../kernels/passes/src",
];

fn main() {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for folder in FOLDERS {
        println!("cargo::rerun-if-changed={folder}");
        add(Path::new(folder), &mut digest);
    }
    println!("cargo::rustc-env=RUSTG_COMPILER_DIGEST={digest:016x}");
}

/// FNV-1a over names and contents, in the order of the names. A folder that is not there counts as empty.
fn add(path: &Path, digest: &mut u64) {
    let mut mix = |bytes: &[u8]| {
        for byte in bytes {
            *digest = (*digest ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    if path.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths.iter().for_each(|path| add(path, digest));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        mix(path.file_name().unwrap_or_default().as_encoded_bytes());
        mix(&std::fs::read(path).unwrap_or_default());
    }
}
