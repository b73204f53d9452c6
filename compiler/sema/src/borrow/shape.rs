//! Where regions stand in types. Types themselves know nothing of them: a type has as many *slots* for regions as this module counts, in a
//! fixed order, and whoever cares keeps the regions in a list beside the type.
//!
//! The order: of a reference its own region, then those of its target; of a structure its lifetime parameters, then those of each generic
//! argument; of tuples and closures those of each part. Generic parameters have none, as what they stand for is unknown inside their item.

use std::rc::Rc;

use rustg_base::StringId;
use rustg_syntax::{NodeKind, TokenKind};

use crate::items::{DefId, DefKind};
use crate::program::Program;
use crate::types::{Ty, TyKind};

use super::annotate::Region;

/// How a slot varies: what flows in may live longer, shorter, or exactly as long.
pub(crate) mod variance {
    pub(crate) const CO: u8 = 1;
    pub(crate) const CONTRA: u8 = 2;
    pub(crate) const IN: u8 = 3;

    /// The variance of a part that varies by `inner` within something that varies by `outer`.
    pub(crate) fn compose(outer: u8, inner: u8) -> u8 {
        match inner {
            CO => outer,
            CONTRA => (outer >> 1) & 1 | (outer & 1) << 1,
            other => other,
        }
    }
}

use variance::{CO, IN, compose};

impl Program {
    /// The lifetime parameters of an item by name, those of what is around it first; unnamed ones of an impl's head have the empty name.
    pub(crate) fn lifetimes_of(&mut self, id: DefId) -> Rc<Vec<StringId>> {
        if let Some(known) = self.regions.lifetimes.get(&id) {
            return known.clone();
        }
        let def = self.def(id).clone();
        let mut names: Vec<StringId> = match def.parent {
            Some(parent) if matches!(self.def(parent).kind, DefKind::Trait | DefKind::Impl | DefKind::Enum) => {
                (*self.lifetimes_of(parent)).clone()
            }
            _ => Vec::new(),
        };
        if !matches!(def.kind, DefKind::Variant | DefKind::Module) {
            let file = &self.files[def.file.0 as usize];
            if let Some(list) = file.child(def.node, NodeKind::GenericParamList) {
                for node in file.children(list).filter(|node| file.kind(*node) == NodeKind::LifetimeParam) {
                    let mut tokens = file.own_tokens(node);
                    if let Some(token) = tokens.find(|token| file.parse.tokens.kind(*token) == TokenKind::Lifetime) {
                        names.push(self.strings.intern(file.token_text(token)));
                    }
                }
            }
        }
        let names = Rc::new(names);
        self.regions.lifetimes.insert(id, names.clone());
        if def.kind == DefKind::Impl {
            // Its head may have lifetimes without a name: they are parameters as well.
            let head = self.head_regions(id);
            let mut all = (*names).clone();
            all.resize(all.len().max(head.count as usize), StringId::EMPTY);
            let all = Rc::new(all);
            self.regions.lifetimes.insert(id, all.clone());
            return all;
        }
        names
    }

    /// The variance of each slot of a type.
    pub(crate) fn shape(&mut self, ty: Ty) -> Rc<[u8]> {
        if let Some(known) = self.regions.shapes.get(&ty) {
            return known.clone();
        }
        let mut out = Vec::new();
        self.shape_into(ty, CO, &mut out, 0);
        let shape: Rc<[u8]> = out.into();
        self.regions.shapes.insert(ty, shape.clone());
        shape
    }

    /// How many slots a type has.
    pub(crate) fn slot_count(&mut self, ty: Ty) -> usize {
        self.shape(ty).len()
    }

    fn shape_into(&mut self, ty: Ty, outer: u8, out: &mut Vec<u8>, depth: u32) {
        if depth > 32 {
            return;
        }
        let depth = depth + 1;
        match self.types.kind(ty) {
            TyKind::Ref(target, is_mutable) => {
                out.push(outer);
                self.shape_into(target, if is_mutable { IN } else { outer }, out, depth);
            }
            TyKind::Ptr(target, is_mutable) => {
                self.shape_into(target, if is_mutable { IN } else { outer }, out, depth);
            }
            TyKind::Slice(element) | TyKind::Array(element, _) => self.shape_into(element, outer, out, depth),
            TyKind::Tuple(items) => {
                for ty in self.types.list(items).to_vec() {
                    self.shape_into(ty, outer, out, depth);
                }
            }
            TyKind::Adt(def, args) => {
                let variances = self.variances_of(def);
                let count = self.lifetimes_of(def).len();
                out.extend(variances[..count].iter().map(|inner| compose(outer, *inner)));
                for (ty, inner) in self.types.list(args).to_vec().into_iter().zip(&variances[count..]) {
                    self.shape_into(ty, compose(outer, *inner), out, depth);
                }
            }
            TyKind::Closure(id, _) => {
                for capture in self.closures[id.0 as usize].captures.clone() {
                    self.shape_into(capture.ty, outer, out, depth);
                }
            }
            TyKind::FnDef(_, args) | TyKind::Projection(_, args) => {
                for ty in self.types.list(args).to_vec() {
                    self.shape_into(ty, IN, out, depth);
                }
            }
            _ => {}
        }
    }

