// The same algorithm as tests/fixtures/sim/sha256.cu.
constant uint constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Oclgrind 21.10 knows no funnel shift, which its compiler makes of two shifts.
#define ROTATE(word, by) rotate(word, 32u - by)

void compress(uint *state, uint *w) {
    uint s[8];
#pragma unroll
    for (int i = 0; i < 8; i++)
        s[i] = state[i];
#pragma unroll
    for (int i = 0; i < 64; i++) {
        if (i >= 16) {
            uint a = w[(i + 1) % 16], b = w[(i + 14) % 16];
            w[i % 16] += w[(i + 9) % 16] + (ROTATE(a, 7) ^ ROTATE(a, 18) ^ a >> 3) + (ROTATE(b, 17) ^ ROTATE(b, 19) ^ b >> 10);
        }
        uint first = s[7] + (ROTATE(s[4], 6) ^ ROTATE(s[4], 11) ^ ROTATE(s[4], 25)) + (s[4] & s[5] ^ ~s[4] & s[6]) + constants[i] + w[i % 16];
        uint second = (ROTATE(s[0], 2) ^ ROTATE(s[0], 13) ^ ROTATE(s[0], 22)) + (s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2]);
        s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + first, s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = first + second;
    }
#pragma unroll
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

kernel void sha256(uint rounds, global uint *digests) {
    uint thread = get_global_id(0), state[8], w[16];
    for (uint round = 0; round < rounds; round++) {
#pragma unroll
        for (int i = 0; i < 16; i++)
            w[i] = 0;
        if (round == 0) {
            w[0] = thread, w[1] = 0x80000000, w[15] = 32;
        } else {
#pragma unroll
            for (int i = 0; i < 8; i++)
                w[i] = state[i];
            w[8] = 0x80000000, w[15] = 256;
        }
        state[0] = 0x6a09e667, state[1] = 0xbb67ae85, state[2] = 0x3c6ef372, state[3] = 0xa54ff53a;
        state[4] = 0x510e527f, state[5] = 0x9b05688c, state[6] = 0x1f83d9ab, state[7] = 0x5be0cd19;
        compress(state, w);
    }
    for (int i = 0; i < 8; i++)
        digests[thread * 8 + i] = state[i];
}
