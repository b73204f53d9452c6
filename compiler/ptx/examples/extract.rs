//! Writes the PTX that files hold into a folder, a text once: `extract FOLDER FILE…`.

use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let mut seen = HashSet::new();
    for path in arguments {
        let bytes = std::fs::read(&path).expect("a readable file");
        let container = match rustg_ptx::container::read(&bytes) {
            Ok(container) => container,
            Err(error) => {
                println!("{path} {error}");
                continue;
            }
        };
        let stem = std::path::Path::new(&path).file_stem().expect("a file").to_string_lossy().into_owned();
        let mut written = 0;
        for (index, image) in container.ptx_images().enumerate() {
            let text = image.text().unwrap_or_else(|error| panic!("{path} {error}"));
            if seen.insert(FxBuildHasher.hash_one(&text)) {
                let name = format!("{folder}/{stem}.{}.{index}.ptx", image.target());
                std::fs::write(name, &text).expect("a writable folder");
                written += 1;
            }
        }
        let mut kinds = BTreeMap::<String, usize>::new();
        for image in &container.images {
            *kinds.entry(format!("{} {}", image.kind, image.target())).or_default() += 1;
        }
        println!("{path}: {written} new PTX texts; {kinds:?}");
    }
}
