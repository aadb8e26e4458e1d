#define _GNU_SOURCE
#include "ring.h"

#include <sys/mman.h>
#include <unistd.h>

bool ring_open(struct ring *ring, size_t size) {
    size_t rounded = (size_t)sysconf(_SC_PAGESIZE);
    while (rounded < size) rounded *= 2;
    int file = memfd_create("picket-ring", MFD_CLOEXEC);
    if (file < 0) return false;
    if (ftruncate(file, (off_t)rounded) != 0) {
        close(file);
        return false;
    }
    uint8_t *space = mmap(NULL, rounded * 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (space == MAP_FAILED) {
        close(file);
        return false;
    }
    bool mapped = true;
    for (int copy = 0; copy < 2; copy++) {
        void *wanted = space + rounded * (size_t)copy;
        void *got = mmap(wanted, rounded, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
        mapped = mapped && got == wanted;
    }
    close(file);
    if (!mapped) {
        munmap(space, rounded * 2);
        return false;
    }
    ring->bytes = space;
    ring->size = rounded;
    ring->head = ring->tail = 0;
    return true;
}

void ring_close(struct ring *ring) {
    if (ring->bytes != NULL) munmap(ring->bytes, ring->size * 2);
    ring->bytes = NULL;
}
