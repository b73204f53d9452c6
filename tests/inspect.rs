//! `rustg inspect` and `rustg build` as programs: a kernel of the library at every level, and files for several GPUs.

use std::process::Output;

use rustg_build::toolkit::Tool;

use crate::program::{root, rustg};

const SAXPY: &str = "kernels/library/src/saxpy.rs";

/// Runs in the repository; `tools` says whether ptxas and nvdisasm may be found.
fn run(arguments: &[&str], tools: bool) -> Output {
    let mut command = rustg();
    command.current_dir(root()).args(arguments);
    let cache = tempfile::tempdir().unwrap();
    command.env("RUSTG_CACHE_DIR", cache.path());
    if !tools {
        command.env("RUSTG_PTXAS", "").env("RUSTG_NVDISASM", "");
    }
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The number of the first line of the file that holds `part`.
fn line_of(part: &str) -> usize {
    let text = std::fs::read_to_string(root().join(SAXPY)).unwrap();
    text.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn a_kernel_is_shown_line_by_line_where_there_is_no_terminal() {
    let text = stdout(&run(&["inspect", "saxpy", SAXPY], false));
    let head = format!("\n{SAXPY}:{}  *out += a * x[i.get()];\n", line_of("*out +="));
    let (_, rest) = text.split_once(&head).unwrap_or_else(|| panic!("{head:?} in\n{text}"));
    let block = rest.split("\n\n").next().unwrap();
    assert!(block.contains("  MIR   ") && block.contains("  PTX   mul.rn.f32"), "{block}");
    assert!(text.contains("pip install nvidia-cuda-nvcc"), "{text}");
}

#[test]
fn lines_of_ptx_name_the_source_lines_that_they_were_inlined_into() {
    let value: serde_json::Value =
        serde_json::from_str(&stdout(&run(&["inspect", "saxpy", SAXPY, "--json"], false))).unwrap();
    assert_eq!((value["kernel"].as_str(), value["machine"].is_null()), (Some("saxpy"), true));
    let ptx = value["listings"].as_array().unwrap().iter().find(|listing| listing["title"] == "PTX").unwrap();
    let lines = ptx["lines"].as_array().unwrap();
    let thread = lines.iter().find(|line| line["text"].as_str().unwrap().contains("%ctaid.x")).unwrap();
    let places = thread["places"].as_array().unwrap();
    assert_eq!(places.last().unwrap()[1], line_of("thread::index_1d()"), "{thread}");
    let library = places[0][0].as_u64().unwrap() as usize;
    assert!(value["files"][library]["path"].as_str().unwrap().starts_with("<rustg>/"), "{thread}");
}

#[test]
fn a_kernel_that_is_not_there_is_refused_with_those_that_are() {
    let output = run(&["inspect", "nothing", SAXPY], false);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no kernel `nothing`; there are saxpy"));
}

#[test]
fn one_file_is_written_for_each_gpu_and_unknown_ones_are_refused_with_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("kernels");
    let out_text = out.to_str().unwrap();
    stdout(&run(&["build", SAXPY, "--gpu-arch", "sm_90,sm_120", "--out", out_text], false));
    for arch in ["sm_90", "sm_120"] {
        let ptx = std::fs::read_to_string(out.join(format!("kernels.{arch}.ptx"))).unwrap();
        assert!(ptx.contains(&format!(".target {arch}\n")), "{ptx}");
    }
    let output = run(&["build", SAXPY, "--gpu-arch", "sm_33"], false);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sm_75, sm_80"), "{output:?}");
    let output = run(&["build", SAXPY, "--gpu-arch", "sm_90,sm_120"], false);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let output = run(&["build", SAXPY, "--emit", "cubin"], false);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("pip install nvidia-cuda-nvcc"), "{output:?}");
}

#[test]
fn registers_and_occupancy_are_told_where_ptxas_is_installed() {
    if Tool::Ptxas.find().is_none() {
        println!("skipped: ptxas is not installed");
        return;
    }
    let text = stdout(&run(&["inspect", "saxpy", SAXPY, "--json", "--gpu-arch", "sm_90"], true));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let machine = &value["machine"];
    assert!(machine["registers"].as_u64().unwrap() > 4, "{machine}");
    assert_eq!(machine["occupancy"]["percent"], 100.0, "{machine}");
    let cubin = run(&["build", SAXPY, "--emit", "cubin", "--gpu-arch", "sm_90"], true).stdout;
    assert!(cubin.starts_with(b"\x7fELF"));
}
