//! Reads the lines of a body: slots, blocks, instructions.

use rustc_hash::FxHashMap;
use rustg_base::Strings;

use super::words::Words;
use super::{Read, align, find_function, find_global, sigil, ty};
use crate::build::yielded_types;
use crate::function::{Function, InstData, List, SlotData};
use crate::ids::{Block, LocationId, Value};
use crate::immediate::{Condition, Memory, Ordering, Rmw, Scope, Shuffle, Space, Special, Vote};
use crate::module::Module;
use crate::opcode::{Opcode, Shape, Yields};
use crate::types::Type;

/// A body that is being read.
pub(super) struct Body<'a> {
    module: &'a Module,
    function: Function,
    strings: Strings,
    blocks: FxHashMap<u32, Block>,
    /// What the text's numbers stand for. A use before the definition (a loop) is patched in the end.
    values: FxHashMap<u32, Value>,
    /// Placeholders for numbers that are used before they are defined: ids above every real one.
    forward: Vec<u32>,
    block: Block,
}

/// Ids of placeholders begin here; real values are bounded far below.
const PLACEHOLDER: u32 = 1 << 31;

impl<'a> Body<'a> {
    pub fn new(module: &'a Module, function: Function) -> Body<'a> {
        let strings = module.strings.clone();
        let (blocks, values) = (FxHashMap::default(), FxHashMap::default());
        Body { module, function, strings, blocks, values, forward: Vec::new(), block: Block::NONE }
    }

    /// Makes the block of a line such as `block1(v2: i32):`, with its parameters.
    pub fn declare_block(&mut self, line: &str) -> Read<()> {
        let mut words = Words::new(line);
        let number = words.id("block")?;
        let block = self.function.add_block();
        if self.blocks.insert(number, block).is_some() {
            return Err(format!("block{number} is there twice"));
        }
        if words.eat("(") {
            let parameters = words.list(")", |words| {
                let number = words.id("v")?;
                words.expect(":")?;
                Ok((number, ty(words)?))
            })?;
            for (number, ty) in parameters {
                let value = self.function.add_parameter(block, ty);
                self.define(number, value)?;
            }
        }
        words.expect(":")
    }

    fn define(&mut self, number: u32, value: Value) -> Read<()> {
        match self.values.insert(number, value) {
            Some(_) => Err(format!("v{number} is assigned twice")),
            None => Ok(()),
        }
    }

    /// Reads one line of the body.
    pub fn read_line(&mut self, line: &str) -> Read<()> {
        let mut words = Words::new(line);
        if line.starts_with("block") && line.ends_with(':') {
            self.block = self.blocks[&words.id("block")?];
            return Ok(());
        }
        if line.starts_with("slot") && words.id("slot").is_ok_and(|at| at as usize == self.function.slots.len()) {
            words.expect("=")?;
            let slot = SlotData { size_bytes: words.small()?, align_bytes: align(&mut words)? };
            self.function.slots.push(slot);
            return words.end();
        }
        if !self.block.is_some() {
            return Err("an instruction stands in a block".to_owned());
        }
        let mut words = Words::new(line);
        let mut names = Vec::new();
        while words.peek().starts_with('v') && words.peek()[1..].bytes().all(|byte| byte.is_ascii_digit()) {
            names.push(words.id("v")?);
            if !words.eat(",") {
                words.expect("=")?;
            }
        }
        let (data, signature) = self.read_inst(&mut words)?;
        let location = if words.eat("!") { LocationId(words.id("location")?) } else { LocationId::NONE };
        words.end()?;
        let (types, count) = yielded_types(&data);
        let types = signature.as_deref().unwrap_or(&types[..count]);
        if types.len() != names.len() {
            return Err(format!(
                "`{}` yields {} values, named are {}",
                data.opcode.info().name,
                types.len(),
                names.len()
            ));
        }
        let inst = self.function.make_inst(data, types, location);
        self.function.append_inst(self.block, inst);
        let results: Vec<Value> = self.function.results(inst).collect();
        names.into_iter().zip(results).try_for_each(|(name, value)| self.define(name, value))
    }

    /// The function, with uses before definitions resolved; else the name that is not defined, and what to say.
    pub fn finish(mut self) -> Result<(Function, Strings), (String, String)> {
        let resolved: Vec<Option<Value>> = self.forward.iter().map(|number| self.values.get(number).copied()).collect();
        if let Some(at) = resolved.iter().position(Option::is_none) {
            let name = format!("v{}", self.forward[at]);
            let message = format!("{name} is not defined");
            return Err((name, message));
        }
        for inst in self.function.placed_insts() {
            self.function.map_operands(inst, |value| match value.0.checked_sub(PLACEHOLDER) {
                Some(at) => resolved.get(at as usize).copied().flatten().unwrap_or(value),
                None => value,
            });
        }
        Ok((self.function, self.strings))
    }

    fn value(&mut self, words: &mut Words<'_>) -> Read<Value> {
        let number = words.id("v")?;
        Ok(self.values.get(&number).copied().unwrap_or_else(|| {
            let at = self.forward.iter().position(|forward| *forward == number).unwrap_or_else(|| {
                self.forward.push(number);
                self.forward.len() - 1
            });
            Value(PLACEHOLDER + at as u32)
        }))
    }

    fn next_value(&mut self, words: &mut Words<'_>) -> Read<Value> {
        words.expect(",")?;
        self.value(words)
    }

    fn values(&mut self, words: &mut Words<'_>) -> Read<List> {
        words.expect("(")?;
        let values = words.list(")", |words| self.value(words))?;
        Ok(self.function.add_values(&values))
    }

    fn target(&mut self, words: &mut Words<'_>) -> Read<List> {
        let number = words.id("block")?;
        let block = self.blocks.get(&number).copied().ok_or_else(|| format!("there is no block{number}"))?;
        let arguments = if words.eat("(") { words.list(")", |words| self.value(words))? } else { Vec::new() };
        Ok(self.function.add_target(block, &arguments))
    }

    /// `[v1 + 8]`: the address and the offset.
    fn address(&mut self, words: &mut Words<'_>) -> Read<(Value, u32)> {
        words.expect("[")?;
        let address = self.value(words)?;
        let sign = match words.word() {
            "]" => return Ok((address, 0)),
            "+" => 1,
            "-" => -1,
            other => return Err(format!("expected `]`, found `{other}`")),
        };
        let distance = i64::from(words.small()?) * sign;
        words.expect("]")?;
        let distance =
            i32::try_from(distance).map_err(|_| format!("{distance} does not fit into an access's offset"))?;
        Ok((address, distance as u32))
    }

    /// An instruction behind its `=`; for a call the types that it yields.
    fn read_inst(&mut self, words: &mut Words<'_>) -> Read<(InstData, Option<Vec<Type>>)> {
        let word = words.word();
        let (name, suffix) = word.split_once('.').unwrap_or((word, "void"));
        let opcode = Opcode::from_name(name).ok_or_else(|| format!("`{name}` is no operation"))?;
        let ty = match suffix {
            "void" => Type::Void,
            other => Type::from_name(other).ok_or_else(|| format!("`{other}` is no type"))?,
        };
        let mut data = InstData::new(opcode, ty);
        match opcode.info().shape {
            Shape::Constant => data = self.constant(ty, words)?,
            Shape::Unary | Shape::WarpBarrier => data.a = self.value(words)?.0,
            Shape::Binary => {
                data.a = self.value(words)?.0;
                data.b = self.next_value(words)?.0;
            }
            Shape::Ternary => self.three(&mut data, words)?,
            Shape::Compare => {
                data.aux = words.named("condition", Condition::from_name)? as u16;
                data.a = self.value(words)?.0;
                data.b = self.next_value(words)?.0;
            }
            Shape::Slot => data.a = words.id("slot")?,
            Shape::Global => data.a = find_global(self.module, sigil(words, '@')?)?.0,
            Shape::Function => data.a = find_function(self.module, sigil(words, '%')?)?.0,
            Shape::Special => data.aux = words.named("special register", Special::from_name)? as u16,
            Shape::Load | Shape::LoadVector | Shape::Store | Shape::StoreVector => self.access(&mut data, words)?,
            Shape::Rmw => {
                data.c = words.named("atomic operation", Rmw::from_name)? as u32;
                data.a = self.value(words)?.0;
                data.b = self.next_value(words)?.0;
                words.expect(",")?;
                data.aux = memory(words)?.0;
            }
            Shape::CompareExchange => {
                self.three(&mut data, words)?;
                words.expect(",")?;
                data.aux = memory(words)?.0;
            }
            Shape::Fence => {
                let ordering = words.named("ordering", Ordering::from_name)?;
                let scope = words.named("scope", Scope::from_name)?;
                data.aux = Memory::plain(Space::Generic, 1).with_ordering(ordering, scope).0;
            }
            Shape::Barrier => {
                data.a = words.small()?;
                data.aux = u16::from(words.eat("aligned"));
            }
            Shape::Shuffle => {
                let mode = words.named("shuffle", Shuffle::from_name)?;
                self.three(&mut data, words)?;
                words.expect(",")?;
                words.expect("width")?;
                let width = words.small()?;
                if !width.is_power_of_two() || width > 32 {
                    return Err(format!("{width} is no width of a shuffle"));
                }
                data.aux = mode.with_width(width);
            }
            Shape::Vote | Shape::Match | Shape::Reduce => {
                data.aux = match opcode {
                    Opcode::Ballot => 0,
                    Opcode::Vote => words.named("vote", Vote::from_name)? as u16,
                    Opcode::Match => words
                        .named("kind of match", |word| ["any", "all"].iter().position(|kind| *kind == word))?
                        as u16,
                    _ => words.named("reduction", Rmw::from_name)? as u16,
                };
                data.a = self.value(words)?.0;
                data.b = self.next_value(words)?.0;
            }
            Shape::Call => {
                let id = find_function(self.module, sigil(words, '%')?)?;
                (data.a, data.c) = (id.0, self.values(words)?);
            }
            Shape::CallIndirect => {
                data.a = words.id("signature")?;
                data.b = self.value(words)?.0;
                data.c = self.values(words)?;
            }
            Shape::Assert => {
                data.a = self.value(words)?.0;
                words.expect(",")?;
                (data.b, data.c) = (words.id("site")?, self.values(words)?);
            }
            Shape::Panic => (data.b, data.c) = (words.id("site")?, self.values(words)?),
            Shape::Print => {
                let format = words.quoted()?;
                (data.a, data.c) = (self.strings.intern(&format).0, self.values(words)?);
            }
            Shape::Jump => data.c = self.target(words)?,
            Shape::Branch => {
                data.a = self.value(words)?.0;
                words.expect(",")?;
                data.b = self.target(words)?;
                words.expect(",")?;
                data.c = self.target(words)?;
            }
            Shape::Switch => self.switch(&mut data, words)?,
            Shape::Return if words.is_empty() || words.peek() == "!" => {}
            Shape::Return => {
                let mut values = vec![self.value(words)?];
                while words.eat(",") {
                    values.push(self.value(words)?);
                }
                data.c = self.function.add_values(&values);
            }
            Shape::Nothing => {}
        }
        let yields = (opcode.info().yields == Yields::Signature).then(|| self.yields_of_call(&data)).transpose()?;
        Ok((data, yields))
    }

    fn yields_of_call(&self, data: &InstData) -> Read<Vec<Type>> {
        if data.opcode == Opcode::Call {
            return Ok(self.module.function(data.function()).returns.clone());
        }
        let signature = self.module.signatures.get(data.a as usize);
        signature.map(|signature| signature.returns.clone()).ok_or_else(|| format!("there is no signature{}", data.a))
    }

    fn three(&mut self, data: &mut InstData, words: &mut Words<'_>) -> Read<()> {
        data.a = self.value(words)?.0;
        data.b = self.next_value(words)?.0;
        data.c = self.next_value(words)?.0;
        Ok(())
    }

    fn access(&mut self, data: &mut InstData, words: &mut Words<'_>) -> Read<()> {
        let (address, offset) = self.address(words)?;
        (data.a, data.b) = (address.0, offset);
        words.expect(",")?;
        match data.opcode.info().shape {
            Shape::Store => data.c = self.value(words)?.0,
            Shape::StoreVector => data.c = self.values(words)?,
            Shape::LoadVector => {
                data.c = words.small()?;
                if ![2, 4, 8].contains(&data.c) {
                    return Err(format!("a vector has 2, 4 or 8 values, not {}", data.c));
                }
            }
            _ => {}
        }
        if data.opcode != Opcode::Load {
            words.expect(",")?;
        }
        data.aux = memory(words)?.0;
        Ok(())
    }

    fn switch(&mut self, data: &mut InstData, words: &mut Words<'_>) -> Read<()> {
        data.a = self.value(words)?.0;
        words.expect(",")?;
        let mut list = vec![self.target(words)?];
        while words.eat(",") {
            let key = words.number()? as u64;
            words.expect(":")?;
            list.extend([key as u32, (key >> 32) as u32, self.target(words)?]);
        }
        data.c = self.function.add_list(&list);
        Ok(())
    }

    fn constant(&mut self, ty: Type, words: &mut Words<'_>) -> Read<InstData> {
        let bits = match words.peek() {
            "true" | "false" => u128::from(words.word() == "true"),
            "-" => {
                words.word();
                words.number()?.wrapping_neg() & ty.mask()
            }
            _ => words.number()?,
        };
        if bits & !ty.mask() != 0 {
            return Err(format!("{bits} does not fit into {}", ty.name()));
        }
        Ok(self.function.constant_row(ty, bits))
    }
}

fn memory(words: &mut Words<'_>) -> Read<Memory> {
    let space = Space::from_name(words.peek());
    if space.is_some() {
        words.word();
    }
    let mut memory = Memory::plain(space.unwrap_or(Space::Generic), align(words)?);
    if let Some(ordering) = Ordering::from_name(words.peek()) {
        words.word();
        memory = memory.with_ordering(ordering, words.named("scope", Scope::from_name)?);
    }
    Ok(if words.eat("read_only") { memory.with_read_only() } else { memory })
}
