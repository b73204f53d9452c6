//! What repeats is told once: texts, kernel configurations, names of calls and threads.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use rustg_wire::{ApiName, KernelConfig, Text, Thread};

use crate::cupti::Cupti;

/// A multiplicative hash: keys are the program's own pointers and small numbers.
#[derive(Default)]
pub struct WordHasher(u64);

impl WordHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }
    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }
    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }
    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

type WordState = BuildHasherDefault<WordHasher>;

/// A map keyed by words.
pub type WordMap<K, V> = HashMap<K, V, WordState>;

/// A launch configuration without its id: what tells one from another.
pub type ConfigKey = [u32; 17];

/// Texts kept to be recognised; beyond them all are forgotten and told anew.
const TEXTS_MAX: usize = 1 << 18;

/// Configurations kept to be recognised.
const CONFIGS_MAX: usize = 1 << 18;

/// Ids given out so far. Each `_id` method appends the definition to `out` at first sight.
#[derive(Default)]
pub struct Interned {
    texts: HashMap<Box<[u8]>, u32, WordState>,
    text_count: u32,
    /// Kernel names by CUPTI's pointer, with the text to see that the pointer still means the same.
    names: WordMap<usize, (u32, Box<[u8]>)>,
    configs: WordMap<ConfigKey, u32>,
    config_count: u32,
    last_config: (ConfigKey, u32),
    calls: HashSet<(u32, u32), WordState>,
    threads: WordMap<u32, Box<[u8]>>,
}

impl Interned {
    /// The id of a text.
    pub fn text_id(&mut self, text: &[u8], out: &mut Vec<u8>) -> u32 {
        if let Some(&id) = self.texts.get(text) {
            return id;
        }
        if self.texts.len() >= TEXTS_MAX {
            self.texts.clear();
        }
        self.text_count += 1;
        let id = self.text_count;
        Text { id, size_bytes: text.len() as u32 }.put(out, text);
        self.texts.insert(text.into(), id);
        id
    }

    /// The id of a kernel's name, which is at `pointer` every time.
    pub fn kernel_name_id(&mut self, pointer: usize, name: &[u8], out: &mut Vec<u8>) -> u32 {
        if let Some((id, known)) = self.names.get(&pointer)
            && **known == *name
        {
            return *id;
        }
        let id = self.text_id(name, out);
        if self.names.len() >= TEXTS_MAX {
            self.names.clear();
        }
        self.names.insert(pointer, (id, name.into()));
        id
    }

    /// The id of a configuration.
    pub fn config_id(&mut self, key: ConfigKey, out: &mut Vec<u8>) -> u32 {
        if self.last_config.1 != 0 && self.last_config.0 == key {
            return self.last_config.1;
        }
        if self.configs.len() >= CONFIGS_MAX {
            self.configs.clear();
        }
        let count = &mut self.config_count;
        let id = *self.configs.entry(key).or_insert_with(|| {
            *count += 1;
            let [name, gx, gy, gz, bx, by, bz, cx, cy, cz, registers, fixed, dynamic, local, graph, low, high] = key;
            let config = KernelConfig {
                id: *count,
                name,
                grid_x: gx,
                grid_y: gy,
                grid_z: gz,
                block_x: bx,
                block_y: by,
                block_z: bz,
                cluster_x: cx,
                cluster_y: cy,
                cluster_z: cz,
                registers,
                shared_static_bytes: fixed,
                shared_dynamic_bytes: dynamic,
                local_bytes: local,
                graph,
                graph_node: u64::from(high) << 32 | u64::from(low),
            };
            config.put(out, &[]);
            *count
        });
        self.last_config = (key, id);
        id
    }

    /// Tells the name of an API call at first sight.
    pub fn tell_call(&mut self, cupti: &Cupti, domain: u32, cbid: u32, out: &mut Vec<u8>) {
        if self.calls.insert((domain, cbid))
            && let Some(name) = cupti.callback_name(domain, cbid)
        {
            ApiName { domain, cbid }.put(out, name.as_bytes());
        }
    }

    /// Tells a thread and its name, at first sight and when the name has changed.
    pub fn tell_thread(&mut self, tid: u32, name: &[u8], out: &mut Vec<u8>) {
        if self.threads.get(&tid).is_none_or(|known| **known != *name) {
            self.threads.insert(tid, name.into());
            Thread { tid }.put(out, name);
        }
    }

    /// Tells a thread of which only the id is known, at first sight: its name is looked up, while it lives.
    pub fn tell_unnamed_thread(&mut self, tid: u32, out: &mut Vec<u8>) {
        if tid != 0 && !self.threads.contains_key(&tid) {
            let name = std::fs::read(format!("/proc/self/task/{tid}/comm")).unwrap_or_default();
            self.tell_thread(tid, name.trim_ascii_end(), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_reused_for_another_kernel_is_another_name() {
        let (mut interned, mut out) = (Interned::default(), Vec::new());
        let first = interned.kernel_name_id(0x1000, b"gemm", &mut out);
        assert_eq!(interned.kernel_name_id(0x1000, b"gemm", &mut out), first);
        let second = interned.kernel_name_id(0x1000, b"softmax", &mut out);
        assert_ne!(first, second);
        assert_eq!(interned.kernel_name_id(0x2000, b"gemm", &mut out), first);
        assert_eq!(rustg_wire::Records::new(&out).count(), 2);
    }

    #[test]
    fn equal_configurations_are_told_once_and_different_ones_each() {
        let (mut interned, mut out) = (Interned::default(), Vec::new());
        let mut key = [1u32; 17];
        let first = interned.config_id(key, &mut out);
        key[16] = 2;
        let second = interned.config_id(key, &mut out);
        key[16] = 1;
        assert_eq!(interned.config_id(key, &mut out), first);
        assert_ne!(first, second);
        assert_eq!(rustg_wire::Records::new(&out).count(), 2);
    }
}
