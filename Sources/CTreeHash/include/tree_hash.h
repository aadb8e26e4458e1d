#ifndef PICKET_TREE_HASH_H
#define PICKET_TREE_HASH_H

#include <stddef.h>
#include <stdint.h>

/// The hashes of RFC 6962 §2.1 by the processor's own SHA-256 instructions, two messages at a time.
///
/// Why this is not left to swift-crypto alone: of the CPU time of `picket log verify`, 26 % were SHA-256 and 31 % the
/// way there and back (a context on the heap for every record of 150 bytes). Whoever verifies a log hashes twice as
/// many messages as it has records, and all of them are short. Where the processor has no such instructions, callers
/// use swift-crypto; the tests compare the two on messages of every length.

/// Whether the processor has the instructions. Without them no other function of this header may be called.
int picket_tree_hash_is_available(void);

/// The leaf of one record: SHA-256(0x00 || line).
void picket_tree_hash_leaf(const uint8_t *line, size_t length, uint8_t hash[32]);

/// The parent of two nodes that lie side by side, 64 bytes: SHA-256(0x01 || left || right).
void picket_tree_hash_node(const uint8_t children[64], uint8_t hash[32]);

/// The leaves of `count` lines. Line i begins at `starts[i]` and ends, without its line feed, at `starts[i + 1] - 1`.
///
/// @param starts `count + 1` offsets into `content`, ascending.
/// @param hashes room for `count` hashes.
void picket_tree_hash_leaves(const uint8_t *content, const size_t *starts, size_t count, uint8_t *hashes);

/// The parents of `count` pairs of nodes.
///
/// @param children `count` times 64 bytes.
/// @param hashes room for `count` hashes, not the memory of `children`.
void picket_tree_hash_nodes(const uint8_t *children, size_t count, uint8_t *hashes);

#endif
