/* The plugin's side of the socket: connects to Picket, sends what the ring holds every 20 ms, keeps it until Picket
 * acknowledges it, and takes commands. All of it on the broker's thread, in turns of its loop, and without ever waiting: a
 * thread of the plugin's own makes a process of many threads of the broker, whose memory and descriptors then take locks and
 * references with every message. `script/bench plugin` measures what is left. */
#ifndef PICKET_LINK_H
#define PICKET_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "denials.h"
#include "ring.h"
#include "wake.h"
#include "wire.h"

/* Changes of the deny list that may wait for the disk. */
#define LINK_CHANGES 64

/* A change of the deny list whose answer waits until the file is durable. */
struct change {
    uint32_t request;
    uint32_t connection; /* which connection to Picket asked */
    bool is_new;
};

struct link {
    /* Set before link_open. */
    const char *path;
    int64_t peer; /* the uid that Picket runs as; -1 for the broker's own */
    struct denials *denials;
    struct ring ring;
    uint64_t run; /* a number of this run of the broker */
    char broker[64];
    uint32_t (*kick)(char kind, const char *text, bool with_will); /* ends sessions; how many */

    /* Set by the hooks. */
    uint64_t next;   /* the sequence number of the next event; every lower one is in the ring, sent, or dropped */
    uint64_t newest; /* the sequence number of the last event in the ring */
    uint64_t dropped;
    bool reload;

    /* When there is something to do: at a time (ms), or when the ring has come to a place. */
    int64_t due;
    uint64_t send_at;
    /* What should be written into the broker's log: a bit for each message. */
    unsigned notices;

    struct wake wake;
    uint32_t connection;
    struct change waiting[LINK_CHANGES], saving[LINK_CHANGES];
    unsigned waiting_count, saving_count;
    pid_t saver; /* the process that writes the deny list; 0 for none */
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

void link_open(struct link *link);

/* What is due; called in each turn of the broker's loop. */
void link_turn(struct link *link);

/* Ends the connection, after one more try to send what waits. At most LINK_FAREWELL_MS, and as long as a deny list that is
 * being written takes. */
void link_close(struct link *link);
#define LINK_FAREWELL_MS 200

#endif
