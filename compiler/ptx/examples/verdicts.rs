//! For each line of a file, an instruction, says whether reader and verifier accept it behind a prelude: `verdicts PRELUDE LINES`.

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut text = |what: &str| std::fs::read_to_string(arguments.next().expect(what)).expect("a readable file");
    let (prelude, lines) = (text("a prelude"), text("instructions"));
    for line in lines.lines() {
        let source = format!("{prelude}{line}\nret;\n}}\n");
        let (module, mut diagnostics) = rustg_ptx::parse(source.as_bytes());
        if diagnostics.is_empty() {
            diagnostics = rustg_ptx::verify(&module, source.as_bytes());
        }
        match diagnostics.first() {
            None => println!("accepted\t{line}"),
            Some(diagnostic) => println!("refused\t{line}\t{}", diagnostic.message),
        }
    }
}
