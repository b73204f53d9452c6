//! What `#[kernel]` writes.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::PoisonError;

use proc_macro::{Delimiter, Group, Span, TokenStream, TokenTree};
use rustg_driver::{ConstantVariable, Kernel, kernel_text};

use crate::compile::{Compiled, compiled, shown};
use crate::outline::{self, Kind, Outline, Parameter};
use crate::problem::told;

pub(crate) fn kernel(item: TokenStream) -> TokenStream {
    let outline = match outline::read(&item) {
        Ok(outline) => outline,
        Err(message) => return with(item, &compile_error(&message)),
    };
    let (image, problems) = match image(&outline, &item) {
        Ok(found) => found,
        Err(message) => (empty_image(&outline), vec![(Span::call_site(), message)]),
    };
    let told = problems.iter().flat_map(|(span, message)| compile_error_at(*span, message));
    let item: TokenStream = item.into_iter().chain(told.collect::<Vec<TokenTree>>()).collect();
    with(item, &typed(&outline, &image))
}

pub(crate) fn gpu_test(item: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let Some(name) = function_name(&tokens) else {
        return with(item, &compile_error("`#[gpu_test]` stands before a function"));
    };
    // The attributes before it (`#[ignore]`, `#[should_panic]`) are the test's.
    let body = tokens.iter().position(|token| !is_attribute(token)).unwrap_or(0);
    let written = |text: String| text.parse::<TokenStream>().expect("what is written here is Rust");
    let path = format!("::core::concat!(::core::module_path!(), \"::{name}\")");
    let call = written(format!("::rustg::testing::run({path}, {name});"));
    let inside: TokenStream = tokens[body..].iter().cloned().chain(call).collect();
    let head = written(format!("#[::core::prelude::v1::test] fn {name}()"));
    let block = TokenTree::Group(Group::new(Delimiter::Brace, inside));
    tokens[..body].iter().cloned().chain(head).chain([block]).collect()
}

pub(crate) fn gpu_bench(item: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let Some(name) = function_name(&tokens) else {
        return with(item, &compile_error("`#[gpu_bench]` stands before a function"));
    };
    let test = format!(
        "#[cfg(test)]
         mod {name} {{
             #[::core::prelude::v1::test]
             #[ignore = \"a benchmark: `rustg bench` runs it\"]
             fn gpu_bench() {{ ::rustg::testing::run_bench(::core::module_path!(), super::{name}) }}
         }}"
    );
    let unused = "#[allow(dead_code)]".parse::<TokenStream>().expect("an attribute is Rust");
    with(unused.into_iter().chain(item).collect(), &test)
}

/// The name behind `fn`.
fn function_name(tokens: &[TokenTree]) -> Option<String> {
    let is_fn = |token: &TokenTree| matches!(token, TokenTree::Ident(ident) if ident.to_string() == "fn");
    let at = tokens.iter().position(is_fn)?;
    tokens.get(at + 1).map(ToString::to_string)
}

/// A part of an attribute: the sign or the brackets.
fn is_attribute(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == '#',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        _ => false,
    }
}

/// The item as it was, and source behind it.
fn with(item: TokenStream, source: &str) -> TokenStream {
    let behind: TokenStream = source.parse().expect("what is written here is Rust");
    item.into_iter().chain(behind).collect::<Vec<TokenTree>>().into_iter().collect()
}

/// The same at a place.
fn compile_error_at(span: Span, message: &str) -> TokenStream {
    let text: TokenStream = compile_error(message).parse().expect("what is written here is Rust");
    let at = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            let inside = group.stream().into_iter().map(|mut token| {
                token.set_span(span);
                token
            });
            token = TokenTree::Group(Group::new(group.delimiter(), inside.collect()));
        }
        token.set_span(span);
        token
    };
    text.into_iter().map(at).collect()
}

fn compile_error(message: &str) -> String {
    format!("::core::compile_error!({message:?});\n")
}

