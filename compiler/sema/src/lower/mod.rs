//! Instances: bodies in place form with their types known → functions of scalar values.

mod body;
mod call;
mod intrinsic;
mod reach;
mod rvalue;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use rustg_base::{Diagnostic, Span, StringId};
use rustg_mir::function::{Function, LaunchBounds, Parameter, ParameterFacts, SlotData};
use rustg_mir::ids::{FunctionId, GlobalId, LocationId, SiteId};
use rustg_mir::immediate::Space;
use rustg_mir::module::{Global, Location, Module, Site};
use rustg_mir::types::Type;

use crate::items::{DefId, def_flags};
use crate::layout::{Class, Layout};
use crate::place::Body;
use crate::program::Program;
use crate::signatures::Predicate;
use crate::source::FileId;
use crate::traits::Solver;
use crate::types::{Args, ClosureId, Ty, TyKind, flags};

/// A function with its generic arguments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Instance {
    Fn(DefId, Args),
    Closure(ClosureId, Args),
}

/// How a kernel's parameter is passed, for the driver to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelParameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// What it is.
    pub kind: KernelParameterKind,
}

/// What a kernel's parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KernelParameterKind {
    /// One value of that type.
    Scalar,
    /// An address of that type.
    Pointer(Ty, bool),
    /// Elements: shared, mutable or disjoint.
    Slice(Ty, u8),
    /// Bytes: size and alignment.
    Bytes(u64, u32),
}

/// A kernel that was lowered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoweredKernel {
    /// The function.
    pub def: DefId,
    /// Its function in the module.
    pub function: FunctionId,
    /// The definitions of the program, not of the device library, that its code comes from, in order.
    pub reached: Vec<DefId>,
    /// The variables in constant memory that it reaches.
    pub constants: Vec<GlobalId>,
    /// Its symbol.
    pub symbol: String,
    /// Its parameters.
    pub parameters: Vec<KernelParameter>,
    /// The most threads of a block; 0 for no bound.
    pub max_threads: u32,
}

/// What lowering gives.
pub struct Lowered {
    /// The module, before passes.
    pub module: Module,
    /// The kernels.
    pub kernels: Vec<LoweredKernel>,
    /// The variables in constant memory, and the symbol of each.
    pub constants: Vec<(DefId, GlobalId)>,
    /// Sizes and alignments of the element types that the kernels' parameters name.
    pub sizes: FxHashMap<Ty, (u64, u32)>,
}

pub(crate) struct Lowering<'a> {
    pub(crate) program: &'a mut Program,
    pub(crate) module: Module,
    pub(crate) layouts: FxHashMap<Ty, Rc<Layout>>,
    instances: FxHashMap<Instance, FunctionId>,
    /// What each function is an instance of.
    pub(crate) owners: Vec<DefId>,
    queue: Vec<(Instance, FunctionId)>,
    locations: FxHashMap<Location, LocationId>,
    sites: FxHashMap<Site, SiteId>,
    texts: FxHashMap<Vec<u8>, GlobalId>,
    statics: FxHashMap<DefId, GlobalId>,
    pub(crate) promoted: FxHashMap<(ClosureId, Args), GlobalId>,
    pub(crate) constants: Vec<(DefId, GlobalId)>,
    /// The memory whose size launches say, by the alignment that it is asked for with.
    dynamic_shared: Vec<(u32, GlobalId)>,
    pub(crate) static_owners: FxHashMap<GlobalId, DefId>,
    instantiated: FxHashMap<(Ty, Args), Ty>,
    file_ids: FxHashMap<FileId, StringId>,
    symbols: FxHashMap<String, u32>,
    /// Who asked for an instance first.
    callers: FxHashMap<Instance, Option<Instance>>,
    /// The kernel and the instance that are lowered.
    kernel: Option<DefId>,
    current: Option<Instance>,
}

impl Program {
    /// Lowers every kernel and what it reaches. What is wrong is reported.
    pub fn lower(&mut self) -> Lowered {
        let kernels = self.kernels.clone();
        self.lower_kernels(&kernels)
    }

