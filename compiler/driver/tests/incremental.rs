//! After edits, and from what was kept, comes out what compiling from nothing gives.

#[path = "../../../benches/compile/workloads.rs"]
#[allow(dead_code, reason = "the benchmark uses more of it")]
mod workloads;

use std::fs;

use rustg_driver::{Cache, Compilation, Database, Options, SourceFile, compile, compile_cached};

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }
}

fn files(text: &str) -> [SourceFile; 1] {
    [SourceFile { path: "kernels.rs".to_owned(), text: text.to_owned() }]
}

fn assert_same(one: &Compilation, other: &Compilation, what: &str) {
    assert_eq!(one.diagnostics, other.diagnostics, "{what}");
    assert_eq!(one.kernels, other.kernels, "{what}");
    assert_eq!(one.sites, other.sites, "{what}");
    assert!(one.ptx == other.ptx, "{what}: the texts differ");
}

/// A project as pieces, one a kernel, and what may be done to it.
struct Edited {
    pieces: Vec<String>,
    /// A piece that was broken, as it was before.
    broken: Option<(usize, String)>,
}

impl Edited {
    fn text(&self) -> String {
        format!("{}{}", workloads::RUSTG_HEADER, self.pieces.concat())
    }

    /// Edits one piece; what was done.
    fn edit(&mut self, random: &mut Random) -> String {
        if let Some((at, piece)) = self.broken.take() {
            self.pieces[at] = piece;
            return format!("piece {at} is mended");
        }
        let at = random.below(self.pieces.len());
        let piece = &mut self.pieces[at];
        match random.below(9) {
            0 | 1 => *piece = workloads::kernel(at, random.below(1000)),
            2 | 3 => *piece = piece.replacen("    let i =", "    // A line more.\n\n    let i =", 1),
            4 => *piece = piece.replacen("    let i =", "    let i  =", 1),
            5 => *piece = format!("\n// Between kernels.\n{piece}"),
            6 => *piece = piece.replacen("{\n    let i", "{ let i", 1),
            7 => *piece = piece.replacen("    let i =", "    assert!(thread::threadIdx_x() < 4096);\n    let i =", 1),
            _ => {
                self.broken = Some((at, piece.clone()));
                *piece = piece.replacen("index_1d()", "index_1d(", 1);
            }
        }
        format!("piece {at}: {piece}")
    }
}

#[test]
fn after_any_edit_the_bytes_are_those_of_compiling_from_nothing() {
    let (steps, kernels) = if std::env::var_os("RUSTG_TEST_FULL").is_some() { (600, 40) } else { (24, 15) };
    let options = Options::default();
    let mut random = Random(7);
    let mut edited = Edited { pieces: (0..kernels).map(|at| workloads::kernel(at, at)).collect(), broken: None };
    let mut database = Database::new(options.clone());
    for step in 0..steps {
        let what = format!("step {step}: {}", if step == 0 { String::new() } else { edited.edit(&mut random) });
        let text = edited.text();
        database.set_text("kernels.rs", text.as_str());
        let fresh = compile(&files(&text), &options);
        // Now and then kernel by kernel, so that not all of them are up to date at the next edit.
        if fresh.ptx.is_some() && step % 3 == 1 {
            let at = random.below(kernels);
            let alone = database.ptx_of(&format!("k{at}")).expect("there are no mistakes").expect("it is there");
            assert!(alone.ptx.contains(&format!(".visible .entry k{at}(")), "{what}");
            continue;
        }
        assert_same(&database.compilation(), &fresh, &what);
    }
}

#[test]
fn a_constant_told_by_a_function_follows_that_function() {
    let text = |value: u32| {
        format!(
            "use rustg::prelude::*;\nconst fn limit() -> u32 {{\n    {value}\n}}\nconst LIMIT: u32 = limit();\n\
             static TABLE: [u32; 2] = [limit(), 1];\n\
             #[kernel]\npub fn a(mut out: DisjointSlice<u32>) {{\n    let i = thread::index_1d();\n    \
             if let Some(item) = out.get_mut(i) {{\n        *item = match *item {{\n            LIMIT => 1,\n            \
             other => other + TABLE[0],\n        }};\n    }}\n}}\n"
        )
    };
    let mut database = Database::new(Options::default());
    for value in [3, 4, 5] {
        database.set_text("kernels.rs", text(value));
        assert_same(&database.compilation(), &compile(&files(&text(value)), &Options::default()), "the limit");
    }
}

#[test]
fn kept_kernels_are_used_and_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path().join("kernels"));
    let options = Options::default();
    let ran = |compilation: &Compilation| compilation.timings.stages.iter().any(|stage| stage.stage == "ptx");
    let text = workloads::project(12);
    let fresh = compile(&files(&text), &options);
    let first = compile_cached(&files(&text), &options, &cache);
    assert_same(&first, &fresh, "an empty cache");
    let second = compile_cached(&files(&text), &options, &cache);
    assert_same(&second, &fresh, "a full cache");
    assert!(ran(&first) && !ran(&second), "the second run took what the first had kept");
    // An edit inside a body that moves the lines behind it, then back again.
    let edited = text.replacen("    let i =", "    let one = 1_u32;\n    assert!(one == 1);\n    let i =", 1);
    let third = compile_cached(&files(&edited), &options, &cache);
    assert_same(&third, &compile(&files(&edited), &options), "an edited body");
    let other = Options { target: "sm_90".parse().unwrap(), ..options };
    assert_same(&compile_cached(&files(&text), &other, &cache), &compile(&files(&text), &other), "another target");
}

#[test]
fn a_damaged_file_is_as_if_it_were_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path());
    let options = Options::default();
    let text = workloads::project(6);
    let fresh = compile(&files(&text), &options);
    compile_cached(&files(&text), &options, &cache);
    let path = fs::read_dir(folder.path()).unwrap().next().expect("something was kept").unwrap().path();
    let whole = fs::read(&path).unwrap();
    let mut random = Random(3);
    for round in 0..40 {
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes.truncate(random.below(whole.len())),
            1 => {
                let at = random.below(whole.len());
                bytes[at] ^= 1 << random.below(8);
            }
            _ => bytes.push(0),
        }
        fs::write(&path, &bytes).unwrap();
        let compilation = compile_cached(&files(&text), &options, &cache);
        assert_same(&compilation, &fresh, "a damaged file");
        assert!(
            compilation.timings.stages.iter().any(|stage| stage.stage == "ptx"),
            "round {round} was taken for whole"
        );
    }
}

#[test]
fn a_cache_keeps_to_its_size_and_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path()).with_size_max_bytes(60_000);
    for count in 1..9 {
        compile_cached(&files(&workloads::project(count)), &Options::default(), &cache);
        let sizes = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
        assert!(sizes.sum::<u64>() <= 60_000);
    }
    assert!(cache.clear().unwrap() > 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