/// The kernel's image as an expression, and what is wrong with the crate, which the first kernel that asks is told.
fn image(outline: &Outline, item: &TokenStream) -> Result<(String, Vec<(Span, String)>), String> {
    let span = outline.name.span();
    // An editor's server does not say where the source lies; nothing is launched there.
    let Some(file) = span.local_file() else { return Ok((empty_image(outline), Vec::new())) };
    let compiled = compiled(&file)?;
    let errors = {
        let mut problems = compiled.problems.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = std::mem::replace(&mut problems.is_first, false);
        let shown = package_path(&file).unwrap_or_default();
        told(&mut problems.left, (&shown, span.line()), item, is_first)
    };
    let Some(ptx) = &compiled.compilation.ptx else { return Ok((empty_image(outline), errors)) };
    let kernel = find(&compiled, outline, &file).ok_or_else(|| {
        format!(
            "rustg's compiler does not see this kernel: is {} part of the crate by `mod`, without macros and `cfg`?",
            file.display()
        )
    })?;
    let text = kernel_text(ptx, &kernel.symbol).ok_or("the kernel is not in the PTX that was compiled")?;
    let mut sites = String::new();
    for number in text.sites {
        let Some(site) = compiled.compilation.sites.get(number as usize) else { continue };
        let _ = write!(
            sites,
            "::rustg::internal::Site {{ number: {number}, message: {:?}, file: {:?}, line: {}, column: {} }},",
            site.message, site.file, site.line, site.column
        );
    }
    let constants = &compiled.compilation.constants;
    let constants: String = (constants.iter())
        .filter(|constant| uses(&text.ptx, &constant.symbol))
        .map(|ConstantVariable { path, symbol }| {
            format!("::rustg::internal::ConstantSymbol {{ symbol: {symbol:?}, variable: &crate::{path} }},")
        })
        .collect();
    let lists = [sites.as_str(), constants.as_str()];
    Ok((image_text(&kernel.path, &kernel.symbol, &text.ptx, kernel.max_threads, lists), errors))
}

/// Whether a text names a symbol beside its declaration.
fn uses(ptx: &str, symbol: &str) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'));
    let whole = |at: &usize| {
        let bytes = ptx.as_bytes();
        !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_part(bytes.get(at + symbol.len()))
    };
    ptx.match_indices(symbol).map(|(at, _)| at).filter(whole).count() > 1
}

/// A file's path below the package.
fn package_path(file: &std::path::Path) -> Option<String> {
    let manifest = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    Some(shown(&manifest, &std::fs::canonicalize(file).ok()?))
}

fn find<'a>(compiled: &'a Compiled, outline: &Outline, file: &std::path::Path) -> Option<&'a Kernel> {
    let file = package_path(file)?;
    let (name, line) = (outline.name.to_string(), outline.name.span().line());
    let kernels = compiled.compilation.kernels.iter();
    kernels
        .filter(|kernel| kernel.file == file && kernel.line as usize == line)
        .find(|kernel| kernel.path.rsplit("::").next() == Some(name.as_str()))
}

/// An image as an expression; `lists` are its sites and its constant variables.
fn image_text(path: &str, symbol: &str, ptx: &str, max_threads: u32, [sites, constants]: [&str; 2]) -> String {
    format!(
        "::rustg::internal::KernelImage {{ path: {path:?}, symbol: {symbol:?}, ptx: {ptx:?}, max_threads: {max_threads}, sites: &[{sites}], constants: &[{constants}] }}"
    )
}

fn empty_image(outline: &Outline) -> String {
    let name = outline.name.to_string();
    image_text(&name, &name, "", 0, ["", ""])
}

/// The parameter of `launch`, of `launch_async`, of `on_host`; how its argument is packed; what the function is given on the host.
struct Written {
    launch: String,
    awaited: String,
    host: String,
    pack: String,
    /// What stands before the threads run, and what each gives the function.
    prepare: String,
    give: String,
    host_refused: Option<String>,
}

fn written(parameter: &Parameter) -> Written {
    let Parameter { name, kind } = parameter;
    let plain = |ty: &str| Written {
        launch: format!("{name}: {ty}"),
        awaited: format!("{name}: {ty}"),
        host: format!("{name}: {ty}"),
        pack: format!("arguments.value::<{ty}>({name});"),
        prepare: String::new(),
        give: name.clone(),
        host_refused: None,
    };
    // Memory of a device, packed by `method`; on the host a slice.
    let memory = |method: &str, ty: &str, is_mutable: bool| {
        let (bound, reference, again) =
            if is_mutable { ("DeviceSliceMut", "mut", "&*") } else { ("DeviceSlice", "", "") };
        // Atomics are given a buffer of what they hold.
        let stored = if is_mutable { ty.to_owned() } else { format!("<{ty} as ::rustg::KernelElement>::Stored") };
        let bound = format!("(impl ::rustg::{bound}<{stored}> + ?Sized)");
        Written {
            launch: format!("{name}: &{reference} {bound}"),
            awaited: format!("{name}: &'a {reference} {bound}"),
            host: format!("{name}: &{reference} [{ty}]"),
            pack: format!("arguments.{method}::<{stored}>({again}{name});"),
            ..plain(ty)
        }
    };
    let refused = |what: &str| Some(format!("`on_host` cannot run a kernel with the parameter `{name}`: {what}"));
    match kind {
        Kind::Value(ty) => plain(ty),
        Kind::Slice(ty) => memory("slice", ty, false),
        Kind::Disjoint(ty, space, indexed) => {
            // What is indexed by threads is only theirs in launches of the space's dimensions.
            let space = space.as_deref().unwrap_or("::rustg::thread::Index1D");
            let method = if *indexed { format!("disjoint::<{ty}, {space}>") } else { format!("slice::<{ty}>") };
            let check = if *indexed { format!("launch.check_space::<{space}>();") } else { String::new() };
            Written {
                pack: format!("arguments.{method}(&*{name});"),
                prepare: format!("{check} let {name} = ({name}.as_mut_ptr(), {name}.len());"),
                // SAFETY is said where the text is written out, in `typed`.
                give: format!("unsafe {{ ::rustg::DisjointSlice::from_raw_parts({name}.0, {name}.1) }}"),
                ..memory("slice", ty, true)
            }
        }
        Kind::SliceMut(ty) => Written {
            host_refused: refused("all threads would borrow one `&mut` slice; take a `DisjointSlice`"),
            ..memory("slice", ty, true)
        },
        Kind::Pointer(ty) | Kind::PointerMut(ty) => Written {
            host_refused: refused("it is a pointer to device memory"),
            ..memory("pointer", ty, matches!(kind, Kind::PointerMut(_)))
        },
    }
}