    /// Lowers those kernels and what they reach into a module of their own. What a kernel becomes does not depend on the others.
    pub fn lower_kernels(&mut self, which: &[DefId]) -> Lowered {
        let symbols = which.iter().map(|id| (self.kernel_symbol(*id), 1)).collect();
        let mut lowering = Lowering::new(self);
        lowering.symbols = symbols;
        let mut kernels = Vec::new();
        for &id in which {
            (lowering.kernel, lowering.current) = (Some(id), None);
            kernels.extend(lowering.lower_kernel(id));
            lowering.drain();
        }
        if lowering.program.diagnostics.is_empty() {
            lowering.program.check_all_barriers();
        }
        let reached = lowering.reached(kernels.iter().map(|kernel| kernel.function));
        for (kernel, (reached, constants)) in kernels.iter_mut().zip(reached) {
            (kernel.reached, kernel.constants) = (reached, constants);
        }
        let mut sizes = FxHashMap::default();
        for kernel in &kernels {
            for parameter in &kernel.parameters {
                for ty in [
                    Some(parameter.ty),
                    match parameter.kind {
                        KernelParameterKind::Slice(ty, _) | KernelParameterKind::Pointer(ty, _) => Some(ty),
                        _ => None,
                    },
                ]
                .into_iter()
                .flatten()
                {
                    let layout = lowering.layout(ty);
                    sizes.insert(ty, (layout.size, layout.align));
                }
            }
        }
        Lowered { module: lowering.module, kernels, constants: lowering.constants, sizes }
    }

    /// A kernel's name in PTX: its own, with a number where kernels before it have the same.
    pub fn kernel_symbol(&self, id: DefId) -> String {
        let name = self.def(id).name;
        let before =
            self.kernels.iter().take_while(|other| **other != id).filter(|other| self.def(**other).name == name);
        let (count, name) = (before.count(), self.strings.get(name));
        if count == 0 { name.to_owned() } else { format!("{name}.{count}") }
    }
}

impl<'a> Lowering<'a> {
    /// Nothing lowered yet.
    pub(crate) fn new(program: &'a mut Program) -> Lowering<'a> {
        Lowering {
            program,
            module: Module::default(),
            layouts: FxHashMap::default(),
            instances: FxHashMap::default(),
            owners: Vec::new(),
            queue: Vec::new(),
            locations: FxHashMap::default(),
            sites: FxHashMap::default(),
            texts: FxHashMap::default(),
            statics: FxHashMap::default(),
            promoted: FxHashMap::default(),
            constants: Vec::new(),
            dynamic_shared: Vec::new(),
            static_owners: FxHashMap::default(),
            instantiated: FxHashMap::default(),
            file_ids: FxHashMap::default(),
            symbols: FxHashMap::default(),
            callers: FxHashMap::default(),
            kernel: None,
            current: None,
        }
    }
}

impl Lowering<'_> {
    /// Lowers what was asked for until nothing is left.
    pub(crate) fn drain(&mut self) {
        while let Some((instance, id)) = self.queue.pop() {
            self.lower_instance(instance, id);
        }
    }

    /// The type with its parameters replaced and its projections told.
    pub(crate) fn instantiate(&mut self, ty: Ty, args: &[Ty]) -> Ty {
        if !self.program.types.has(ty, flags::PARAM | flags::PROJECTION) {
            return ty;
        }
        let list = self.program.types.args(args);
        if let Some(&known) = self.instantiated.get(&(ty, list)) {
            return known;
        }
        let replaced = self.program.types.substitute(ty, args);
        let mut result = replaced;
        if self.program.types.has(replaced, flags::PROJECTION) {
            let mut solver = self.solver();
            let normalized = solver.normalize(replaced);
            result = solver.resolve(normalized);
        }
        self.instantiated.insert((ty, list), result);
        result
    }

    pub(crate) fn instantiate_list(&mut self, list: Args, args: &[Ty]) -> Args {
        let items: Vec<Ty> = self.program.types.list(list).to_vec();
        let items: Vec<Ty> = items.into_iter().map(|ty| self.instantiate(ty, args)).collect();
        self.program.types.args(&items)
    }

