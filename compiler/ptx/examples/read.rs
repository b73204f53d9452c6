//! Reads PTX files and says what is in them and what is wrong with them: `read FILE…`.

use rustg_base::LineIndex;

fn main() {
    let mut failed = 0;
    for path in std::env::args().skip(1) {
        let text = std::fs::read(&path).expect("a readable file");
        let (module, diagnostics) = rustg_ptx::parse(&text);
        let unknown = module.forms.iter().filter(|(_, form)| form.opcode == rustg_ptx::Opcode::Unknown).count();
        println!(
            "{path}: {} functions, {} instructions, {} forms, {unknown} unknown, {} diagnostics",
            module.functions.len(),
            module.instructions.len(),
            module.forms.len(),
            diagnostics.len()
        );
        failed += !diagnostics.is_empty() as i32;
        let text = String::from_utf8_lossy(&text);
        let lines = LineIndex::new(&text);
        for diagnostic in diagnostics.iter().take(5) {
            println!("{}", rustg_base::diagnostic::render(diagnostic, &path, &text, &lines, false));
        }
        for (id, form) in module.forms.iter() {
            let unknown_word = form.modifiers().any(|modifier| modifier == rustg_ptx::Modifier::Unknown);
            if form.opcode == rustg_ptx::Opcode::Unknown || unknown_word {
                println!("  unknown: {}", module.forms.text(id));
            }
        }
    }
    std::process::exit(failed.min(1));
}
