/* The plugin's side of the socket: a thread of its own that connects to Picket, sends what the ring holds every 20 ms, keeps
 * it until Picket acknowledges it, and takes commands. It never holds up the broker. */
#ifndef PICKET_LINK_H
#define PICKET_LINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "denials.h"
#include "ring.h"
#include "wire.h"

/* Kicks that may wait for the broker's next turn. */
#define LINK_KICKS 64

struct kick {
    uint32_t request;
    uint32_t connection; /* which connection to Picket asked */
    char kind;           /* enum denial_kind */
    bool with_will;
    char text[WIRE_NAME_BYTES + 1];
};

struct link {
    /* Set before link_start. */
    const char *path;
    int64_t peer; /* the uid that Picket runs as; -1 for the broker's own */
    struct denials *denials;
    struct ring ring;
    uint64_t run; /* a number of this run of the broker */
    char broker[64];

    _Atomic uint64_t next; /* the sequence number of the next event; every lower one is in the ring, sent, or dropped */
    _Atomic uint64_t dropped;
    _Atomic bool stop;
    _Atomic bool reload;
    _Atomic int connected;
    /* What the broker's thread should write into the broker's log: a bit for each message. */
    _Atomic unsigned notices;

    pthread_t thread;
    bool started;

    pthread_mutex_t lock; /* of what follows */
    struct kick kicks[LINK_KICKS];
    _Atomic unsigned kick_count;
    uint8_t answers[64 * LINK_KICKS];
    size_t answers_length;
    uint32_t connection;
};

enum link_notice {
    LINK_CONNECTED = 1,
    LINK_AWAY = 2,
    LINK_WRONG_PEER = 4,
    LINK_MALFORMED = 8,
    LINK_VERSION = 16,
    LINK_BAD_LIST = 32,
    LINK_LIST_READ = 64,
};

bool link_start(struct link *link);

/* Ends the thread, after one more try to send what waits. At most LINK_FAREWELL_MS. */
void link_stop(struct link *link);
#define LINK_FAREWELL_MS 200

/* For the broker's thread: takes one kick that waits. */
bool link_take_kick(struct link *link, struct kick *kick);

/* For the broker's thread: what came of a kick. */
void link_answer_kick(struct link *link, const struct kick *kick, enum wire_status status, uint32_t count);

#endif
