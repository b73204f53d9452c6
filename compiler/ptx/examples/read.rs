//! Reads PTX files and says what is in them and what is wrong with them: `read FILE…`.

use rustg_base::LineIndex;

fn main() {
    let mut failed = 0;
    for path in std::env::args().skip(1) {
        let text = std::fs::read(&path).expect("a readable file");
        let (module, mut diagnostics) = rustg_ptx::parse(&text);
        diagnostics.extend(rustg_ptx::verify(&module, &text));
        failed += !diagnostics.is_empty() as i32;
        let text = String::from_utf8_lossy(&text);
        let lines = LineIndex::new(&text);
        for diagnostic in diagnostics.iter().take(5) {
            println!("{}", rustg_base::diagnostic::render(diagnostic, &path, &text, &lines, false));
        }
    }
    println!("{failed} files with diagnostics");
    std::process::exit(failed.min(1));
}
