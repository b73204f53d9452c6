//! What the pages show is what is compiled here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of a page in that language, each with the line that it begins at.
fn blocks(page: &str, language: &str) -> Vec<(usize, Vec<String>)> {
    let mut blocks: Vec<(usize, Vec<String>)> = Vec::new();
    let mut open: Option<bool> = None;
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(word), None) => {
                open = Some(word == language);
                if word == language {
                    blocks.push((number + 1, Vec::new()));
                }
            }
            (Some(_), Some(_)) => open = None,
            (None, Some(true)) => blocks.last_mut().expect("a block is open").1.push(line.trim_end().to_owned()),
            _ => {}
        }
    }
    blocks
}

/// Whether the lines stand in the text one behind the other, all as far to the right as the first.
fn stands_in(block: &[String], text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.windows(block.len()).any(|window| {
        let indent = window[0].len() - window[0].trim_start().len();
        let spaces = " ".repeat(indent);
        window.iter().zip(block).all(|(line, shown)| {
            if shown.is_empty() { line.is_empty() } else { line.strip_prefix(&spaces) == Some(shown.as_str()) }
        })
    })
}

#[test]
fn every_block_of_rust_in_the_book_is_compiled_here() {
    let folder = root().join("kernels/library/tests/book");
    for (page, source, least) in [
        ("docs/language.md", "language.rs", 10),
        ("docs/from-cuda.md", "cuda.rs", 4),
        ("docs/from-cuda-oxide.md", "oxide.rs", 2),
    ] {
        let source = fs::read_to_string(folder.join(source)).unwrap();
        let text = fs::read_to_string(root().join(page)).unwrap();
        let found = blocks(&text, "rust");
        assert!(found.len() >= least, "{page} shows {} programs", found.len());
        for (line, block) in found {
            assert!(
                stands_in(&block, &source),
                "{page}:{line}: this program is not in tests/book:\n{}",
                block.join("\n")
            );
        }
    }
}

#[test]
fn every_block_of_cuda_in_the_book_is_in_the_twins_and_is_compiled_where_nvcc_is() {
    let twins = root().join("kernels/library/twins/book.cu");
    let source = fs::read_to_string(&twins).unwrap();
    let page = fs::read_to_string(root().join("docs/from-cuda.md")).unwrap();
    let found = blocks(&page, "cuda");
    assert!(found.len() >= 4);
    for (line, block) in found {
        assert!(stands_in(&block, &source), "docs/from-cuda.md:{line} is not in twins/book.cu:\n{}", block.join("\n"));
    }
    let Ok(nvcc) = std::env::var("RUSTG_NVCC") else {
        println!("skipped: RUSTG_NVCC names no nvcc to compile with");
        return;
    };
    let folder = std::env::temp_dir().join(format!("rustg-book-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let ptx = folder.join("book.ptx");
    let out = Command::new(nvcc).args(["-arch=sm_90", "-ptx", "-o"]).arg(&ptx).arg(&twins).output().unwrap();
    let _ = fs::remove_dir_all(&folder);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}
