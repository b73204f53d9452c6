//! SHA-256 (FIPS 180-4) of many short messages, a message a thread.

use rustg::prelude::*;

const ROUND: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
];

const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// One block of 16 words into the state.
pub fn compress(state: &mut [u32; 8], block: &[u32; 16]) {
    let mut w = *block;
    let mut s = *state;
    let mut round = 0;
    while round < 64 {
        if round >= 16 {
            let (a, b) = (w[(round + 1) % 16], w[(round + 14) % 16]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            w[round % 16] = w[round % 16].wrapping_add(s0).wrapping_add(w[(round + 9) % 16]).wrapping_add(s1);
        }
        let s1 = s[4].rotate_right(6) ^ s[4].rotate_right(11) ^ s[4].rotate_right(25);
        let choice = (s[4] & s[5]) ^ (!s[4] & s[6]);
        let one = s[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(ROUND[round]).wrapping_add(w[round % 16]);
        let s0 = s[0].rotate_right(2) ^ s[0].rotate_right(13) ^ s[0].rotate_right(22);
        let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        let two = s0.wrapping_add(majority);
        s = [one.wrapping_add(two), s[0], s[1], s[2], s[3].wrapping_add(one), s[4], s[5], s[6]];
        round += 1;
    }
    let mut at = 0;
    while at < 8 {
        state[at] = state[at].wrapping_add(s[at]);
        at += 1;
    }
}

/// The digest of a message of at most 55 bytes, given as 14 big-endian words with zeros behind its end, and its length.
pub fn digest(words: &[u32], length_bytes: u32) -> [u32; 8] {
    let mut block = [0_u32; 16];
    let mut at = 0;
    while at < 14 {
        block[at] = words[at];
        at += 1;
    }
    block[(length_bytes / 4) as usize] |= 0x80 << (24 - 8 * (length_bytes % 4));
    block[15] = length_bytes * 8;
    let mut state = INITIAL;
    compress(&mut state, &block);
    state
}

/// Digests of messages of one length up to 55 bytes, a message a thread: 14 words in, one digest out.
#[kernel]
pub fn sha256(length_bytes: u32, messages: &[u32], mut digests: DisjointSlice<[u32; 8]>) {
    let index = thread::index_1d();
    if let Some(out) = digests.get_mut(index) {
        let first = index.get() * 14;
        let mut words = [0_u32; 14];
        let mut at = 0;
        while at < 14 {
            words[at] = messages[first + at];
            at += 1;
        }
        *out = digest(&words, length_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &[u8]) -> Vec<u32> {
        let mut bytes = message.to_vec();
        bytes.resize(56, 0);
        bytes.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect()
    }

    fn hex(digest: &[u32; 8]) -> String {
        digest.iter().map(|word| format!("{word:08x}")).collect()
    }

    #[test]
    fn the_reference_gives_the_standards_examples() {
        assert_eq!(hex(&digest(&words(b"abc"), 3)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(&digest(&words(b""), 0)), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[gpu_test]
    fn every_thread_digests_its_message(device: &Device) -> rustg::Result<()> {
        let messages: Vec<String> = (0..200).map(|i| format!("message number {i:05}")).collect();
        let packed: Vec<u32> = messages.iter().flat_map(|message| words(message.as_bytes())).collect();
        let length = messages[0].len() as u32;
        let mut digests = device.zeros::<[u32; 8]>(200)?;
        sha256::launch(device, Launch::cover(200), length, &device.upload(&packed)?, &mut digests)?;
        let want: Vec<[u32; 8]> = packed.chunks_exact(14).map(|words| digest(words, length)).collect();
        assert_eq!(digests.download()?, want);
        Ok(())
    }

    #[test]
    fn it_digests_the_same_as_host_code() {
        let packed: Vec<u32> = (0..10).flat_map(|i| words(format!("message {i}").as_bytes())).collect();
        let mut digests = [[0; 8]; 10];
        sha256::on_host(Launch::cover(10), 9, &packed, &mut digests);
        let want: Vec<[u32; 8]> = packed.chunks_exact(14).map(|words| digest(words, 9)).collect();
        assert_eq!(digests.to_vec(), want);
    }
}