    pub(crate) fn solver(&mut self) -> Solver<'_> {
        let none: Rc<Vec<Predicate>> = Rc::new(Vec::new());
        Solver::new(self.program, none)
    }

    /// The value of a constant among generic arguments.
    pub(crate) fn constant_of(&self, ty: Ty) -> u64 {
        match self.program.types.kind(ty) {
            TyKind::Const(value) => value as u64,
            _ => 0,
        }
    }

    /// The function of an instance, made when it is asked for first.
    pub(crate) fn instance(&mut self, instance: Instance) -> FunctionId {
        if let Some(&known) = self.instances.get(&instance) {
            return known;
        }
        let name = match instance {
            Instance::Fn(def, args) => format!("{}{}", self.program.path_of(def), self.program.args_name(args)),
            Instance::Closure(id, args) => {
                let owner = self.program.closures[id.0 as usize].owner;
                let number = self.program.closures[id.0 as usize].index.0;
                format!("{}::{{closure#{number}}}{}", self.program.path_of(owner), self.program.args_name(args))
            }
        };
        let name = self.unique(name);
        let name = self.module.strings.intern(&name);
        let id = FunctionId::new(self.module.functions.len());
        let mut function = Function::new(name, false);
        self.callers.insert(instance, self.current);
        let before = self.program.diagnostics.len();
        let outline = self.outline(instance);
        self.tell_chain(instance, before);
        if let Some((parameters, result)) = outline {
            for ty in parameters {
                self.add_parameter(&mut function, ty);
            }
            match self.layout(result).class {
                Class::Nothing => {}
                Class::Scalar(ty) => function.returns = vec![ty],
                Class::Fat => function.returns = vec![Type::I64, Type::I64],
                // The caller says where.
                Class::Memory => function.parameters.insert(0, Parameter::Value(Type::I64, ParameterFacts::default())),
            }
        }
        self.module.functions.push(function);
        self.owners.push(match instance {
            Instance::Fn(def, _) => def,
            Instance::Closure(id, _) => self.program.closures[id.0 as usize].owner,
        });
        self.instances.insert(instance, id);
        self.queue.push((instance, id));
        id
    }

    fn unique(&mut self, name: String) -> String {
        let count = self.symbols.entry(name.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { name } else { format!("{name}.{}", *count - 1) }
    }

    fn add_parameter(&mut self, function: &mut Function, ty: Ty) {
        let plain = |ty| Parameter::Value(ty, ParameterFacts::default());
        match self.layout(ty).class {
            Class::Nothing => {}
            Class::Scalar(ty) => function.parameters.push(plain(ty)),
            Class::Fat => function.parameters.extend([plain(Type::I64), plain(Type::I64)]),
            Class::Memory => function.parameters.push(plain(Type::I64)),
        }
    }

    /// The types of what an instance takes and returns.
    fn outline(&mut self, instance: Instance) -> Option<(Vec<Ty>, Ty)> {
        let (body, args) = self.body(instance)?;
        let args: Vec<Ty> = self.program.types.list(args).to_vec();
        let locals: Vec<Ty> = body.locals[..=body.parameter_count as usize].iter().map(|local| local.ty).collect();
        let mut types: Vec<Ty> = locals.into_iter().map(|ty| self.instantiate(ty, &args)).collect();
        if let Instance::Fn(def, _) = instance
            && self.program.def(def).kind == crate::items::DefKind::Fn
        {
            // Patterns of parameters may look through references; the signature says the types.
            let signature = self.program.signature_of(def);
            for (at, ty) in signature.parameters.iter().enumerate() {
                types[at + 1] = self.instantiate(*ty, &args);
            }
        }
        let result = types.remove(0);
        Some((types, result))
    }

    fn body(&mut self, instance: Instance) -> Option<(Rc<Body>, Args)> {
        match instance {
            Instance::Fn(def, args) => Some((self.program.body_of(def)?, args)),
            Instance::Closure(id, args) => Some((self.program.closures[id.0 as usize].body.clone()?, args)),
        }
    }

    fn lower_instance(&mut self, instance: Instance, id: FunctionId) {
        let Some((body, args)) = self.body(instance) else { return };
        let function = self.module.functions[id.index()].clone();
        let before = self.program.diagnostics.len();
        let outer = self.current.replace(instance);
        let function = body::lower(self, function, &body, args, None);
        self.module.functions[id.index()] = function;
        self.tell_chain(instance, before);
        self.current = outer;
    }

    /// Says by which calls a kernel reaches an instance, of what was reported from `before` on.
    fn tell_chain(&mut self, instance: Instance, before: usize) {
        let Some(kernel) = self.kernel.filter(|_| self.program.diagnostics.len() > before) else { return };
        let mut names = Vec::new();
        let mut at = Some(instance);
        while let Some(instance) = at {
            let name = match instance {
                Instance::Fn(def, _) => Some(def),
                // A closure is where it stands.
                Instance::Closure(..) => None,
            };
            names.extend(name.map(|def| self.program.path_of(def)));
            at = self.callers.get(&instance).copied().flatten();
        }
        if names.is_empty() {
            return;
        }
        names.push(self.program.path_of(kernel));
        names.reverse();
        let chain = format!("the kernel `{}` reaches it: {}", names[0], names.join(" → "));
        for (_, diagnostic) in &mut self.program.diagnostics[before..] {
            if !diagnostic.help.iter().any(|help| help.starts_with("the kernel `")) {
                diagnostic.help.push(chain.clone());
            }
        }
    }

    fn lower_kernel(&mut self, id: DefId) -> Option<LoweredKernel> {
        let span = self.program.name_span(id);
        let file = self.program.def(id).file;
        if !self.program.generics_of(id).params.is_empty() {
            self.program.refuse(file, span, "a generic kernel");
            return None;
        }
        let signature = self.program.signature_of(id);
        let mut wrong = signature.result != crate::types::known::UNIT;
        if wrong {
            let error = Diagnostic::error(span, "a kernel returns nothing")
                .with_code("G0101")
                .with_help("write results through a `DisjointSlice` parameter");
            self.program.report(file, error);
        }
        if self.program.has_flag(id, def_flags::METHOD) {
            let error = Diagnostic::error(span, "a kernel is a function, no method").with_code("G0102");
            self.program.report(file, error);
            wrong = true;
        }
        let body = self.program.body_of(id)?;
        self.program.check_own_index(&body, &signature.parameters);
        let symbol = self.program.kernel_symbol(id);
        let name = self.module.strings.intern(&symbol);
        let mut function = Function::new(name, true);
        let bounds = self.program.launch_bounds.get(&id).cloned().unwrap_or_default();
        function.bounds = LaunchBounds {
            max_threads: bounds.first().copied().unwrap_or(0),
            min_blocks: bounds.get(1).copied().unwrap_or(0),
        };
        let nodes = self.program.parameter_nodes(file, self.program.def(id).node);
        let mut parameters = Vec::new();
        for (ty, node) in signature.parameters.iter().zip(nodes) {
            let text = self
                .program
                .file(file)
                .name_token(node)
                .map(|token| self.program.file(file).token_text(token).to_owned());
            match self.kernel_parameter(*ty, &mut function) {
                Some(kind) => parameters.push(KernelParameter { name: text.unwrap_or_default(), ty: *ty, kind }),
                None => {
                    let (name, span) = (self.program.type_name(*ty), self.program.file(file).span(node));
                    self.program.refuse(file, span, &format!("a kernel parameter of type `{name}`"));
                    wrong = true;
                }
            }
        }
        if wrong {
            return None;
        }
        let kinds: Vec<KernelParameterKind> = parameters.iter().map(|parameter| parameter.kind).collect();
        let at = FunctionId::new(self.module.functions.len());
        self.module.functions.push(function.clone());
        self.owners.push(id);
        let function = body::lower(self, function, &body, Args::EMPTY, Some(&kinds));
        self.module.functions[at.index()] = function;
        let max_threads = bounds.first().copied().unwrap_or(0);
        self.drain();
        self.check_shared_size(id, at);
        Some(LoweredKernel {
            def: id,
            function: at,
            reached: Vec::new(),
            constants: Vec::new(),
            symbol,
            parameters,
            max_threads,
        })
    }

    /// A block has 48 KiB of shared memory that is declared.
    fn check_shared_size(&mut self, kernel: DefId, function: FunctionId) {
        use crate::rules::shared::{STATIC_SHARED_BYTES_MAX, shared_bytes};
        let shared = self.module.globals.iter().filter(|global| global.space == Space::Shared);
        if shared.map(|global| global.size_bytes).sum::<u64>() <= STATIC_SHARED_BYTES_MAX {
            return;
        }
        let (bytes, pieces) = shared_bytes(&self.module, function);
        if bytes <= STATIC_SHARED_BYTES_MAX {
            return;
        }
        let pieces: Vec<String> = pieces.iter().map(|(name, size)| format!("`{name}` {size}")).collect();
        let name = self.program.path_of(kernel);
        let error = Diagnostic::error(
            self.program.name_span(kernel),
            format!("`{name}` declares {bytes} bytes of shared memory; a block has {STATIC_SHARED_BYTES_MAX}"),
        )
        .with_code("G0107")
        .with_primary(pieces.join(", "))
        .with_help("take `DynamicSharedArray`, whose size the launch says: it may be larger");
        let file = self.program.def(kernel).file;
        self.program.report(file, error);
    }

    /// A slice's length as a parameter: its bytes are no more than `isize::MAX` (Rust's reference, "Slice types").
    fn slice_length(&mut self, element: Ty) -> Parameter {
        let bits = self.layout(element).size.checked_ilog2().map_or(0, |log| 63 - log);
        Parameter::Value(Type::I64, ParameterFacts { bits, ..ParameterFacts::default() })
    }

    /// Adds a kernel's parameter as it arrives, and says what it is.
    fn kernel_parameter(&mut self, ty: Ty, function: &mut Function) -> Option<KernelParameterKind> {
        let pointer = |align: u32, facts: ParameterFacts| {
            Parameter::Value(Type::I64, ParameterFacts { global: true, align_bytes: align, ..facts })
        };
        let plain = ParameterFacts::default();
        match self.program.types.kind(ty) {
            TyKind::Ref(target, is_mutable) => match self.program.types.kind(target) {
                TyKind::Slice(element) => {
                    let align = self.layout(element).align;
                    let facts = ParameterFacts { read_only: !is_mutable && self.is_frozen(element), ..plain };
                    let length = self.slice_length(element);
                    function.parameters.extend([pointer(align, facts), length]);
                    Some(KernelParameterKind::Slice(element, u8::from(is_mutable)))
                }
                TyKind::Str => None,
                _ => {
                    let align = self.layout(target).align;
                    let facts = ParameterFacts { read_only: !is_mutable && self.is_frozen(target), ..plain };
                    function.parameters.push(pointer(align, facts));
                    Some(KernelParameterKind::Pointer(target, is_mutable))
                }
            },
            TyKind::Ptr(target, is_mutable) if !self.is_unsized(target) => {
                function.parameters.push(pointer(0, plain));
                Some(KernelParameterKind::Pointer(target, is_mutable))
            }
            TyKind::Adt(id, args) if self.program.is_lang(id, "DisjointSlice") => {
                let element = self.program.types.list(args)[0];
                let align = self.layout(element).align;
                let length = self.slice_length(element);
                function.parameters.extend([pointer(align, plain), length]);
                Some(KernelParameterKind::Slice(element, 2))
            }
            TyKind::Adt(id, _) if self.program.def(id).kind != crate::items::DefKind::Struct => None,
            _ => {
                if self.contains(ty, &|lowering, ty| {
                    lowering.is_fielded_enum(ty) || matches!(lowering.program.types.kind(ty), TyKind::Ref(..))
                }) {
                    return None;
                }
                let layout = self.layout(ty);
                match layout.class {
                    Class::Scalar(ty) => {
                        function.parameters.push(Parameter::Value(ty, plain));
                        Some(KernelParameterKind::Scalar)
                    }
                    Class::Memory => {
                        let size = u32::try_from(layout.size).ok()?;
                        function
                            .parameters
                            .push(Parameter::Bytes(SlotData { size_bytes: size, align_bytes: layout.align }));
                        Some(KernelParameterKind::Bytes(layout.size, layout.align))
                    }
                    _ => None,
                }
            }
        }
    }

    /// Whether values of the type hold nothing that can change behind a shared reference.
    fn is_frozen(&mut self, ty: Ty) -> bool {
        match self.program.types.kind(ty) {
            TyKind::Adt(id, _) if self.program.is_lang(id, "UnsafeCell") => false,
            TyKind::Adt(id, args) => {
                let args: Vec<Ty> = self.program.types.list(args).to_vec();
                let ids = match self.program.def(id).kind {
                    crate::items::DefKind::Enum => self.program.variants_of(id).to_vec(),
                    _ => vec![id],
                };
                ids.into_iter()
                    .flat_map(|id| self.field_types(id, &args))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .all(|ty| self.is_frozen(ty))
            }
            TyKind::Array(element, _) => self.is_frozen(element),
            TyKind::Tuple(items) => self.program.types.list(items).to_vec().into_iter().all(|ty| self.is_frozen(ty)),
            _ => true,
        }
    }

    // Places of the source.

    pub(crate) fn location(&mut self, file: FileId, span: Span, function: StringId) -> LocationId {
        let file_name = match self.file_ids.get(&file) {
            Some(&known) => known,
            None => {
                let name = self.module.strings.intern(&self.program.file(file).path);
                self.file_ids.insert(file, name);
                name
            }
        };
        let (line, column) = self.program.file(file).line_column(span.start);
        let location = Location { file: file_name, function, line, column, inlined_at: LocationId::NONE };
        if let Some(&known) = self.locations.get(&location) {
            return known;
        }
        let id = LocationId::new(self.module.locations.len());
        self.module.locations.push(location);
        self.locations.insert(location, id);
        id
    }

    pub(crate) fn site(&mut self, message: &str, location: LocationId) -> SiteId {
        let message = self.module.strings.intern(message);
        let site = Site { message, location };
        if let Some(&known) = self.sites.get(&site) {
            return known;
        }
        let id = SiteId::new(self.module.sites.len());
        self.module.sites.push(site);
        self.sites.insert(site, id);
        id
    }

    /// A constant text in device memory.
    pub(crate) fn text(&mut self, bytes: &[u8]) -> GlobalId {
        if let Some(&known) = self.texts.get(bytes) {
            return known;
        }
        // By content, so that it is the same variable wherever the text is used.
        let name = format!("$text{}", rustg_base::Digest::of(bytes));
        let id = self.add_global(&name, Space::Global, bytes.len() as u64, 1, bytes.to_vec());
        self.texts.insert(bytes.to_vec(), id);
        id
    }

    /// The memory whose size a launch says, so aligned: a name for each alignment, all for the same memory.
    pub(crate) fn dynamic_shared(&mut self, align_bytes: u32) -> GlobalId {
        if let Some((_, known)) = self.dynamic_shared.iter().find(|(align, _)| *align == align_bytes) {
            return *known;
        }
        let id = self.add_global(&format!("dynamic_shared{align_bytes}"), Space::Shared, 0, align_bytes, Vec::new());
        self.dynamic_shared.push((align_bytes, id));
        id
    }

    pub(crate) fn add_global(
        &mut self,
        name: &str,
        space: Space,
        size_bytes: u64,
        align_bytes: u32,
        bytes: Vec<u8>,
    ) -> GlobalId {
        let name = self.unique(name.to_owned());
        let name = self.module.strings.intern(&name);
        let id = GlobalId::new(self.module.globals.len());
        self.module.globals.push(Global { name, space, size_bytes, align_bytes, bytes, addresses: Vec::new() });
        id
    }
}
