//! Reads the text form of [`crate::print`]. For tests and tools: the first mistake ends it, with its line.

mod inst;
mod words;

use std::fmt;

use crate::function::{Function, Parameter, ParameterFacts, SlotData};
use crate::ids::{FunctionId, GlobalId, LocationId};
use crate::immediate::Space;
use crate::module::{Address, Global, Location, Module, Signature, Site};
use crate::types::Type;
use inst::Body;
use words::Words;

/// Why a text is no module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// What a line's reader gives: its errors carry no line yet.
type Read<T> = Result<T, String>;

/// Reads a module. Lines that begin with `;` are comments.
///
/// # Errors
/// With the line and what was expected there. What the text means is not checked: that is [`crate::verify`]'s.
pub fn parse_module(text: &str) -> Result<Module, ParseError> {
    let mut module = Module::default();
    let lines: Vec<(usize, &str)> = (text.lines().enumerate())
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with(';'))
        .collect();
    let at_line = |line| move |message| ParseError { line, message };
    // Names first, so that calls and addresses may lead forward.
    for &(line, text) in &lines {
        declare(&mut module, text).map_err(at_line(line))?;
    }
    let (mut at, mut globals, mut functions) = (0, 0, 0);
    while let Some(&(line, text)) = lines.get(at) {
        at += 1;
        let mut words = Words::new(text);
        match words.peek() {
            "global" => {
                read_global(&mut module, GlobalId::new(globals), &mut words).map_err(at_line(line))?;
                globals += 1;
            }
            "kernel" | "function" => {
                let id = FunctionId::new(functions);
                functions += 1;
                if !words_open_a_body(text) {
                    continue;
                }
                let length = lines[at..].iter().position(|(_, text)| *text == "}");
                let end = at + length.ok_or_else(|| at_line(line)("the body has no closing `}`".to_owned()))?;
                read_body(&mut module, id, &lines[at..end])?;
                at = end + 1;
            }
            _ => read_table_entry(&mut module, &mut words).map_err(at_line(line))?,
        }
    }
    Ok(module)
}

fn words_open_a_body(outline: &str) -> bool {
    outline.ends_with('{')
}

/// Makes what a line declares known by name: a variable, or a function with its outline.
fn declare(module: &mut Module, line: &str) -> Read<()> {
    let mut words = Words::new(line);
    match words.word() {
        "global" => {
            let name = sigil(&mut words, '@')?;
            let name = module.strings.intern(name);
            let space = Space::Global;
            module.globals.push(Global {
                name,
                space,
                size_bytes: 0,
                align_bytes: 1,
                bytes: Vec::new(),
                addresses: Vec::new(),
            });
        }
        kind @ ("kernel" | "function") => {
            let name = sigil(&mut words, '%')?;
            if module.find_function(name).is_some() {
                return Err(format!("`%{name}` is there twice"));
            }
            let mut function = Function::new(module.strings.intern(name), kind == "kernel");
            words.expect("(")?;
            function.parameters = words.list(")", parameter)?;
            function.returns = returns(&mut words)?;
            loop {
                match words.word() {
                    "max_threads" => function.bounds.max_threads = words.small()?,
                    "min_blocks" => function.bounds.min_blocks = words.small()?,
                    "{" | "" => break,
                    other => return Err(format!("`{other}` says nothing about a function")),
                }
            }
            words.end()?;
            module.functions.push(function);
        }
        _ => {}
    }
    Ok(())
}

fn sigil<'a>(words: &mut Words<'a>, sigil: char) -> Read<&'a str> {
    let word = words.word();
    word.strip_prefix(sigil).ok_or_else(|| format!("expected a name after `{sigil}`, found `{word}`"))
}

fn ty(words: &mut Words<'_>) -> Read<Type> {
    words.named("type", Type::from_name)
}

fn returns(words: &mut Words<'_>) -> Read<Vec<Type>> {
    if !words.eat("-") {
        return Ok(Vec::new());
    }
    words.expect(">")?;
    if words.eat("(") { words.list(")", ty) } else { Ok(vec![ty(words)?]) }
}

fn align(words: &mut Words<'_>) -> Read<u32> {
    words.expect("align")?;
    let align = words.small()?;
    if align.is_power_of_two() && align <= 1 << 15 { Ok(align) } else { Err(format!("{align} is no alignment")) }
}

