//! Layouts: sizes, alignments and the places of fields. Structures follow rustc's order of fields, so that what a host lays out is read right.

use std::rc::Rc;

use rustg_mir::types::Type;

use crate::items::{DefId, DefKind, def_flags};
use crate::lower::Lowering;
use crate::types::{Ty, TyKind};

/// How a value of a type is held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// It has no content.
    Nothing,
    /// One value.
    Scalar(Type),
    /// An address and a length.
    Fat,
    /// Bytes in memory.
    Memory,
}

/// A type's layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub size: u64,
    pub align: u32,
    pub class: Class,
    /// Where fields lie; of enumerations by variant.
    pub fields: Vec<Vec<u64>>,
    /// The type of an enumeration's variant number, at offset 0, if it has more than one variant.
    pub tag: Option<Type>,
}

impl Layout {
    fn scalar(ty: Type) -> Layout {
        let size = u64::from(ty.size_bytes());
        Layout { size, align: size as u32, class: Class::Scalar(ty), fields: Vec::new(), tag: None }
    }
}

impl Lowering<'_> {
    /// The layout of a type without parameters; nothing where it has none (recursive or unsized).
    pub(crate) fn layout(&mut self, ty: Ty) -> Rc<Layout> {
        if let Some(known) = self.layouts.get(&ty) {
            return known.clone();
        }
        // A type that holds itself gets no size.
        self.layouts
            .insert(ty, Rc::new(Layout { size: 0, align: 1, class: Class::Nothing, fields: Vec::new(), tag: None }));
        let layout = Rc::new(self.compute_layout(ty));
        self.layouts.insert(ty, layout.clone());
        layout
    }

    fn compute_layout(&mut self, ty: Ty) -> Layout {
        let nothing = Layout { size: 0, align: 1, class: Class::Nothing, fields: Vec::new(), tag: None };
        match self.program.types.kind(ty) {
            TyKind::Bool => Layout::scalar(Type::Bool),
            TyKind::Char => Layout::scalar(Type::I32),
            TyKind::Int(int) => Layout::scalar(Type::integer(int.bits()).expect("integers have these widths")),
            TyKind::Float(32) => Layout::scalar(Type::F32),
            TyKind::Float(_) => Layout::scalar(Type::F64),
            TyKind::Ref(target, _) | TyKind::Ptr(target, _) => match self.is_unsized(target) {
                true => Layout { size: 16, align: 8, class: Class::Fat, fields: vec![vec![0, 8]], tag: None },
                false => Layout::scalar(Type::I64),
            },
            TyKind::Array(element, length) => {
                let count = self.constant_of(length);
                let element = self.layout(element);
                let size = element.size.saturating_mul(count);
                let class = if size == 0 { Class::Nothing } else { Class::Memory };
                Layout { size, align: element.align, class, fields: Vec::new(), tag: None }
            }
            TyKind::Tuple(items) => {
                let items: Vec<Ty> = self.program.types.list(items).to_vec();
                self.structure(&items, true, 0)
            }
            TyKind::Closure(id, args) => {
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                let captures = self.program.closures[id.0 as usize].captures.clone();
                let types: Vec<Ty> = captures.iter().map(|capture| self.instantiate(capture.ty, &args)).collect();
                self.structure(&types, true, 0)
            }
            TyKind::Adt(id, args) => {
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                if self.has_drop(id) {
                    let (file, span) = (self.program.def(id).file, self.program.name_span(id));
                    self.program.refuse(file, span, "a type that implements `Drop`");
                }
                match self.program.def(id).kind {
                    DefKind::Enum => self.enumeration(id, &args),
                    _ => {
                        let types = self.field_types(id, &args);
                        let may_reorder = !self.program.has_flag(id, def_flags::REPR_C);
                        let mut layout = self.structure(&types, may_reorder, 0);
                        layout.align = layout.align.max(self.repr_align(id));
                        layout.size = layout.size.next_multiple_of(u64::from(layout.align));
                        layout
                    }
                }
            }
            _ => nothing,
        }
    }

    /// The alignment that `repr(align(…))` asks for, 1 where there is none.
    fn repr_align(&mut self, id: DefId) -> u32 {
        let words = self.program.reprs.get(&id).map_or(&[][..], Vec::as_slice);
        let asked = words.iter().position(|word| word == "align").and_then(|at| words.get(at + 1)?.parse::<u32>().ok());
        if words.iter().any(|word| word == "packed") {
            let (file, span) = (self.program.def(id).file, self.program.name_span(id));
            self.program.refuse(file, span, "a packed structure");
        }
        asked.filter(|align| align.is_power_of_two() && *align <= 1 << 15).unwrap_or(1)
    }

    /// Values that one access may move: two or four scalars of one type, aligned to their size, of 8 or 16 bytes.
    pub(crate) fn vector_of(&mut self, ty: Ty) -> Option<(Type, u32)> {
        let layout = self.layout(ty);
        if layout.class != Class::Memory || u64::from(layout.align) != layout.size || !matches!(layout.size, 8 | 16) {
            return None;
        }
        let leaves = self.leaves(ty)?;
        let element = leaves.first()?.1;
        let count = leaves.len() as u32;
        let whole = element != Type::Bool && u64::from(count * element.size_bytes()) == layout.size;
        (matches!(count, 2 | 4) && whole && leaves.iter().all(|(_, ty)| *ty == element)).then_some((element, count))
    }

    /// Whether values of the type do something when they go: that is not lowered yet.
    fn has_drop(&mut self, id: DefId) -> bool {
        let Some(drop) = self.program.lang_item("Drop") else { return false };
        let impls = self.program.impls_of_trait.get(&drop).cloned().unwrap_or_default();
        impls.into_iter().any(|of| {
            let header = self.program.header_of(of);
            header.is_some_and(
                |header| matches!(self.program.types.kind(header.self_type), TyKind::Adt(found, _) if found == id),
            )
        })
    }

    /// Whether `found` holds of the type or of something that its values hold.
    pub(crate) fn contains(&mut self, ty: Ty, found: &dyn Fn(&Self, Ty) -> bool) -> bool {
        if found(self, ty) {
            return true;
        }
        match self.program.types.kind(ty) {
            TyKind::Array(element, _) => self.contains(element, found),
            TyKind::Adt(id, _) if self.program.def(id).kind == DefKind::Enum => {
                let count = self.program.variants_of(id).len() as u32;
                (0..count)
                    .any(|variant| self.parts(ty, Some(variant)).into_iter().any(|part| self.contains(part, found)))
            }
            _ => self.parts(ty, None).into_iter().any(|part| self.contains(part, found)),
        }
    }

    /// Whether a type is an enumeration of several variants with fields: its size is not yet rustc's, which uses values that fields cannot have.
    pub(crate) fn is_fielded_enum(&self, ty: Ty) -> bool {
        match self.program.types.kind(ty) {
            TyKind::Adt(id, _) if self.program.def(id).kind == DefKind::Enum => {
                let variants = self.program.variants_of(id);
                variants.len() > 1
                    && variants
                        .iter()
                        .any(|variant| self.program.fields.get(variant).is_none_or(|fields| !fields.is_empty()))
            }
            _ => false,
        }
    }

    pub(crate) fn is_unsized(&self, ty: Ty) -> bool {
        matches!(self.program.types.kind(ty), TyKind::Slice(_) | TyKind::Str)
    }

    /// The types of a structure's or variant's fields.
    pub(crate) fn field_types(&mut self, id: DefId, args: &[Ty]) -> Vec<Ty> {
        let fields = self.program.fields_of(id);
        fields.iter().map(|field| self.instantiate(field.ty, args)).collect()
    }

    /// Fields behind a prefix of `prefix` bytes; rustc puts the most aligned first where it may choose, behind a prefix last.
    fn structure(&mut self, types: &[Ty], may_reorder: bool, prefix: u64) -> Layout {
        let layouts: Vec<Rc<Layout>> = types.iter().map(|ty| self.layout(*ty)).collect();
        let mut order: Vec<usize> = (0..types.len()).collect();
        if may_reorder {
            // Large fields of small alignment (arrays) count as aligned as their size, up to the greatest alignment.
            let most = layouts.iter().map(|layout| layout.align).max().unwrap_or(1);
            let key = |at: usize| {
                let layout: &Layout = &layouts[at];
                let _ = most;
                u64::from(layout.align).max(layout.size).trailing_zeros()
            };
            if prefix == 0 {
                order.sort_by_key(|at| (layouts[*at].size != 0, std::cmp::Reverse(key(*at))));
            } else {
                order.sort_by_key(|at| layouts[*at].align);
            }
        }
        let (mut end, mut align) = (prefix, prefix.max(1) as u32);
        let mut offsets = vec![0; types.len()];
        for at in order {
            let layout = &layouts[at];
            end = end.next_multiple_of(u64::from(layout.align));
            offsets[at] = end;
            end += layout.size;
            align = align.max(layout.align);
        }
        let size = end.next_multiple_of(u64::from(align));
        let class = if size == 0 { Class::Nothing } else { Class::Memory };
        Layout { size, align, class, fields: vec![offsets], tag: None }
    }

    fn enumeration(&mut self, id: DefId, args: &[Ty]) -> Layout {
        let variants = self.program.variants_of(id).to_vec();
        let types: Vec<Vec<Ty>> = variants.iter().map(|variant| self.field_types(*variant, args)).collect();
        if variants.len() <= 1 {
            let fields = types.first().map_or(Vec::new(), Vec::clone);
            return self.structure(&fields, true, 0);
        }
        let tag = match self.program.reprs.get(&id).and_then(|words| words.first()).map(String::as_str) {
            Some("u16" | "i16") => Type::I16,
            Some("u32" | "i32") => Type::I32,
            Some("u64" | "i64" | "usize" | "isize") => Type::I64,
            _ if self.program.has_flag(id, def_flags::REPR_C) => Type::I32,
            _ if variants.len() <= 256 => Type::I8,
            _ => Type::I16,
        };
        let prefix = u64::from(tag.size_bytes());
        let (mut size, mut align) = (prefix, prefix as u32);
        let mut fields = Vec::new();
        for types in &types {
            let layout = self.structure(types, true, prefix);
            size = size.max(layout.size);
            align = align.max(layout.align);
            fields.push(layout.fields[0].clone());
        }
        let size = size.next_multiple_of(u64::from(align));
        let is_plain = types.iter().all(Vec::is_empty);
        let class = if is_plain { Class::Scalar(tag) } else { Class::Memory };
        Layout { size, align, class, fields, tag: Some(tag) }
    }

    /// The pieces of a value in memory: offset and type of each; nothing where it is better copied as bytes.
    pub(crate) fn leaves(&mut self, ty: Ty) -> Option<Vec<(u64, Type)>> {
        let mut leaves = Vec::new();
        self.add_leaves(ty, 0, &mut leaves)?;
        leaves.sort_unstable_by_key(|(at, ty)| (*at, ty.size_bytes()));
        leaves.dedup_by(|a, b| a.0 == b.0 && a.1.size_bytes() == b.1.size_bytes());
        let overlap = leaves.windows(2).any(|pair| pair[0].0 + u64::from(pair[0].1.size_bytes()) > pair[1].0);
        (!overlap).then_some(leaves)
    }

    fn add_leaves(&mut self, ty: Ty, at: u64, leaves: &mut Vec<(u64, Type)>) -> Option<()> {
        let layout = self.layout(ty);
        if leaves.len() > 32 {
            return None;
        }
        match layout.class {
            Class::Nothing => {}
            Class::Scalar(ty) => leaves.push((at, ty)),
            Class::Fat => leaves.extend([(at, Type::I64), (at + 8, Type::I64)]),
            Class::Memory => match self.program.types.kind(ty) {
                TyKind::Array(element, length) => {
                    let count = self.constant_of(length);
                    let size = self.layout(element).size;
                    if count > 32 {
                        return None;
                    }
                    for index in 0..count {
                        self.add_leaves(element, at + index * size, leaves)?;
                    }
                }
                _ => {
                    if let Some(tag) = layout.tag {
                        leaves.push((at, tag));
                    }
                    for (variant, offsets) in layout.fields.iter().enumerate() {
                        let types = self.parts(ty, layout.tag.map(|_| variant as u32));
                        for (part, offset) in types.into_iter().zip(offsets) {
                            self.add_leaves(part, at + offset, leaves)?;
                        }
                    }
                }
            },
        }
        Some(())
    }

    /// The types of the fields of a tuple, structure, variant or closure.
    pub(crate) fn parts(&mut self, ty: Ty, variant: Option<u32>) -> Vec<Ty> {
        match self.program.types.kind(ty) {
            TyKind::Tuple(items) => self.program.types.list(items).to_vec(),
            TyKind::Closure(id, args) => {
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                let captures = self.program.closures[id.0 as usize].captures.clone();
                captures.iter().map(|capture| self.instantiate(capture.ty, &args)).collect()
            }
            TyKind::Adt(id, args) => {
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                let id = match self.program.def(id).kind {
                    DefKind::Enum => match self.program.variants_of(id).get(variant.unwrap_or(0) as usize) {
                        Some(&variant) => variant,
                        None => return Vec::new(),
                    },
                    _ => id,
                };
                self.field_types(id, &args)
            }
            _ => Vec::new(),
        }
    }
}
