//! `rustg dump ptx`: what a PTX text holds, as the reader's tables say.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use rustg_base::diagnostic::{self, Severity};
use rustg_base::{Diagnostic, LineIndex};
use rustg_ptx::container::{self, Container, Image, ImageKind, Packing};
use rustg_ptx::{Function, Instruction, Module, Variable, parse, table, verify};

use crate::failure::Failure;
use crate::{device_code, exit, output};

mod summary;

/// What is shown, and of which image.
#[derive(clap::Args)]
pub struct Shown {
    /// PTX: list the device images of the file, with their numbers
    #[arg(long)]
    images: bool,
    /// PTX: show image N of --images only
    #[arg(long, value_name = "N")]
    image: Option<usize>,
    /// PTX: write the text itself, unpacked; of --image N, or of the only one
    #[arg(long, conflicts_with_all = ["images", "json"])]
    text: bool,
    /// PTX: a table of functions instead of their instructions
    #[arg(long, conflicts_with_all = ["images", "text"])]
    summary: bool,
}

impl Shown {
    /// An option that only PTX has, if one was given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [("--images", self.images), ("--image", self.image.is_some()), ("--text", self.text)];
        let mut options = options.into_iter().chain([("--summary", self.summary)]);
        options.find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// One PTX text of the file.
struct Text {
    /// The file, with the image's number where it holds several.
    name: String,
    bytes: Vec<u8>,
}

/// Shows the PTX in the file at `path`; exit code 1 when it has errors, which are told on stderr.
pub fn run(path: &Path, json: bool, args: &Shown) -> Result<ExitCode, Failure> {
    let bytes = device_code::read(path)?;
    if u32::try_from(bytes.len()).is_err() && container::is_ptx_text(&bytes) {
        return Err(Failure::input("texts of 4 GiB and more cannot be read").of(path));
    }
    if args.images {
        let file = container::read(&bytes).map_err(|error| Failure::input(error).of(path))?;
        let shown = if json { images_json(&file) } else { images_text(&file) };
        output::write_stdout(shown.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let texts = texts_of(path, &bytes, args)?;
    if args.text {
        output::write_stdout(&texts[0].bytes)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut shown = String::new();
    let mut has_errors = false;
    for Text { name, bytes } in &texts {
        let (module, mut diagnostics) = parse(bytes);
        if diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error) {
            diagnostics.extend(verify(&module, bytes));
        }
        has_errors |= diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let text = String::from_utf8_lossy(bytes);
        let lines = LineIndex::new(&text);
        if json {
            let _ = writeln!(shown, "{}", module_json(&module, &text, &diagnostics, name, &lines));
            continue;
        }
        if texts.len() > 1 {
            let _ = writeln!(shown, "{}{name}", if shown.is_empty() { "" } else { "\n" });
        }
        head_text(&mut shown, &module);
        match args.summary {
            true => shown.push_str(&summary::render(&module)),
            false => module_text(&mut shown, &module, &text),
        }
        for diagnostic in &diagnostics {
            eprintln!("{}\n", diagnostic::render(diagnostic, name, &text, &lines, output::colored()));
        }
    }
    output::write_stdout(shown.as_bytes())?;
    Ok(if has_errors { ExitCode::from(exit::FINDINGS) } else { ExitCode::SUCCESS })
}

/// The PTX texts that are asked for: the file itself, or what its device images hold.
fn texts_of(path: &Path, bytes: &[u8], args: &Shown) -> Result<Vec<Text>, Failure> {
    let of_file = |bytes: Vec<u8>| vec![Text { name: path.display().to_string(), bytes }];
    let is_text = container::is_ptx_text(bytes) || bytes.iter().all(|byte| !matches!(byte, 0 | 0x80..));
    if is_text && args.image.is_none() {
        return Ok(of_file(bytes.to_vec()));
    }
    let file = device_code::open(path, bytes)?;
    let unpacked = |image: &Image<'_>| -> Result<Vec<u8>, Failure> {
        image.text().map(|text| text.into_owned()).map_err(|error| Failure::input(error).of(path))
    };
    if let Some(number) = args.image {
        let Some(image) = file.images.get(number) else {
            let last = file.images.len() - 1;
            return Err(Failure::input(format_args!("has no image {number}; they are 0 to {last}")).of(path));
        };
        return Ok(of_file(unpacked(image)?));
    }
    if args.text && file.ptx_images().count() > 1 {
        let message = "holds several PTX texts: name one by --image N (--images lists them)";
        return Err(Failure::input(message).of(path));
    }
    let several = file.images.len() > 1;
    (file.ptx_images())
        .map(|image| {
            let name =
                if several { format!("{} ({})", path.display(), image.describe()) } else { path.display().to_string() };
            Ok(Text { name, bytes: unpacked(image)? })
        })
        .collect()
}

fn packing_text(packing: Packing) -> &'static str {
    match packing {
        Packing::None => "-",
        Packing::Lz4 => "LZ4",
        Packing::Zstd => "Zstandard",
    }
}

fn images_text(file: &Container<'_>) -> String {
    let mut shown =
        format!("{:>5}  {:<8} {:<9} {:>10} {:>10}  what\n", "image", "target", "packing", "bytes", "at byte");
    for (number, image) in file.images.iter().enumerate() {
        let mut what = image.kind.to_string();
        if image.version != (0, 0) {
            let _ = write!(what, " {}.{}", image.version.0, image.version.1);
        }
        for (label, text) in [("", &image.source), ("in ", &image.member), ("options ", &image.options)] {
            if !text.is_empty() {
                let _ = write!(what, ", {label}{text}");
            }
        }
        let (packing, target) = (packing_text(image.packing), image.target());
        let (size, place) = (image.size_bytes, image.offset_bytes);
        let _ = writeln!(shown, "{number:>5}  {target:<8} {packing:<9} {size:>10} {place:>10}  {what}");
    }
    shown
}

fn images_json(file: &Container<'_>) -> String {
    let images: Vec<_> = (file.images.iter().enumerate())
        .map(|(number, image)| {
            serde_json::json!({
                "image": number,
                "kind": image.kind.to_string(),
                "is_ptx": matches!(image.kind, ImageKind::Ptx | ImageKind::DebugPtx),
                "target": image.target(),
                "version": format!("{}.{}", image.version.0, image.version.1),
                "packing": packing_text(image.packing),
                "size_bytes": image.size_bytes,
                "offset_bytes": image.offset_bytes,
                "source": image.source,
                "member": image.member,
                "options": image.options,
            })
        })
        .collect();
    serde_json::json!({ "images": images }).to_string() + "\n"
}

fn type_text(variable: &Variable) -> String {
    let vector = if variable.lanes > 1 { format!(".v{} ", variable.lanes) } else { String::new() };
    let dimensions: String = variable.dimensions.iter().map(|length| format!("[{length}]")).collect();
    format!("{vector}.{}{dimensions}", variable.kind.text())
}

fn variable_text(module: &Module, variable: &Variable) -> String {
    let name = module.name(variable.name);
    let Variable { size_bytes, align_bytes, .. } = variable;
    let space = format!("{:?}", variable.space).to_lowercase();
    format!("{space} {name}: {}, {size_bytes} bytes, align {align_bytes}", type_text(variable))
}

/// An instruction as the text writes it, in one line.
fn statement(text: &str, instruction: &Instruction) -> String {
    let written = text.get(instruction.span.range()).unwrap_or("");
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn effects(module: &Module, instruction: &Instruction) -> Vec<&'static str> {
    let row = table::row_of(module.form(instruction), instruction.operand_count as usize);
    row.map(|row| row.effects.names().collect()).unwrap_or_default()
}

/// File, line and column of an instruction, innermost first where code was inlined.
fn places(module: &Module, function: &Function, index: u32) -> Vec<(u32, u32, u32)> {
    let location = module.location_in(function, index);
    let chain = location.into_iter().flat_map(|location| module.inline_chain(location));
    chain.map(|location| (location.file, location.line, location.column)).collect()
}

fn head_text(shown: &mut String, module: &Module) {
    let target = &module.target;
    let suffix = target.suffix.map(String::from).unwrap_or_default();
    let (version, bits) = (module.version, module.address_size);
    let _ =
        writeln!(shown, "PTX {}.{} for sm_{}{suffix}, {bits}-bit addresses", version.major, version.minor, target.sm);
}

fn module_text(shown: &mut String, module: &Module, text: &str) {
    for file in &module.files {
        let _ = writeln!(shown, "file {} {}", file.number, module.name(file.path));
    }
    for variable in module.variables.iter().filter(|variable| variable.function.is_none()) {
        if !matches!(variable.space, rustg_ptx::Space::Parameter | rustg_ptx::Space::Register) {
            let _ = writeln!(shown, "{}", variable_text(module, variable));
        }
    }
    for function in &module.functions {
        function_text(shown, module, text, function);
    }
}

fn function_text(shown: &mut String, module: &Module, text: &str, function: &Function) {
    let kind = match (function.is_entry, function.is_defined) {
        (true, _) => "kernel",
        (false, true) => "function",
        (false, false) => "declared function",
    };
    let parameters: Vec<_> = (module.parameters_of(function).iter())
        .map(|parameter| format!("{}: {}", module.name(parameter.name), type_text(parameter)))
        .collect();
    let _ = writeln!(shown, "\n{kind} {}({})", module.name(function.name), parameters.join(", "));
    for index in function.variables.clone() {
        let variable = &module.variables[index as usize];
        if variable.space != rustg_ptx::Space::Parameter {
            let _ = writeln!(shown, "  {}", variable_text(module, variable));
        }
    }
    for index in function.register_blocks.clone() {
        let block = &module.register_blocks[index as usize];
        let count = block.count.map(|count| format!("<{count}>")).unwrap_or_default();
        let _ = writeln!(shown, "  register {}{count}: .{}", module.name(block.name), block.register.kind.text());
    }
    let mut labels: Vec<_> = function.labels.clone().map(|index| &module.labels[index as usize]).collect();
    labels.sort_by_key(|label| label.instruction);
    let mut labels = labels.into_iter().peekable();
    for index in function.instructions.clone() {
        while let Some(label) = labels.next_if(|label| label.instruction <= index) {
            let _ = writeln!(shown, " {}:", module.name(label.name));
        }
        let instruction = &module.instructions[index as usize];
        let place: Vec<_> =
            places(module, function, index).iter().map(|(file, line, _)| format!("{file}:{line}")).collect();
        let effects = effects(module, instruction).join(" ");
        let statement = statement(text, instruction);
        let row = format!("  {index:<5} {:<10} {statement:<56} {effects}", place.join("<"));
        let _ = writeln!(shown, "{}", row.trim_end());
    }
}

fn variable_json(module: &Module, variable: &Variable) -> serde_json::Value {
    serde_json::json!({
        "name": module.name(variable.name),
        "space": format!("{:?}", variable.space).to_lowercase(),
        "type": type_text(variable),
        "size_bytes": variable.size_bytes,
        "align_bytes": variable.align_bytes,
    })
}

fn function_json(module: &Module, text: &str, function: &Function) -> serde_json::Value {
    let instructions: Vec<_> = (function.instructions.clone())
        .map(|index| {
            let instruction = &module.instructions[index as usize];
            let form = module.form(instruction);
            let types: Vec<_> = form.types().iter().map(|found| found.text()).collect();
            serde_json::json!({
                "index": index,
                "start": instruction.span.start,
                "end": instruction.span.end,
                "text": statement(text, instruction),
                "opcode": form.opcode.text(),
                "types": types,
                "effects": effects(module, instruction),
                "places": places(module, function, index),
            })
        })
        .collect();
    let labels: Vec<_> = (function.labels.clone())
        .map(|index| &module.labels[index as usize])
        .map(|label| serde_json::json!({ "name": module.name(label.name), "instruction": label.instruction }))
        .collect();
    let registers: Vec<_> = (function.register_blocks.clone())
        .map(|index| &module.register_blocks[index as usize])
        .map(|block| {
            let (name, kind) = (module.name(block.name), block.register.kind.text());
            serde_json::json!({ "name": name, "count": block.count, "type": kind, "lanes": block.register.lanes })
        })
        .collect();
    let list = |range: &std::ops::Range<u32>| {
        range.clone().map(|index| variable_json(module, &module.variables[index as usize])).collect::<Vec<_>>()
    };
    serde_json::json!({
        "name": module.name(function.name),
        "is_kernel": function.is_entry,
        "is_defined": function.is_defined,
        "parameters": list(&function.parameters),
        "returns": list(&function.returns),
        "variables": list(&function.variables),
        "registers": registers,
        "labels": labels,
        "instructions": instructions,
        "summary": summary::json(module, function),
    })
}

fn module_json(
    module: &Module,
    text: &str,
    diagnostics: &[Diagnostic],
    path: &str,
    lines: &LineIndex,
) -> serde_json::Value {
    let variables: Vec<_> = (module.variables.iter())
        .filter(|variable| variable.function.is_none())
        .map(|variable| variable_json(module, variable))
        .collect();
    let files: Vec<_> = (module.files.iter())
        .map(|file| serde_json::json!({ "number": file.number, "path": module.name(file.path) }))
        .collect();
    let functions: Vec<_> = module.functions.iter().map(|function| function_json(module, text, function)).collect();
    let diagnostics: Vec<_> =
        diagnostics.iter().map(|diagnostic| diagnostic::to_json(diagnostic, path, text, lines)).collect();
    serde_json::json!({
        "version": format!("{}.{}", module.version.major, module.version.minor),
        "target": format!("sm_{}{}", module.target.sm, module.target.suffix.map(String::from).unwrap_or_default()),
        "address_size": module.address_size,
        "files": files,
        "variables": variables,
        "functions": functions,
        "diagnostics": diagnostics,
    })
}
