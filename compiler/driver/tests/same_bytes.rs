//! What comes out does not depend on how the work was divided.

#[path = "../../../benches/compile/workloads.rs"]
#[allow(dead_code, reason = "the benchmark uses more of it")]
mod workloads;

use rustg_driver::{Compilation, Options, SourceFile, compile};

fn built(text: &str, threads: usize) -> Compilation {
    let files = [SourceFile { path: "kernels.rs".to_owned(), text: text.to_owned() }];
    let compilation = compile(&files, &Options { threads, ..Options::default() });
    assert_eq!(compilation.diagnostics, []);
    compilation
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    let text = workloads::project(60);
    let one = built(&text, 1);
    assert_eq!(one.kernels.len(), 60);
    for threads in [2, 5] {
        let other = built(&text, threads);
        assert!(one.ptx == other.ptx, "{threads} threads write another text");
        assert_eq!((&one.kernels, &one.sites), (&other.kernels, &other.sites));
    }
}

#[test]
fn a_kernel_is_the_same_text_alone_and_among_others() {
    let whole = built(&workloads::project(20), 2).ptx.expect("no diagnostics, so there is PTX");
    let body = |ptx: &str, symbol: &str| {
        let start = ptx.find(&format!(".visible .entry {symbol}(")).expect("the kernel is there");
        let text = &ptx[start..start + ptx[start..].find("\n}\n").expect("a body ends")];
        // Numbers of lines, names and sites are the whole's.
        let own = |line: &&str| !line.starts_with("\t.loc") && !line.starts_with("\tmov.b32 %r");
        text.lines().filter(own).map(|line| format!("{line}\n")).collect::<String>()
    };
    for at in 0..10 {
        let text = format!("{}{}", workloads::RUSTG_HEADER, workloads::kernel(at, at));
        let alone = built(&text, 1).ptx.expect("no diagnostics, so there is PTX");
        assert_eq!(body(&alone, &format!("k{at}")), body(&whole, &format!("k{at}")));
    }
}
