//! A kernel at every level: its source, the intermediate representation, PTX and machine code as lines that know which source lines they come from.

mod listing;

use serde_json::{Value, json};

use crate::cubin::Resources;
use crate::occupancy::Occupancy;
pub use listing::{mir, ptx, sass};

/// A line of a source file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// Index into [`Inspection::files`].
    pub file: u32,
    /// From 1.
    pub line: u32,
}

/// A line of a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The text, without its position.
    pub text: String,
    /// Where it comes from: the place itself, then the calls that it was inlined through, outwards.
    pub places: Vec<Place>,
}

/// A level of the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// `MIR`, `PTX`, `SASS`.
    pub title: &'static str,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its path as the compiler was given it; `<rustg>/…` is the device library.
    pub path: String,
    /// Its lines, empty where it is not the user's.
    pub lines: Vec<String>,
}

/// What machine code tells of the kernel.
#[derive(Clone, PartialEq, Debug)]
pub struct Machine {
    /// `sm_90`.
    pub arch: String,
    /// Registers, memory, spills.
    pub resources: Resources,
    /// Threads of the blocks that the occupancy is of.
    pub threads: u32,
    /// Nothing where the architecture's figures are not known.
    pub occupancy: Option<Occupancy>,
}

/// A kernel at every level.
#[derive(Clone, PartialEq, Debug)]
pub struct Inspection {
    /// The kernel's path.
    pub kernel: String,
    /// The line of its name.
    pub place: Place,
    /// The files that anything comes from.
    pub files: Vec<File>,
    /// MIR, PTX, and SASS where there is a disassembler.
    pub listings: Vec<Listing>,
    /// Nothing where there is no assembler.
    pub machine: Option<Machine>,
    /// What is missing, and how to get it.
    pub missing: Vec<String>,
}

/// Files by their paths: those that are known, and those that positions name.
#[derive(Debug, Default)]
pub struct Files(Vec<File>);

impl Files {
    /// The user's files.
    pub fn new(files: impl Iterator<Item = (String, String)>) -> Files {
        let file = |(path, text): (String, String)| File { path, lines: text.lines().map(str::to_owned).collect() };
        Files(files.map(file).collect())
    }

    /// The number of the file of that path.
    pub fn number(&mut self, path: &str) -> u32 {
        let known = self.0.iter().position(|file| file.path == path);
        known.unwrap_or_else(|| {
            self.0.push(File { path: path.to_owned(), lines: Vec::new() });
            self.0.len() - 1
        }) as u32
    }

    /// All of them.
    pub fn into_inner(self) -> Vec<File> {
        self.0
    }
}

impl Line {
    /// Whether it comes from that line, itself or by what was inlined there.
    pub fn is_of(&self, place: Place) -> bool {
        self.places.contains(&place)
    }
}

impl Inspection {
    /// The path and line of a place.
    pub fn shown(&self, place: Place) -> String {
        let path = self.files.get(place.file as usize).map_or("?", |file| file.path.as_str());
        format!("{path}:{}", place.line)
    }

    /// The innermost place that lies in a file whose text is known.
    pub fn place_in_source(&self, line: &Line) -> Option<Place> {
        let has_text = |place: &&Place| self.files.get(place.file as usize).is_some_and(|file| !file.lines.is_empty());
        line.places.iter().find(has_text).copied()
    }

    /// What the assembler says, in a line: `sm_90: 16 registers, …`.
    pub fn machine_text(&self) -> Option<String> {
        let Machine { arch, resources, threads, occupancy } = self.machine.as_ref()?;
        let Resources { registers, shared_bytes, stack_bytes, spill_store_bytes, spill_load_bytes, .. } = resources;
        let mut text = format!(
            "{arch}: {registers} registers, {shared_bytes} B shared memory, {stack_bytes} B stack, \
             {spill_store_bytes} B spill stores, {spill_load_bytes} B spill loads"
        );
        if let Some(Occupancy { blocks, warps, percent, limit }) = occupancy {
            text.push_str(&format!(
                "; {percent:.0} % occupancy at {threads} threads ({blocks} blocks, {warps} warps, limited by {limit})"
            ));
        }
        Some(text)
    }

    /// As a program reads it: lines of listings with the places that they come from, as `[file, line]`.
    pub fn to_json(&self) -> Value {
        let place = |place: &Place| json!([place.file, place.line]);
        let listings: Vec<Value> = self
            .listings
            .iter()
            .map(|listing| {
                let line = |line: &Line| json!({ "text": line.text, "places": line.places.iter().map(place).collect::<Vec<_>>() });
                json!({ "title": listing.title, "lines": listing.lines.iter().map(line).collect::<Vec<_>>() })
            })
            .collect();
        let machine = self.machine.as_ref().map(|machine| {
            let Resources { symbol, registers, shared_bytes, stack_bytes, spill_store_bytes, spill_load_bytes } =
                &machine.resources;
            json!({
                "arch": machine.arch, "symbol": symbol, "registers": registers, "shared_bytes": shared_bytes,
                "stack_bytes": stack_bytes, "spill_store_bytes": spill_store_bytes, "spill_load_bytes": spill_load_bytes,
                "threads": machine.threads,
                "occupancy": machine.occupancy.map(|it| json!({
                    "blocks": it.blocks, "warps": it.warps, "percent": it.percent, "limit": it.limit,
                })),
            })
        });
        let files: Vec<Value> =
            self.files.iter().map(|file| json!({ "path": file.path, "lines": file.lines })).collect();
        json!({
            "kernel": self.kernel, "place": place(&self.place), "files": files, "listings": listings, "machine": machine,
            "missing": self.missing,
        })
    }

    /// As text: each source line that code comes from, and below it that code, level by level.
    pub fn to_text(&self) -> String {
        let mut text = format!("{} ({})\n", self.kernel, self.shown(self.place));
        text.extend(self.machine_text().map(|line| line + "\n"));
        text.extend(self.missing.iter().map(|line| format!("{line}\n")));
        let all = self.listings.iter().flat_map(|listing| &listing.lines);
        let mut places: Vec<Option<Place>> = all.map(|line| self.place_in_source(line)).collect();
        places.sort();
        places.dedup();
        for place in places {
            let source = place.map_or_else(
                || "(no line of the source)".to_owned(),
                |place| {
                    let line = self.files[place.file as usize].lines.get(place.line.saturating_sub(1) as usize);
                    format!("{}  {}", self.shown(place), line.map_or("", |line| line.trim()))
                },
            );
            text.push_str(&format!("\n{source}\n"));
            for listing in &self.listings {
                for line in listing.lines.iter().filter(|line| self.place_in_source(line) == place) {
                    let code = line.text.trim();
                    if !code.is_empty() {
                        text.push_str(&format!("  {:<4}  {code}\n", listing.title));
                    }
                }
            }
        }
        text
    }
}
