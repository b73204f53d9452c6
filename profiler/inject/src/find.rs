//! Where `libcupti` is: mapped in the process, named by `RUSTG_CUPTI`, beside the program's own CUDA libraries, in a toolkit.
//!
//! CUPTI is the version's that the program brings where it brings one: a newer one may refuse an older driver.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cupti::Cupti;
use crate::host::{Library, loaded_objects};

/// Names the CUPTI to use, before all others but one already mapped.
pub const CUPTI_VARIABLE: &str = "RUSTG_CUPTI";

/// Why there is no CUPTI to use.
pub enum NotFound {
    /// Nothing was found; where was searched.
    Nowhere(String),
    /// This file was found and lacks this function.
    Lacks(PathBuf, &'static str),
}

/// The library and where it was found.
pub fn find_cupti() -> Result<Cupti, NotFound> {
    let objects = loaded_objects();
    let mapped = objects.iter().find(|path| file_name(path).starts_with("libcupti.so"));
    let candidates = match mapped {
        Some(path) => vec![path.clone()],
        None => candidates(&objects, std::env::var_os(CUPTI_VARIABLE).map(PathBuf::from)),
    };
    let mut lacking = None;
    for path in &candidates {
        // A bare name is searched by the loader; of full paths only those that exist are worth a try.
        if path.is_absolute() && !path.exists() {
            continue;
        }
        let Some(library) = Library::open(path.as_os_str()) else { continue };
        match Cupti::bind(library) {
            Ok(cupti) => return Ok(cupti),
            Err(function) => lacking = lacking.or(Some((path.clone(), function))),
        }
    }
    Err(match lacking {
        Some((path, function)) => NotFound::Lacks(path, function),
        None => NotFound::Nowhere(places(&candidates)),
    })
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// The major CUDA versions to try, best first: what the program's CUDA runtime is of, else what the driver is made for.
fn majors(objects: &[PathBuf]) -> [&'static str; 2] {
    let is_12 = |path: &PathBuf| {
        let name = file_name(path);
        name.starts_with("libcudart.so.12") || name.starts_with("libcublas.so.12")
    };
    // Driver 580 is the first of CUDA 13.
    let driver = objects.iter().filter(|path| file_name(path).starts_with("libcuda.so")).find_map(|path| {
        let real = std::fs::canonicalize(path).ok()?;
        file_name(&real).strip_prefix("libcuda.so.")?.split('.').next()?.parse::<u32>().ok()
    });
    if objects.iter().any(is_12) || driver.is_some_and(|driver| driver < 580) { ["12", "13"] } else { ["13", "12"] }
}

fn candidates(objects: &[PathBuf], asked: Option<PathBuf>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(asked) = asked {
        let inside = asked.is_dir().then(|| ["13", "12"].map(|major| asked.join(format!("libcupti.so.{major}"))));
        found.extend(inside.into_iter().flatten());
        found.push(asked);
    }
    let majors = majors(objects);
    for major in majors {
        let name = format!("libcupti.so.{major}");
        for object in objects.iter().filter(|path| is_cuda_library(file_name(path))) {
            let Some(dir) = object.parent() else { continue };
            // The toolkit's lib folder, a wheel's (nvidia/cu13/lib), and the wheel beside it (nvidia/cuda_cupti/lib).
            found.push(dir.join(&name));
            found.push(dir.join("../extras/CUPTI/lib64").join(&name));
            for up in dir.ancestors().skip(1).take(3) {
                for wheel in ["cuda_cupti/lib", "cu13/lib", "nvidia/cuda_cupti/lib", "nvidia/cu13/lib"] {
                    found.push(up.join(wheel).join(&name));
                }
            }
        }
    }
    let toolkits = ["CUDA_HOME", "CUDA_PATH"].into_iter().filter_map(std::env::var_os).map(PathBuf::from);
    let toolkits: Vec<PathBuf> = toolkits.chain(["/usr/local/cuda", "/opt/cuda"].map(PathBuf::from)).collect();
    for major in majors {
        let name = format!("libcupti.so.{major}");
        found.push(PathBuf::from(&name));
        for toolkit in &toolkits {
            found.extend(["extras/CUPTI/lib64", "lib64", "lib"].map(|lib| toolkit.join(lib).join(&name)));
        }
        found.push(PathBuf::from(format!("/usr/local/cuda-{major}/extras/CUPTI/lib64")).join(&name));
    }
    found.dedup();
    found
}

/// Libraries beside which the program's own CUPTI may lie.
fn is_cuda_library(name: &str) -> bool {
    ["libcudart.", "libcublas", "libcudnn.", "libtorch_cuda.", "libc10_cuda.", "libnvrtc.", "libnccl."]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// The folders of `candidates`, for a message.
fn places(candidates: &[PathBuf]) -> String {
    let mut dirs: Vec<String> = Vec::new();
    for dir in candidates.iter().filter(|path| path.is_absolute()).filter_map(|path| path.parent()) {
        let dir = dir.display().to_string();
        if !dirs.contains(&dir) {
            dirs.push(dir);
        }
    }
    dirs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_s_cupti_is_looked_for_beside_its_runtime_and_before_the_toolkits() {
        let objects =
            ["/env/site-packages/nvidia/cuda_runtime/lib/libcudart.so.12", "/lib/libcuda.so.1"].map(PathBuf::from);
        let found = candidates(&objects, None);
        let position = |path: &str| found.iter().position(|found| found == Path::new(path));
        let wheel = position("/env/site-packages/nvidia/cuda_cupti/lib/libcupti.so.12").expect("the wheel's");
        assert!(wheel < position("libcupti.so.12").expect("the loader's"));
        assert!(wheel < position("/usr/local/cuda/extras/CUPTI/lib64/libcupti.so.13").expect("the toolkit's"));
    }

    #[test]
    fn what_the_user_asks_for_comes_first() {
        let found = candidates(&[], Some(PathBuf::from("/my/libcupti.so.12.9")));
        assert_eq!(found[0], Path::new("/my/libcupti.so.12.9"));
    }
}
