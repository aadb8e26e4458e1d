/* A ring of bytes between two threads: the broker's thread writes frames, the link's thread reads them. No locks. */
#ifndef PICKET_RING_H
#define PICKET_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    uint8_t *bytes; /* mapped twice, one copy behind the other, so that no frame is ever cut in two */
    size_t size;    /* a power of two */
    _Atomic uint64_t head; /* bytes ever written; only the writer changes it */
    _Atomic uint64_t tail; /* bytes ever given back; only the reader changes it */
};

/* Makes a ring of at least `size` bytes. False when there is no memory. */
bool ring_open(struct ring *ring, size_t size);
void ring_close(struct ring *ring);

/* For the writer: the bytes that are free. */
static inline size_t ring_room(struct ring *ring) {
    return ring->size - (size_t)(atomic_load_explicit(&ring->head, memory_order_relaxed) -
                                 atomic_load_explicit(&ring->tail, memory_order_acquire));
}

/* Where byte number `position` lies; the bytes after it are contiguous. */
static inline uint8_t *ring_at(struct ring *ring, uint64_t position) {
    return ring->bytes + (position & (ring->size - 1));
}

/* For the writer: the `length` bytes at ring_at(head) are complete. */
static inline void ring_publish(struct ring *ring, size_t length) {
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    atomic_store_explicit(&ring->head, head + length, memory_order_release);
}

#endif
