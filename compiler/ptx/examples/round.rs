//! Reads PTX files, writes them into a folder and reads them again: `round FOLDER FILE…`.

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let (mut files, mut wrong) = (0, 0);
    for path in arguments {
        let text = std::fs::read(&path).expect("a readable file");
        let (module, diagnostics) = rustg_ptx::parse(&text);
        if !diagnostics.is_empty() {
            println!("{path}: not read");
            continue;
        }
        files += 1;
        let written = rustg_ptx::write(&module);
        let name = std::path::Path::new(&path).file_name().expect("a name").to_string_lossy().into_owned();
        std::fs::write(format!("{folder}/{name}"), &written).expect("a writable folder");
        let (again, diagnostics) = rustg_ptx::parse(written.as_bytes());
        let same = rustg_ptx::write(&again) == written && again.instructions.len() == module.instructions.len();
        if !diagnostics.is_empty() || !same {
            wrong += 1;
            println!("{path}: same: {same}, {:?}", diagnostics.first().map(|d| &d.message));
        }
    }
    println!("{files} files, {wrong} differ");
}
