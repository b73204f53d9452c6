//! The processes on a GPU: NVML's list, with what the system knows of them.

use std::collections::BTreeMap;

use nvml_wrapper::enums::device::UsedGpuMemory;

use super::nvml::Library;

/// A process that uses a GPU.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GpuProcess {
    /// Process id as NVML says: the host's, which a container's own processes do not see.
    pub pid: u32,
    /// Its command line, empty where the process cannot be seen. Control characters are replaced.
    pub command: String,
    /// Its owner: a name, or a number without one; empty where the process cannot be seen.
    pub user: String,
    /// Device memory it uses, where the driver tells.
    pub memory_bytes: Option<u64>,
    /// Share of time its kernels ran in the last second or so, where the driver tells.
    pub sm_percent: Option<u32>,
}

/// Longest command line that is kept.
const COMMAND_BYTES_MAX: usize = 4096;

impl Library {
    /// The processes on a GPU, most memory first.
    pub fn processes(self, gpu: usize) -> Vec<GpuProcess> {
        let Some(device) = u32::try_from(gpu).ok().and_then(|index| self.get().device_by_index(index).ok()) else {
            return Vec::new();
        };
        let lists = [device.running_compute_processes(), device.running_graphics_processes()];
        let mut memory: BTreeMap<u32, Option<u64>> = BTreeMap::new();
        for process in lists.into_iter().flatten().flatten() {
            let bytes = match process.used_gpu_memory {
                UsedGpuMemory::Used(bytes) => Some(bytes),
                UsedGpuMemory::Unavailable => None,
            };
            let entry = memory.entry(process.pid).or_default();
            *entry = (*entry).max(bytes);
        }
        let shares =
            if memory.is_empty() { Vec::new() } else { device.process_utilization_stats(None).unwrap_or_default() };
        let mut processes: Vec<GpuProcess> = (memory.into_iter())
            .map(|(pid, memory_bytes)| {
                let latest = shares.iter().filter(|share| share.pid == pid).max_by_key(|share| share.timestamp);
                GpuProcess {
                    pid,
                    command: command_of(pid),
                    user: user_of(pid),
                    memory_bytes,
                    sm_percent: latest.map(|share| share.sm_util.min(100)),
                }
            })
            .collect();
        processes.sort_by_key(|process| std::cmp::Reverse(process.memory_bytes));
        processes
    }
}

/// A process's command line, or its name in brackets where it has none.
fn command_of(pid: u32) -> String {
    let mut bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.truncate(COMMAND_BYTES_MAX);
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.is_empty() {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        return if name.is_empty() { name } else { format!("[{}]", printable(name.trim_end())) };
    }
    printable(&String::from_utf8_lossy(&bytes).replace('\0', " "))
}

/// A process may call itself what it likes, but not steer the reader's terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn user_of(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap_or_default();
    let Some(id) = line.split_whitespace().next() else { return String::new() };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| printable(name))
    });
    name.unwrap_or_else(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_command_and_an_owner() {
        let pid = std::process::id();
        assert!(command_of(pid).contains("rustg_record"), "{}", command_of(pid));
        assert!(!user_of(pid).is_empty());
    }

    #[test]
    fn a_process_that_is_gone_has_neither() {
        assert_eq!((command_of(u32::MAX), user_of(u32::MAX)), (String::new(), String::new()));
    }

    #[test]
    fn names_cannot_steer_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb"), "a\u{fffd}[2Jb");
    }
}
