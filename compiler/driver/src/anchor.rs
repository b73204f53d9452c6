//! Lines that hold while bodies around them change: a line is told from the body that it stands in, or from the end of the last one before it.

use rustg_codegen::Fragment;
use rustg_sema::Outline;

/// The lines of the files of a crate, told from their bodies.
pub(crate) struct Anchors<'a> {
    /// The files' paths and outlines.
    files: Vec<(&'a str, &'a Outline)>,
}

impl<'a> Anchors<'a> {
    pub fn new(files: impl Iterator<Item = (&'a str, &'a Outline)>) -> Anchors<'a> {
        Anchors { files: files.collect() }
    }

    /// The outline of the file of that path; none for the device library's.
    pub fn outline(&self, path: &str) -> Option<&'a Outline> {
        self.files.iter().find(|(known, _)| *known == path).map(|(_, outline)| *outline)
    }

    /// Makes a fragment's lines those told from bodies. Lines of the device library stay: it does not change.
    pub fn tie(&self, fragment: &mut Fragment) {
        let outlines: Vec<Option<&Outline>> = fragment.files.iter().map(|path| self.outline(path)).collect();
        fragment.map_lines(&|file, line| match outlines[file as usize] {
            Some(outline) => tied(outline, line as u32),
            None => line,
        });
    }

    /// What the lines of a tied fragment are now: by its file and what it says.
    pub fn lines(&self, fragment: &Fragment) -> impl Fn(u32, u64) -> u32 + use<'a> {
        let outlines: Vec<Option<&'a Outline>> = fragment.files.iter().map(|path| self.outline(path)).collect();
        move |file, line| match outlines[file as usize] {
            Some(outline) => untied(outline, line),
            None => line as u32,
        }
    }
}

/// A line told from its body (2 × number + 1), from the end of the body before it (2 × number + 2) or from the file's beginning (0), and the distance.
pub(crate) fn tied(outline: &Outline, line: u32) -> u64 {
    let count = outline.bodies.partition_point(|body| body.lines.0 <= line);
    let (anchor, from) = match count.checked_sub(1) {
        None => (0, 0),
        Some(at) if line <= outline.bodies[at].lines.1 => (2 * at + 1, outline.bodies[at].lines.0),
        Some(at) => (2 * at + 2, outline.bodies[at].lines.1),
    };
    (anchor as u64) << 32 | u64::from(line - from)
}

/// The line again; of an anchor that is not there the distance alone.
pub(crate) fn untied(outline: &Outline, tied: u64) -> u32 {
    let (anchor, distance) = ((tied >> 32) as usize, tied as u32);
    let body = anchor.checked_sub(1).and_then(|anchor| outline.bodies.get(anchor / 2));
    let from = body.map_or(0, |body| if anchor % 2 == 1 { body.lines.0 } else { body.lines.1 });
    from.wrapping_add(distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_sema::File;

    fn outline(text: &str) -> Outline {
        let file = File::new(&mut Default::default(), "a.rs".into(), text.into(), rustg_syntax::Edition::E2024);
        Outline::new(&file)
    }

    #[test]
    fn lines_follow_the_bodies_before_them() {
        let before = outline("const A: u32 = 1;\nfn a() {\n    1;\n}\n\nfn b() {\n    2;\n}\n");
        let after = outline("const A: u32 = 1;\nfn a() {\n    1;\n    3;\n    4;\n}\n\nfn b() {\n    2;\n}\n");
        assert_eq!(before.digest, after.digest);
        for (line, now) in [(1, 1), (2, 2), (3, 3), (5, 7), (6, 8), (7, 9), (8, 10)] {
            assert_eq!(untied(&before, tied(&before, line)), line);
            assert_eq!(untied(&after, tied(&before, line)), now, "line {line}");
        }
    }
}