fn parameter(words: &mut Words<'_>) -> Read<Parameter> {
    if words.eat("bytes") {
        return Ok(Parameter::Bytes(SlotData { size_bytes: words.small()?, align_bytes: align(words)? }));
    }
    let ty = ty(words)?;
    let mut facts = ParameterFacts::default();
    loop {
        match words.peek() {
            "global" => facts.global = words.eat("global"),
            "read_only" => facts.read_only = words.eat("read_only"),
            "no_alias" => facts.no_alias = words.eat("no_alias"),
            "align" => facts.align_bytes = align(words)?,
            "bits" => {
                words.expect("bits")?;
                facts.bits = words.small()?;
            }
            _ => return Ok(Parameter::Value(ty, facts)),
        }
    }
}

/// `locationN = …`, `siteN = …`, `signatureN = …`.
fn read_table_entry(module: &mut Module, words: &mut Words<'_>) -> Read<()> {
    let kind = words.peek().trim_end_matches(|c: char| c.is_ascii_digit());
    let id = words.id(kind)? as usize;
    words.expect("=")?;
    let count = match kind {
        "location" => {
            let file = module.strings.intern(&words.quoted()?);
            let line = words.small()?;
            words.expect(":")?;
            let column = words.small()?;
            words.expect("in")?;
            let function = module.strings.intern(&words.quoted()?);
            let inlined_at = if words.eat("inlined_at") { LocationId(words.id("location")?) } else { LocationId::NONE };
            module.locations.push(Location { file, function, line, column, inlined_at });
            module.locations.len()
        }
        "site" => {
            let message = module.strings.intern(&words.quoted()?);
            let location = if words.eat("location") {
                words.expect("-")?;
                LocationId::NONE
            } else {
                LocationId(words.id("location")?)
            };
            module.sites.push(Site { message, location });
            module.sites.len()
        }
        "signature" => {
            words.expect("(")?;
            let parameters = words.list(")", ty)?;
            module.signatures.push(Signature { parameters, returns: returns(words)? });
            module.signatures.len()
        }
        other => return Err(format!("`{other}` begins nothing that a module holds")),
    };
    if id + 1 != count {
        return Err(format!("expected `{kind}{}`", count - 1));
    }
    words.end()
}

fn read_global(module: &mut Module, id: GlobalId, words: &mut Words<'_>) -> Read<()> {
    words.expect("global")?;
    let mut global = module.global(id).clone();
    sigil(words, '@')?;
    global.space = words.named("space", Space::from_name)?;
    global.size_bytes = u64::try_from(words.number()?).map_err(|_| "too many bytes".to_owned())?;
    global.align_bytes = align(words)?;
    if words.eat("=") {
        let hex = words.word();
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2));
        let bytes = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>();
        global.bytes = bytes.ok_or_else(|| format!("`{hex}` is no row of bytes"))?;
    }
    while words.eat(",") {
        let at = words.number()? as u64;
        words.expect(":")?;
        let word = words.word();
        let address = match (word.strip_prefix('@'), word.strip_prefix('%')) {
            (Some(name), _) => {
                words.expect("+")?;
                let negative = words.eat("-");
                let distance = words.number()? as i64;
                Address::Global(find_global(module, name)?, if negative { -distance } else { distance })
            }
            (_, Some(name)) => Address::Function(find_function(module, name)?),
            _ => return Err(format!("`{word}` is no address")),
        };
        global.addresses.push((at, address));
    }
    words.end()?;
    module.globals[id.index()] = global;
    Ok(())
}

fn find_global(module: &Module, name: &str) -> Read<GlobalId> {
    let found = module.strings.find(name).and_then(|name| module.globals.iter().position(|global| global.name == name));
    found.map(GlobalId::new).ok_or_else(|| format!("there is no variable `@{name}`"))
}

fn find_function(module: &Module, name: &str) -> Read<FunctionId> {
    module.find_function(name).ok_or_else(|| format!("there is no function `%{name}`"))
}

fn read_body(module: &mut Module, id: FunctionId, lines: &[(usize, &str)]) -> Result<(), ParseError> {
    let mut body = Body::new(module, module.function(id).clone());
    let at_line = |line| move |message| ParseError { line, message };
    for &(line, text) in lines {
        if text.starts_with("block") && text.ends_with(':') {
            body.declare_block(text).map_err(at_line(line))?;
        }
    }
    for &(line, text) in lines {
        body.read_line(text).map_err(at_line(line))?;
    }
    let (function, strings) = body.finish().map_err(|(line_of, message)| {
        let line = lines.iter().find(|(_, text)| text.contains(&line_of)).map_or(0, |(line, _)| *line);
        ParseError { line, message }
    })?;
    module.functions[id.index()] = function;
    module.strings = strings;
    Ok(())
}
