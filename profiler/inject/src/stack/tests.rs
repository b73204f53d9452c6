//! The offsets of [`super::layout`], checked against the headers of every CPython whose headers are installed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::layout::{Entry, Layout, of_version};

/// What the layout says, by the name of what the C program prints.
fn expected(layout: &Layout, minor: u8) -> Vec<(&'static str, usize)> {
    let owner = layout.frame_owner;
    let mut pairs = vec![
        ("frame.previous", Some(layout.frame_previous)),
        ("frame.code", Some(layout.frame_code)),
        ("frame.instruction", Some(layout.frame_instruction)),
        ("frame.owner", owner),
        ("code.first_line", Some(layout.code_first_line)),
        ("code.file", Some(layout.code_file)),
        ("code.name", Some(layout.code_name)),
        ("code.line_table", Some(layout.code_line_table)),
        ("code.start", owner.map(|_| layout.code_start)),
        ("code.first_traceable", layout.code_first_traceable),
        ("code.version", layout.code_version),
        ("state.cframe", layout.cframe),
        ("cframe.previous", layout.cframe_previous),
        ("ascii.size", Some(layout.ascii_header)),
        ("compact.size", Some(layout.compact_header)),
    ];
    pairs.push(match layout.frame_in_cframe {
        true => ("cframe.current_frame", Some(layout.current_frame)),
        false => ("state.current_frame", Some(layout.current_frame)),
    });
    if let Entry::Flag(offset) = layout.entry {
        pairs.push(("frame.is_entry", Some(offset)));
    }
    assert!((9..=14).contains(&minor));
    pairs.into_iter().filter_map(|(name, offset)| Some((name, offset?))).collect()
}

/// A program that prints "name offset" for everything a version has.
const PROGRAM: &str = r#"
#define Py_BUILD_CORE 1
#include <Python.h>
#include <stddef.h>
#include <stdio.h>
#if PY_VERSION_HEX >= 0x030b0000
#include "internal/pycore_frame.h"
typedef _PyInterpreterFrame Frame;
#else
#include <frameobject.h>
typedef struct _frame Frame;
#endif
#define O(name, type, field) printf(name " %zu\n", offsetof(type, field))
int main(void) {
#if PY_VERSION_HEX < 0x030b0000
  O("state.current_frame", PyThreadState, frame); O("frame.previous", Frame, f_back);
  O("frame.code", Frame, f_code); O("frame.instruction", Frame, f_lasti);
  O("code.name", PyCodeObject, co_name);
#if PY_VERSION_HEX >= 0x030a0000
  O("state.cframe", PyThreadState, cframe); O("cframe.previous", CFrame, previous);
#endif
#else
  O("frame.previous", Frame, previous); O("frame.owner", Frame, owner);
  O("code.name", PyCodeObject, co_qualname); O("code.start", PyCodeObject, co_code_adaptive);
  O("code.first_traceable", PyCodeObject, _co_firsttraceable);
#if PY_VERSION_HEX < 0x030d0000
  O("state.cframe", PyThreadState, cframe); O("cframe.previous", _PyCFrame, previous);
  O("cframe.current_frame", _PyCFrame, current_frame);
  O("frame.code", Frame, f_code); O("frame.instruction", Frame, prev_instr);
#else
  O("state.current_frame", PyThreadState, current_frame);
  O("frame.code", Frame, f_executable); O("frame.instruction", Frame, instr_ptr);
#endif
#if PY_VERSION_HEX < 0x030c0000
  O("frame.is_entry", Frame, is_entry);
#else
  O("code.version", PyCodeObject, co_version);
#endif
#endif
  O("code.first_line", PyCodeObject, co_firstlineno); O("code.file", PyCodeObject, co_filename);
#if PY_VERSION_HEX < 0x030a0000
  O("code.line_table", PyCodeObject, co_lnotab);
#else
  O("code.line_table", PyCodeObject, co_linetable);
#endif
  printf("ascii.size %zu\ncompact.size %zu\n", sizeof(PyASCIIObject), sizeof(PyCompactUnicodeObject));
  return 0;
}
"#;

/// What the headers in a folder say; `None` where they do not compile (no compiler, no internal headers).
fn printed(include: &Path, folder: &Path) -> Option<BTreeMap<String, usize>> {
    let (source, program) = (folder.join("offsets.c"), folder.join("offsets"));
    std::fs::write(&source, PROGRAM).unwrap();
    let compiled = Command::new("cc")
        .arg("-w")
        .arg("-I")
        .arg(include)
        .arg("-I")
        .arg(include.join("internal"))
        .args([&source, Path::new("-o"), &program])
        .output()
        .ok()?;
    let output = compiled.status.success().then(|| Command::new(&program).output().ok())??;
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().map(|line| line.split_once(' ').unwrap());
    Some(pairs.map(|(name, offset)| (name.to_owned(), offset.parse().unwrap())).collect())
}

/// Folders with headers by minor version: `RUSTG_PYTHON_INCLUDES`, pyenv's, the system's.
fn header_folders() -> BTreeMap<u8, PathBuf> {
    let mut parents = vec![PathBuf::from("/usr/include"), PathBuf::from("/usr/local/include")];
    let pyenv =
        std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".pyenv")));
    let versions = pyenv.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    parents.extend(versions.into_iter().flatten().flatten().map(|version| version.path().join("include")));
    parents.extend(std::env::var_os("RUSTG_PYTHON_INCLUDES").iter().flat_map(std::env::split_paths));
    let mut found = BTreeMap::new();
    for parent in parents {
        for minor in 9..=14 {
            let folder = parent.join(format!("python3.{minor}"));
            if folder.join("internal/pycore_frame.h").exists() || (minor < 11 && folder.join("Python.h").exists()) {
                found.insert(minor, folder);
            }
        }
    }
    found
}

#[test]
fn offsets_are_those_of_the_installed_headers() {
    let folder = std::env::temp_dir().join(format!("rustg-offsets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let folders = header_folders();
    for minor in 9..=14u8 {
        let printed = folders.get(&minor).and_then(|include| printed(include, &folder));
        let Some(printed) = printed else {
            eprintln!("CPython 3.{minor}: offsets NOT CHECKED, no headers or no C compiler");
            continue;
        };
        if minor >= 13 {
            // These publish their offsets; what is checked is where the unpublished neighbours stand.
            assert_eq!(printed["code.start"] - printed["code.first_traceable"], 16, "3.{minor}");
            assert!(printed["code.version"] > 0 && printed["ascii.size"] == 40 && printed["compact.size"] == 56);
            continue;
        }
        // SAFETY: these versions' layouts need no runtime.
        let layout = unsafe { of_version((3, minor), 0) }.unwrap();
        for (name, offset) in expected(&layout, minor) {
            assert_eq!(printed.get(name), Some(&offset), "3.{minor} {name}");
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
