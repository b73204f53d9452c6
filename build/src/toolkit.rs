//! NVIDIA's assembler and disassembler, where they are installed: with a CUDA toolkit, or by `pip`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// A tool of the CUDA toolkit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// Assembles PTX.
    Ptxas,
    /// Prints machine code.
    Nvdisasm,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Tool::Ptxas => "ptxas",
            Tool::Nvdisasm => "nvdisasm",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Tool::Ptxas => "RUSTG_PTXAS",
            Tool::Nvdisasm => "RUSTG_NVDISASM",
        }
    }

    /// How to get it, for a message.
    pub fn how_to_get(self) -> &'static str {
        match self {
            Tool::Ptxas => {
                "ptxas is not installed: `pip install nvidia-cuda-nvcc` brings it, as the CUDA toolkit does; RUSTG_PTXAS names it elsewhere"
            }
            Tool::Nvdisasm => {
                "nvdisasm is not installed: the CUDA toolkit brings it; RUSTG_NVDISASM names it elsewhere"
            }
        }
    }

    /// Where it is: what its variable names (`RUSTG_PTXAS`, `RUSTG_NVDISASM`; an empty one for nowhere), `PATH`, a toolkit (`CUDA_HOME`, `CUDA_PATH`,
    /// `/usr/local/cuda`), Python's packages of the active environment, of the user and of the system.
    pub fn find(self) -> Option<PathBuf> {
        if let Some(named) = env::var_os(self.variable()) {
            return Some(PathBuf::from(named)).filter(|path| path.is_file());
        }
        let search = env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = env::split_paths(&search).collect();
        let toolkits = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(env::var_os).map(PathBuf::from);
        folders.extend(toolkits.chain([PathBuf::from("/usr/local/cuda")]).map(|toolkit| toolkit.join("bin")));
        let home = env::var_os("HOME").map(|home| PathBuf::from(home).join(".local"));
        let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os).map(PathBuf::from);
        for root in environments.chain(home).chain(["/usr/local", "/usr"].map(PathBuf::from)) {
            folders.extend(packages_of(&root));
        }
        folders.into_iter().map(|folder| folder.join(self.name())).find(|path| path.is_file())
    }
}

/// The `bin` folders of NVIDIA's packages of a Python below `root`: `lib/python3.*/*-packages/nvidia/*/bin`, the latest Python first.
fn packages_of(root: &Path) -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        paths.reverse();
        paths
    };
    let named =
        |path: &Path, start: &str| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
    let pythons = below(&root.join("lib")).into_iter().filter(|path| named(path, "python3"));
    let packages = pythons.flat_map(|python| ["site-packages", "dist-packages"].map(|name| python.join(name)));
    packages.flat_map(|packages| below(&packages.join("nvidia"))).map(|package| package.join("bin")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_python_are_found_the_latest_first() {
        let root = tempfile::tempdir().unwrap();
        for path in
            ["lib/python3.11/site-packages/nvidia/cu13/bin", "lib/python3.12/dist-packages/nvidia/cuda_nvcc/bin"]
        {
            fs::create_dir_all(root.path().join(path)).unwrap();
        }
        let found = packages_of(root.path());
        assert_eq!(found.len(), 2);
        assert!(found[0].ends_with("python3.12/dist-packages/nvidia/cuda_nvcc/bin"), "{found:?}");
        assert!(packages_of(Path::new("/nowhere")).is_empty());
    }
}
