/* A ring of bytes: the hooks write frames at its head, the link gives them back at its tail when Picket has them. */
#ifndef PICKET_RING_H
#define PICKET_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    uint8_t *bytes; /* mapped twice, one copy behind the other, so that no frame is ever cut in two */
    size_t size;    /* a power of two */
    uint64_t head;  /* bytes ever written */
    uint64_t tail;  /* bytes ever given back */
};

/* Makes a ring of at least `size` bytes. False when there is no memory. */
bool ring_open(struct ring *ring, size_t size);
void ring_close(struct ring *ring);

/* The bytes that are free. */
static inline size_t ring_room(const struct ring *ring) { return ring->size - (size_t)(ring->head - ring->tail); }

/* Where byte number `position` lies; the bytes after it are contiguous. */
static inline uint8_t *ring_at(const struct ring *ring, uint64_t position) {
    return ring->bytes + (position & (ring->size - 1));
}

#endif
