//! What commands do with trace files that are cut off, unknown, piped in or empty.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/traces").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs `rustg stats --json` on a file of these bytes.
fn stats(bytes: &[u8], name: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file is written");
    said(crate::program::rustg().args(["stats", "--json"]).arg(path).args(more).output().expect("runs"))
}

fn said(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_file_that_is_cut_off_is_refused_with_its_offset_and_salvaged_on_demand() {
    let whole = fixture("two-gpus-nccl.json");
    let cut = &whole[..40_000];
    let (code, _, stderr) = stats(cut, "cut.json", &[]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("cut.json") && stderr.contains("at byte 40000") && stderr.contains("--salvage"),
        "{stderr}"
    );
    let (code, stdout, _) = stats(cut, "cut.json", &["--salvage"]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("cut off inside the event"), "the note says so: {stdout}");
    assert!(stdout.contains("void gemm<128>"), "{stdout}");
}

#[test]
fn the_content_decides_and_not_the_name() {
    let (code, stdout, stderr) = stats(&fixture("nsys-streams-nvtx.sqlite.gz"), "trace.json", &[]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("[CUDA memcpy Device-to-Host]"), "{stdout}");
    let (code, _, stderr) = stats(b"no trace at all\n", "trace.json", &[]);
    assert!(code == Some(2) && stderr.contains("not a trace that rustg knows"), "{stderr}");
    let (code, _, stderr) = stats(b"", "trace.json", &[]);
    assert!(code == Some(2) && stderr.contains("empty"), "{stderr}");
    let (code, _, stderr) = stats(b"not for us", "report.nsys-rep", &[]);
    assert!(code == Some(2) && stderr.contains("nsys export --type sqlite"), "{stderr}");
    let (code, _, stderr) = stats(b"{\"name\": \"package\"}", "package.json", &[]);
    assert!(code == Some(2) && stderr.contains("traceEvents"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_as_a_file_is() {
    let mut child = crate::program::rustg()
        .args(["stats", "--json", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&fixture("kineto-launch-bound.json.gz")).expect("the pipe takes it");
    drop(input);
    let (code, stdout, stderr) = said(child.wait_with_output().expect("ends"));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("\"kernels\":500") || stdout.contains("\"kernels\": 500"), "{stdout}");
}
