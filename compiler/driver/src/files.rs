//! Which files a crate consists of: its root and what `mod name;` leads to, whatever else lies beside them.

use rustg_sema::File;
use rustg_syntax::{Edition, NodeId, NodeKind, Scratch};

use crate::SourceFile;

/// The files of a crate, its root first, the others in the order in which they are declared. `read` gives the text of a path, or nothing
/// where there is no such file, which [`crate::compile`] then says.
pub fn crate_files(root: SourceFile, read: &mut dyn FnMut(&str) -> Option<String>) -> Vec<SourceFile> {
    let folder = root.path.rfind('/').map_or("", |end| &root.path[..end]).to_owned();
    let mut files = vec![root];
    let mut folders = vec![folder];
    let mut scratch = Scratch::default();
    let mut at = 0;
    while at < files.len() {
        let file = &files[at];
        // The edition only decides which words are keywords; none of them is a module's name.
        let file = File::new(&mut scratch, file.path.clone(), file.text.clone(), Edition::E2024);
        let mut declared = Vec::new();
        declared_in(&file, NodeId::ROOT, &folders[at], &mut declared);
        for folder in declared {
            let found = [format!("{folder}.rs"), format!("{folder}/mod.rs")].into_iter().find_map(|path| {
                // A file that is declared twice is read once.
                if files.iter().any(|file| file.path == path) {
                    return None;
                }
                let text = read(&path)?;
                Some(SourceFile { path, text })
            });
            if let Some(found) = found {
                files.push(found);
                folders.push(folder);
            }
        }
        at += 1;
    }
    files
}

/// For each `mod name;` below a node, the path of its file without `.rs`, which is also the folder of the modules in it.
fn declared_in(file: &File, node: NodeId, folder: &str, declared: &mut Vec<String>) {
    for child in file.children(node) {
        if file.kind(child) != NodeKind::Module {
            continue;
        }
        let Some(name) = file.name_token(child) else { continue };
        let name = file.token_text(name);
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        match file.child(child, NodeKind::ItemList) {
            Some(list) => declared_in(file, list, &path, declared),
            None => declared.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_what_its_modules_lead_to() {
        let texts = [
            ("src/a.rs", "mod deep; #[cfg(test)] mod tests { fn x() {} }"),
            ("src/a/deep.rs", "pub fn f() {}"),
            ("src/inner/b/mod.rs", "mod missing;"),
            ("src/stray.rs", "this is no Rust"),
        ];
        let root = "mod a; mod inner { pub mod b; } // mod stray;\nfn main() { let text = \"mod stray;\"; }";
        let root = SourceFile { path: "src/main.rs".to_owned(), text: root.to_owned() };
        let mut asked = |path: &str| texts.iter().find(|(known, _)| *known == path).map(|(_, text)| (*text).to_owned());
        let files: Vec<String> = crate_files(root, &mut asked).into_iter().map(|file| file.path).collect();
        assert_eq!(files, ["src/main.rs", "src/a.rs", "src/inner/b/mod.rs", "src/a/deep.rs"]);
    }
}