    /// How a structure's or enumeration's lifetime parameters vary, then its generic parameters.
    pub(crate) fn variances_of(&mut self, def: DefId) -> Rc<Vec<u8>> {
        if let Some(known) = self.regions.variances.get(&def) {
            return known.clone();
        }
        let lifetimes = self.lifetimes_of(def).len();
        let count = lifetimes + self.generics_of(def).params.len();
        if self.is_lang(def, "UnsafeCell") || self.is_lang(def, "PhantomData") {
            let all = if self.is_lang(def, "UnsafeCell") { IN } else { CO };
            let all = Rc::new(vec![all; count]);
            self.regions.variances.insert(def, all.clone());
            return all;
        }
        let parts = match self.def(def).kind {
            DefKind::Enum => self.variants_of(def).to_vec(),
            _ => vec![def],
        };
        // What holds itself is looked at until nothing changes.
        self.regions.variances.insert(def, Rc::new(vec![0; count]));
        for _ in 0..8 {
            let mut found = vec![0; count];
            for &part in &parts {
                let fields = self.fields_of(part);
                let regions = self.field_regions(part);
                for (field, regions) in fields.iter().zip(regions.iter()) {
                    self.vary(field.ty, &mut regions.iter(), CO, lifetimes, &mut found);
                }
            }
            if *self.regions.variances[&def] == found {
                break;
            }
            self.regions.variances.insert(def, Rc::new(found));
            self.regions.shapes.clear();
        }
        // What stands nowhere may be anything.
        let known: Vec<u8> = self.regions.variances[&def].iter().map(|found| (*found).max(CO)).collect();
        let known = Rc::new(known);
        self.regions.variances.insert(def, known.clone());
        known
    }

    fn vary(
        &mut self,
        ty: Ty,
        regions: &mut std::slice::Iter<'_, Region>,
        outer: u8,
        lifetimes: usize,
        found: &mut [u8],
    ) {
        match self.types.kind(ty) {
            TyKind::Ref(target, is_mutable) => {
                note(regions.next(), outer, found);
                self.vary(target, regions, if is_mutable { IN } else { outer }, lifetimes, found);
            }
            TyKind::Ptr(target, is_mutable) => {
                self.vary(target, regions, if is_mutable { IN } else { outer }, lifetimes, found);
            }
            TyKind::Slice(element) | TyKind::Array(element, _) => self.vary(element, regions, outer, lifetimes, found),
            TyKind::Tuple(items) => {
                for ty in self.types.list(items).to_vec() {
                    self.vary(ty, regions, outer, lifetimes, found);
                }
            }
            TyKind::Adt(def, args) => {
                let variances = self.variances_of(def);
                let count = self.lifetimes_of(def).len();
                for inner in &variances[..count] {
                    note(regions.next(), compose(outer, *inner), found);
                }
                for (ty, inner) in self.types.list(args).to_vec().into_iter().zip(&variances[count..]) {
                    self.vary(ty, regions, compose(outer, *inner), lifetimes, found);
                }
            }
            TyKind::FnDef(_, args) | TyKind::Projection(_, args) => {
                for ty in self.types.list(args).to_vec() {
                    self.vary(ty, regions, IN, lifetimes, found);
                }
            }
            TyKind::Param(index) => {
                if let Some(found) = found.get_mut(lifetimes + index as usize) {
                    *found |= outer;
                }
            }
            _ => {}
        }
    }
}

fn note(region: Option<&Region>, by: u8, found: &mut [u8]) {
    if let Some(number) = region.and_then(|region| region.parameter())
        && let Some(found) = found.get_mut(number)
    {
        *found |= by;
    }
}
