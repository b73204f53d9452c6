//! Which items a crate has by `cfg`, and functions of other crates that kernels call.

use rustg_driver::{Compilation, Dependency, Edition, Options, SourceFile, compile};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

fn messages(compilation: &Compilation) -> Vec<&str> {
    compilation.diagnostics.iter().map(|found| found.diagnostic.message.as_str()).collect()
}

const CHOSEN: &str = "
use rustg::prelude::*;
#[cfg(feature = \"fast\")]
const STEP: u32 = 777;
#[cfg(not(feature = \"fast\"))]
const STEP: u32 = 888;
#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;
    #[kernel]
    pub fn of_tests(mut y: DisjointSlice<u32>) {
        if let Some(out) = y.get_mut(thread::index_1d()) { *out = STEP; }
    }
}
#[kernel]
pub fn steps(mut y: DisjointSlice<u32>) {
    if let Some(out) = y.get_mut(thread::index_1d()) { *out = STEP; }
}
";

#[test]
fn features_and_test_choose_items_as_rustc_was_told() {
    let compiled = |cfgs: &[&str]| {
        let mut options = Options::default();
        options.cfgs.extend(cfgs.iter().map(|cfg| (*cfg).to_owned()));
        let compilation = compile(&[file("src/main.rs", CHOSEN)], &options);
        assert_eq!(messages(&compilation), [] as [&str; 0]);
        (compilation.ptx.unwrap(), compilation.kernels.len())
    };
    let (slow, count) = compiled(&[]);
    assert!(slow.contains("888") && !slow.contains("777") && count == 1, "{slow}");
    let (fast, count) = compiled(&["feature=\"fast\"", "test"]);
    assert!(fast.contains("777") && !fast.contains("888") && count == 2, "{fast}");
}

const CALLER: &str = "
use rustg::prelude::*;
use math::powers::square;
#[kernel]
pub fn squares(x: &[u32], mut y: DisjointSlice<u32>) {
    let i = thread::index_1d();
    if let Some(out) = y.get_mut(i) { *out = square(x[i.get()]) + math::powers::cube(2) + math::Scale { by: 3 }.of(5); }
}
";
const MATH: &str = "
use rustg::prelude::*;
pub mod powers;
pub struct Scale { pub by: u32 }
impl Scale {
    #[device]
    pub fn of(&self, x: u32) -> u32 { x * self.by }
}
#[kernel]
pub fn of_its_own(mut y: DisjointSlice<u32>) {
    if let Some(out) = y.get_mut(thread::index_1d()) { *out = powers::square(9); }
}
";
const POWERS: &str = "
#[cfg(feature = \"exact\")]
pub fn square(x: u32) -> u32 { x * x }
#[cfg(not(feature = \"exact\"))]
pub fn square(x: u32) -> u32 { x.wrapping_mul(x) }
pub fn cube(x: u32) -> u32 { crate::powers::square(x) * x }
";

fn with_math(features: Option<Vec<String>>) -> Compilation {
    let files = [file("src/main.rs", CALLER), file("../math/src/lib.rs", MATH), file("../math/src/powers.rs", POWERS)];
    let math = Dependency { name: "math".to_owned(), edition: Edition::E2021, first_file: 1, features };
    compile(&files, &Options { dependencies: vec![math], ..Options::default() })
}

#[test]
fn functions_of_another_crate_are_called_and_its_kernels_left_to_it() {
    let compilation = with_math(Some(vec!["feature=\"exact\"".to_owned()]));
    assert_eq!(messages(&compilation), [] as [&str; 0]);
    let paths: Vec<&str> = compilation.kernels.iter().map(|kernel| kernel.path.as_str()).collect();
    assert_eq!(paths, ["squares"]);
    // The panic of the multiplication is told at its place in the other crate.
    let site = compilation.sites.iter().find(|site| site.file == "../math/src/powers.rs" && site.line == 3);
    assert!(site.is_some_and(|site| site.message.contains("multiply")), "{:?}", compilation.sites);
    let wrapping = with_math(Some(Vec::new()));
    assert!(!wrapping.sites.iter().any(|site| site.file == "../math/src/powers.rs" && site.line <= 5));
}

#[test]
fn a_feature_of_a_crate_whose_features_are_not_known_is_refused() {
    let compilation = with_math(None);
    let told = messages(&compilation);
    assert!(told.iter().any(|text| text.contains("the features of the crate `math` are not known")), "{told:?}");
}