/// The type of the kernel's name, its image, and what it is launched by.
fn typed(outline: &Outline, image: &str) -> String {
    let Outline { visibility, is_unsafe, name, parameters } = outline;
    // What a kernel asks of its caller its launch asks, too: the word before a function, and before a block that calls one.
    let asks = *is_unsafe;
    let (qualifier, safety) = match asks {
        true => ("unsafe ", "\\n# Safety\\nAs the kernel says."),
        false => ("", ""),
    };
    let all: Vec<Written> = parameters.iter().map(written).collect();
    let list =
        |part: fn(&Written) -> &str| all.iter().map(|written| format!(", {}", part(written))).collect::<String>();
    let join =
        |part: fn(&Written) -> &str| all.iter().map(|written| format!("{}\n", part(written))).collect::<String>();
    let names: String = parameters.iter().map(|parameter| format!(", {}", parameter.name)).collect();
    let inner = format!("{qualifier}{{ Self::launch(on, launch{names}) }}");
    let host_body = match all.iter().find_map(|written| written.host_refused.as_ref()) {
        Some(refused) => {
            let unused: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            // The function is named, so that it counts as used.
            format!("let _ = ({name}, launch, {}); ::core::panic!({refused:?})", unused.join(", "))
        }
        None => {
            let given: Vec<&str> = all.iter().map(|written| written.give.as_str()).collect();
            let call = format!("{qualifier}{{ {name}({}) }}", given.join(", "));
            format!("{}::rustg::host::run(launch, || {call})", join(|written| &written.prepare))
        }
    };
    format!(
        "#[allow(non_camel_case_types)]
         #[doc = \"The kernel of this name: launches it.\"]
         {visibility} enum {name} {{}}

         impl ::rustg::Kernel for {name} {{
             fn image() -> &'static ::rustg::internal::KernelImage {{
                 static IMAGE: ::rustg::internal::KernelImage = {image};
                 &IMAGE
             }}
         }}

         #[allow(dead_code, clippy::too_many_arguments)]
         impl {name} {{
             #[doc = \"Launches it on a device or a stream. What goes wrong while it runs is told by the next synchronisation.\"]
             #[doc = \"\\n# Errors\\nWhere it cannot be launched so.{safety}\"]
             pub {qualifier}fn launch(on: &impl ::rustg::LaunchOn, launch: ::rustg::Launch{}) -> ::rustg::Result<()> {{
                 #[allow(unused_mut)]
                 let mut arguments = ::rustg::internal::Arguments::new();
                 {}
                 ::rustg::LaunchOn::launch_image(on, <Self as ::rustg::Kernel>::image(), launch, arguments)
             }}

             #[doc = \"Launches it, and is awaited.{safety}\"]
             pub {qualifier}fn launch_async<'a>(on: &'a (impl ::rustg::LaunchOn + Sync), launch: ::rustg::Launch{}) -> ::rustg::LaunchFuture<'a> {{
                 ::rustg::LaunchFuture::new(on, {inner})
             }}

             #[doc = \"Runs it as host code: a fiber for each thread, block after block.{safety}\"]
             pub {qualifier}fn on_host(launch: ::rustg::Launch{}) {{
                 {host_body}
             }}
         }}",
        list(|written| &written.launch),
        join(|written| &written.pack),
        list(|written| &written.awaited),
        list(|written| &written.host),
    )
}
