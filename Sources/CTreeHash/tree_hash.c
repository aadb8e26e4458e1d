#include "tree_hash.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

enum { BLOCK = 64, LEAF = 0x00, NODE = 0x01 };

// FIPS 180-4 §4.2.2.
static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/// The eight words of FIPS 180-4 §5.3.3 in the order that SHA256RNDS2 wants: A, B, E, F and C, D, G, H.
typedef struct {
    __m128i abef, cdgh;
} State;

SHA_TARGET static inline State initial(void) {
    return (State){
        .abef = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
        .cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
    };
}

/// One block into each state. With one lane, or two whose steps do not wait for each other: one alone leaves the
/// instructions waiting for their own results more than half of the time.
SHA_TARGET static inline __attribute__((always_inline)) void compress(
    State *states, const uint8_t *const *blocks, const int lanes) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i words[2][4], abef[2], cdgh[2];
    for (int lane = 0; lane < lanes; lane++) {
        abef[lane] = states[lane].abef;
        cdgh[lane] = states[lane].cdgh;
        for (int i = 0; i < 4; i++) {
            words[lane][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks[lane] + 16 * i)), order);
        }
    }
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
        const __m128i constants = _mm_load_si128((const __m128i *)(K + 4 * group));
        for (int lane = 0; lane < lanes; lane++) {
            __m128i *w = words[lane];
            if (group >= 4) {
                const __m128i before = w[(group + 3) & 3];
                const __m128i middle = _mm_alignr_epi8(before, w[(group + 2) & 3], 4);
                const __m128i first = _mm_sha256msg1_epu32(w[group & 3], w[(group + 1) & 3]);
                w[group & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(first, middle), before);
            }
            const __m128i sum = _mm_add_epi32(w[group & 3], constants);
            cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
            abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(sum, 0x0e));
        }
        // Else the compiler puts all groups of one lane before those of the other.
        if (lanes == 2) __asm__ volatile("" : "+x"(abef[0]), "+x"(abef[1]), "+x"(cdgh[0]), "+x"(cdgh[1]));
    }
    for (int lane = 0; lane < lanes; lane++) {
        states[lane].abef = _mm_add_epi32(states[lane].abef, abef[lane]);
        states[lane].cdgh = _mm_add_epi32(states[lane].cdgh, cdgh[lane]);
    }
}

SHA_TARGET static void compress_one(State *states, const uint8_t *const *blocks) { compress(states, blocks, 1); }

SHA_TARGET static void compress_two(State *states, const uint8_t *const *blocks) { compress(states, blocks, 2); }

/// The words A to H, big-endian.
SHA_TARGET static void store(const State *state, uint8_t *hash) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    // From the highest word down: A B E F and C D G H.
    const __m128i abcd = _mm_unpackhi_epi64(state->cdgh, state->abef);
    const __m128i efgh = _mm_unpacklo_epi64(state->cdgh, state->abef);
    _mm_storeu_si128((__m128i *)hash, _mm_shuffle_epi8(_mm_shuffle_epi32(abcd, 0x1b), order));
    _mm_storeu_si128((__m128i *)(hash + 16), _mm_shuffle_epi8(_mm_shuffle_epi32(efgh, 0x1b), order));
}

/// A message, with the byte that RFC 6962 puts before it, cut into padded blocks (FIPS 180-4 §5.1.1).
typedef struct {
    const uint8_t *message;
    size_t length;
    uint8_t prefix;
    size_t block, blocks;
    uint8_t *hash;
    uint8_t edge[BLOCK];
} Message;

static void begin(Message *m, uint8_t prefix, const uint8_t *message, size_t length, uint8_t *hash) {
    m->message = message;
    m->length = length;
    m->prefix = prefix;
    m->block = 0;
    // The prefix, 0x80 and eight bytes of length are added.
    m->blocks = (length + 1 + 8) / BLOCK + 1;
    m->hash = hash;
}

