//! Every kernel of the runtime's and the library's tests is compiled for each kind of target; with `RUSTG_PTXAS=…/ptxas` all of it is assembled.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustg_driver::{Options, SourceFile, compile};

/// The root and all other Rust files below a folder.
fn files(root: &str) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(root);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") && *path != root)
        .collect();
    paths.sort();
    paths.insert(0, root);
    let read =
        |path: PathBuf| SourceFile { text: std::fs::read_to_string(&path).unwrap(), path: path.display().to_string() };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_kernel_is_compiled_for_every_kind_of_target() {
    let ptxas = std::env::var("RUSTG_PTXAS").ok();
    if ptxas.is_none() {
        println!("skipped: RUSTG_PTXAS names no ptxas to assemble with");
    }
    let folder = tempfile::tempdir().unwrap();
    for root in ["runtime/tests/vocabulary/main.rs", "kernels/library/src/lib.rs"] {
        let files = files(root);
        for target in ["sm_75", "sm_80", "sm_90", "sm_120"] {
            let options = Options { target: target.parse().unwrap(), ..Options::default() };
            let compilation = compile(&files, &options);
            assert_eq!(compilation.diagnostics, [], "{root} for {target}");
            assert!(compilation.kernels.len() > 5, "{root}");
            let ptx = compilation.ptx.expect("there are no diagnostics");
            let (_, wrong) = rustg_ptx::parse(ptx.as_bytes());
            assert!(wrong.is_empty(), "{root} for {target}: {wrong:?}");
            if root.starts_with("runtime") {
                assert_eq!(ptx.contains("redux.sync"), target != "sm_75", "{target}");
            }
            let Some(ptxas) = &ptxas else { continue };
            let file = folder.path().join("kernels.ptx");
            std::fs::write(&file, &ptx).unwrap();
            let arch = format!("-arch={target}");
            let out = Command::new(ptxas).args([&arch, "-o", "/dev/null"]).arg(&file).output().unwrap();
            assert!(out.status.success(), "{root} for {target}: {}", String::from_utf8_lossy(&out.stderr));
        }
    }
}
