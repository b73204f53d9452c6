//! `rustg inspect`: a kernel's source, intermediate representation, PTX and machine code, linked line by line.

use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustg_build::cubin::{self, CubinError};
use rustg_build::inspect::{self, Files, Inspection, Listing, Machine, Place};
use rustg_build::occupancy::occupancy;
use rustg_build::toolkit::Tool;
use rustg_driver::{Kernel, Options, Target, compile, compile_to_mir, kernel_text};
use rustg_tui::inspect::InspectState;
use rustg_tui::{Colours, Exit, Theme};

use crate::build::{crate_files, edition, target, tell};
use crate::failure::Failure;
use crate::{exit, output};

/// Show a kernel's source, MIR, PTX and machine code side by side
///
/// The line under the cursor shows what it became at each level, and what it came from. With ptxas (`pip install nvidia-cuda-nvcc`, or the CUDA toolkit)
/// registers, shared memory, spills and occupancy are told, with nvdisasm (the CUDA toolkit) the machine code. Where stdout is no terminal: text.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  rustg inspect saxpy                       a kernel of the crate here
  rustg inspect linear::saxpy path/to/crate
  rustg inspect saxpy --gpu-arch sm_120 --threads 128
  rustg inspect saxpy --json | jq .machine.registers
  rustg inspect                             which kernels there are

Exit codes: 0 fine, 1 the program is refused, 2 there is no such kernel or a file cannot be read.")]
pub struct Args {
    /// The kernel: its name, or as much of its path as tells it from others
    #[arg(value_name = "KERNEL")]
    kernel: Option<String>,
    /// A crate's root file or folder
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// The GPU: sm_75, sm_80, …
    #[arg(long, value_name = "ARCH", default_value = "sm_90", value_parser = target)]
    gpu_arch: Target,
    /// Threads of a block, for the occupancy; without it the kernel's launch bounds, else 256
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// 0 leaves the code as it was lowered, 1 and above run the passes
    #[arg(long, value_name = "N", default_value_t = 3)]
    opt_level: u8,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print text also on a terminal
    #[arg(long, conflicts_with = "json")]
    text: bool,
    /// Plain ASCII instead of Unicode
    #[arg(long)]
    ascii: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let files = crate_files(&args.path)?;
    let options = Options {
        target: args.gpu_arch,
        edition: edition(&files),
        optimization_level: args.opt_level,
        ..Options::default()
    };
    let compilation = compile(&files, &options);
    let Some(ptx) = compilation.ptx.as_ref().filter(|_| !compilation.has_errors()) else {
        tell(&files, &compilation)?;
        return Ok(ExitCode::from(exit::FINDINGS));
    };
    let Some(wanted) = &args.kernel else {
        let names: String = compilation.kernels.iter().map(|kernel| format!("{}\n", kernel.path)).collect();
        output::write_stdout(names.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    };
    let kernel = find(&compilation.kernels, wanted)?;
    let (mir, _) = compile_to_mir(&files, &options);
    let mut known = Files::new(files.iter().map(|file| (file.path.clone(), file.text.clone())));
    let own = kernel_text(ptx, &kernel.symbol).ok_or_else(|| Failure::input("the kernel is not in the PTX"))?.ptx;
    let place = Place { file: known.number(&kernel.file), line: kernel.line };
    let mut listings = Vec::new();
    listings.extend(mir.map(|text| inspect::mir(&text, &kernel.symbol, &mut known)));
    listings.push(inspect::ptx(&own, &mut known));
    let mut missing = Vec::new();
    let machine = machine(args, kernel, &own, &mut known, &mut listings, &mut missing)?;
    let files = known.into_inner();
    let inspection = Inspection { kernel: kernel.path.clone(), place, files, listings, machine, missing };
    if args.json {
        output::write_stdout(format!("{}\n", inspection.to_json()).as_bytes())?;
    } else if args.text || !std::io::stdout().is_terminal() {
        output::write_stdout(inspection.to_text().as_bytes())?;
    } else {
        return show(args, inspection);
    }
    Ok(ExitCode::SUCCESS)
}

/// The kernel whose path is, or ends in, what was asked for.
fn find<'a>(kernels: &'a [Kernel], wanted: &str) -> Result<&'a Kernel, Failure> {
    let names = |kernels: &mut dyn Iterator<Item = &Kernel>| {
        kernels.map(|kernel| kernel.path.as_str()).collect::<Vec<_>>().join(", ")
    };
    if let Some(exact) = kernels.iter().find(|kernel| kernel.path == wanted) {
        return Ok(exact);
    }
    let ends = |kernel: &&Kernel| kernel.path.strip_suffix(wanted).is_some_and(|before| before.ends_with("::"));
    let found: Vec<&Kernel> = kernels.iter().filter(ends).collect();
    match found[..] {
        [kernel] => Ok(kernel),
        [] if kernels.is_empty() => Err(Failure::input("there are no kernels: a function with #[kernel] is one")),
        [] => {
            Err(Failure::input(format_args!("there is no kernel `{wanted}`; there are {}", names(&mut kernels.iter()))))
        }
        _ => Err(Failure::input(format_args!("`{wanted}` is one of {}", names(&mut found.iter().copied())))),
    }
}

