//! Compiles the injection library with the same rustc, so that it travels inside whatever binary uses this crate.
//!
//! Cargo cannot build a cdylib as a by-product of a library on stable Rust; two calls of rustc can: `rustg-wire` and
//! `rustg-inject` depend on nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    let crates = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let (wire, inject) = (crates.join("wire/src"), crates.join("inject/src"));
    for dir in [&wire, &inject] {
        watch(dir);
    }
    println!("cargo::rerun-if-changed=build.rs");
    let library = out.join("librustg_inject.so");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        // CUPTI's injection exists on Linux only; elsewhere `record` says so.
        fs::write(library, []).expect("OUT_DIR is writable");
        return;
    }
    let metadata = wire_metadata(&wire, &out);
    rustc()
        .args(["--crate-name", "rustg_inject", "--crate-type", "cdylib", "-C", "lto=fat", "-C", "strip=symbols"])
        .arg("--extern")
        .arg(format!("rustg_wire={}", metadata.display()))
        .arg("-o")
        .arg(&library)
        .arg(inject.join("lib.rs"))
        .run();
}

fn wire_metadata(wire: &Path, out: &Path) -> PathBuf {
    let library = out.join("librustg_wire.rlib");
    rustc()
        .args(["--crate-name", "rustg_wire", "--crate-type", "rlib", "-o"])
        .arg(&library)
        .arg(wire.join("lib.rs"))
        .run();
    library
}

/// rustc as cargo uses it. Always optimised: the library runs in somebody else's program.
fn rustc() -> Rustc {
    let mut command = Command::new(env::var_os("RUSTC").expect("cargo sets it"));
    command.args(["--edition", "2024", "--cap-lints", "allow", "-C", "opt-level=3", "-C", "codegen-units=1"]);
    command.args(["-C", "panic=unwind", "--target"]).arg(env::var("TARGET").expect("cargo sets it"));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut flag = std::ffi::OsString::from("linker=");
        flag.push(linker);
        command.arg("-C").arg(flag);
    }
    Rustc(command)
}

struct Rustc(Command);

impl Rustc {
    fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.0.args(args);
        self
    }

    fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    fn run(mut self) {
        let status = self.0.status().expect("rustc runs");
        assert!(status.success(), "the injection library does not compile: {:?}", self.0);
    }
}

fn watch(dir: &Path) {
    println!("cargo::rerun-if-changed={}", dir.display());
}
