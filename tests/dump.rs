//! `rustg dump ptx`: what it says of texts and of files that hold several.

use std::path::Path;

use crate::program::{root, run};

fn container(name: &str) -> String {
    root().join("compiler/ptx/tests/fixtures/container").join(name).display().to_string()
}

fn stdout(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).expect("text")
}

fn stderr(arguments: &[&str], code: i32) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn the_images_of_every_kind_of_file_are_listed() {
    for (name, target, packing) in [
        ("two.o", "sm_90a", "Zstandard"),
        ("library.so", "sm_80", "Zstandard"),
        ("lz4.fatbin", "sm_90a", "LZ4"),
        ("none.fatbin", "sm_80", "-"),
        ("lines.cubin", "sm_80", "-"),
        ("plain.cubin", "sm_80", "-"),
    ] {
        let listed = stdout(&["dump", "ptx", &container(name), "--images"], 0);
        assert!(
            listed.lines().skip(1).any(|line| line.contains(target) && line.contains(packing)),
            "{name}:\n{listed}"
        );
        let json = stdout(&["dump", "ptx", &container(name), "--images", "--json"], 0);
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["images"].as_array().expect("a list").len(), listed.lines().count() - 1, "{name}");
    }
}

#[test]
fn the_text_of_one_image_is_written_and_read_again() {
    let file = container("two.o");
    let text = stdout(&["dump", "ptx", &file, "--image", "1", "--text"], 0);
    assert!(text.contains(".target sm_90a") && text.contains(".entry scale("), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.ptx");
    std::fs::write(&path, &text).unwrap();
    let again = stdout(&["dump", "ptx", &path.display().to_string(), "--text"], 0);
    assert_eq!(again, text);
    let shown = stdout(&["dump", "ptx", &file, "--image", "1"], 0);
    assert!(shown.starts_with("PTX 9.5 for sm_90a") && shown.contains("kernel scale("), "{shown}");
}

#[test]
fn what_cannot_be_shown_is_refused_with_the_way_out() {
    let several = stderr(&["dump", "ptx", &container("two.o"), "--text"], 2);
    assert!(several.contains("--image N") && several.contains("two.o"), "{several}");
    let none = stderr(&["dump", "ptx", &container("plain.cubin")], 2);
    assert!(none.contains("machine code") && none.contains("nvcc"), "{none}");
    let beyond = stderr(&["dump", "ptx", &container("two.o"), "--image", "7"], 2);
    assert!(beyond.contains("has no image 7"), "{beyond}");
    let other = stderr(&["dump", "tokens", "src/main.rs", "--summary"], 2);
    assert!(other.contains("--summary"), "{other}");
}

#[test]
fn the_summary_counts_instructions_registers_and_memory_of_each_function() {
    let path = root().join("tests/fixtures/sim/sgemm.ptx").display().to_string();
    let shown = stdout(&["dump", "ptx", &path, "--summary"], 0);
    assert!(shown.contains("kernel ") && shown.contains("shared") && shown.contains("global"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&stdout(&["dump", "ptx", &path, "--json"], 0)).expect("JSON");
    let function = &json["functions"][0];
    let count = function["instructions"].as_array().expect("a list").len();
    assert_eq!(function["summary"]["instructions"].as_u64(), Some(count as u64));
    let barriers = function["instructions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["text"].as_str().unwrap().contains("bar.sync"));
    assert_eq!(function["summary"]["barriers"].as_u64(), Some(barriers.count() as u64));
    assert!(function["summary"]["shared_bytes"].as_u64() > Some(0));
}

#[test]
fn errors_of_a_text_name_file_line_and_the_nearest_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.ptx");
    let text = ".version 8.0\n.target sm_90\n.address_size 64\n.entry k()\n{\n.reg .b32 %count<3>;\n.reg .pred %p;\nLOOP_HEAD:\n\
                add.s32 %count1, %cuont2, 1;\n@%p bra LOOP_HAED;\nadd.s32 %p, %count1, 1;\nret;\n}\n";
    std::fs::write(&path, text).unwrap();
    let told = stderr(&["dump", "ptx", &path.display().to_string()], 1);
    assert!(told.contains("wrong.ptx:9:18"), "{told}");
    assert!(told.contains("`%cuont2`") && told.contains("`%count`"), "{told}");
    assert!(told.contains("wrong.ptx:10") && told.contains("a label like it is `LOOP_HEAD`"), "{told}");
    assert!(Path::new(&path).exists());
}