/// What the assembler says, and the machine code as another listing; what is not installed goes to `missing`.
fn machine(
    args: &Args,
    kernel: &Kernel,
    ptx: &str,
    files: &mut Files,
    listings: &mut Vec<Listing>,
    missing: &mut Vec<String>,
) -> Result<Option<Machine>, Failure> {
    let arch = args.gpu_arch.to_string();
    let assembled = match cubin::assemble(ptx, &arch, cubin::cache_folder().as_deref()) {
        Ok(assembled) => assembled,
        Err(CubinError::NoPtxas) => {
            missing.push(Tool::Ptxas.how_to_get().to_owned());
            return Ok(None);
        }
        Err(error) => return Err(Failure::input(error)),
    };
    match Tool::Nvdisasm.find() {
        Some(nvdisasm) => {
            let text = disassemble(&nvdisasm, &assembled.bytes)?;
            listings.push(inspect::sass(&text, &kernel.symbol, files));
        }
        None => missing.push(Tool::Nvdisasm.how_to_get().to_owned()),
    }
    let resources = assembled.resources.into_iter().find(|resources| resources.symbol == kernel.symbol);
    let Some(resources) = resources else { return Ok(None) };
    let threads = args.threads.unwrap_or(if kernel.max_threads == 0 { 256 } else { kernel.max_threads });
    let sm = u32::from(args.gpu_arch.sm);
    let occupancy = occupancy(sm, threads, resources.registers, resources.shared_bytes);
    Ok(Some(Machine { arch, resources, threads, occupancy }))
}

fn disassemble(nvdisasm: &Path, cubin: &[u8]) -> Result<String, Failure> {
    let mut file = tempfile::NamedTempFile::new().map_err(Failure::input)?;
    file.write_all(cubin).map_err(Failure::input)?;
    let output = Command::new(nvdisasm).args(["-c", "-gi"]).arg(file.path()).output();
    let output = output.map_err(|error| Failure::input(error).of(nvdisasm))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::input(format_args!("nvdisasm: {}", said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn show(args: &Args, inspection: Inspection) -> Result<ExitCode, Failure> {
    let mut theme = Theme::from_environment(|name| std::env::var(name).ok());
    theme.ascii = args.ascii || !output::unicode();
    let background_given = theme.colours == Colours::None;
    match rustg_tui::inspect::run(InspectState::new(theme, inspection), background_given) {
        Ok(Exit::Code(code)) => Ok(ExitCode::from(code)),
        Ok(Exit::Signal(signal)) => Ok(ExitCode::from(128u8.saturating_add(signal as u8))),
        Ok(Exit::Unreadable(messages)) => Err(Failure::input(messages.join("\nrustg: "))),
        Err(error) => Err(Failure::input(format_args!("cannot use this terminal: {error}"))),
    }
}