/// The next block: of the message itself where all of it is there, else put together in `edge`.
static const uint8_t *next(Message *m) {
    const size_t total = m->length + 1, from = m->block * BLOCK;
    m->block += 1;
    if (from > 0 && from + BLOCK <= total) return m->message + from - 1;
    size_t used = 0;
    if (from == 0) {
        used = total < BLOCK ? total : BLOCK;
        m->edge[0] = m->prefix;
        memcpy(m->edge + 1, m->message, used - 1);
    } else if (from < total) {
        used = total - from;
        memcpy(m->edge, m->message + from - 1, used);
    }
    if (used < BLOCK) {
        memset(m->edge + used, 0, BLOCK - used);
        if (from + used == total) m->edge[used] = 0x80;
        if (m->block == m->blocks) {
            const uint64_t bits = __builtin_bswap64((uint64_t)total * 8);
            memcpy(m->edge + BLOCK - 8, &bits, 8);
        }
    }
    return m->edge;
}

/// Two messages beside each other as long as both have blocks.
SHA_TARGET static void finish(Message *messages, int lanes) {
    State states[2] = {initial(), initial()};
    while (lanes == 2 && messages[0].block < messages[0].blocks && messages[1].block < messages[1].blocks) {
        const uint8_t *blocks[2] = {next(&messages[0]), next(&messages[1])};
        compress_two(states, blocks);
    }
    for (int lane = 0; lane < lanes; lane++) {
        while (messages[lane].block < messages[lane].blocks) {
            const uint8_t *block = next(&messages[lane]);
            compress_one(&states[lane], &block);
        }
        store(&states[lane], messages[lane].hash);
    }
}

int picket_tree_hash_is_available(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

void picket_tree_hash_leaf(const uint8_t *line, size_t length, uint8_t hash[32]) {
    Message message;
    begin(&message, LEAF, line, length, hash);
    finish(&message, 1);
}

void picket_tree_hash_node(const uint8_t children[64], uint8_t hash[32]) {
    Message message;
    begin(&message, NODE, children, 64, hash);
    finish(&message, 1);
}

void picket_tree_hash_leaves(const uint8_t *content, const size_t *starts, size_t count, uint8_t *hashes) {
    Message messages[2];
    for (size_t i = 0; i < count; i += 2) {
        const int lanes = count - i >= 2 ? 2 : 1;
        for (int lane = 0; lane < lanes; lane++) {
            const size_t start = starts[i + lane], end = starts[i + lane + 1] - 1;
            begin(&messages[lane], LEAF, content + start, end - start, hashes + 32 * (i + lane));
        }
        finish(messages, lanes);
    }
}

void picket_tree_hash_nodes(const uint8_t *children, size_t count, uint8_t *hashes) {
    Message messages[2];
    for (size_t i = 0; i < count; i += 2) {
        const int lanes = count - i >= 2 ? 2 : 1;
        for (int lane = 0; lane < lanes; lane++) {
            begin(&messages[lane], NODE, children + 64 * (i + lane), 64, hashes + 32 * (i + lane));
        }
        finish(messages, lanes);
    }
}

#else

// Callers ask first, so these are never called: they are here for the linker.
int picket_tree_hash_is_available(void) { return 0; }
void picket_tree_hash_leaf(const uint8_t *line, size_t length, uint8_t hash[32]) {
    (void)line, (void)length, (void)hash;
}
void picket_tree_hash_node(const uint8_t children[64], uint8_t hash[32]) { (void)children, (void)hash; }
void picket_tree_hash_leaves(const uint8_t *content, const size_t *starts, size_t count, uint8_t *hashes) {
    (void)content, (void)starts, (void)count, (void)hashes;
}
void picket_tree_hash_nodes(const uint8_t *children, size_t count, uint8_t *hashes) {
    (void)children, (void)count, (void)hashes;
}

#endif
