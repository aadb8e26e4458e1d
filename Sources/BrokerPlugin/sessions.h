/* What is known of each connection of the broker, by the address of its structure. */
#ifndef PICKET_SESSIONS_H
#define PICKET_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mosquitto;

enum session_state {
    SESSION_ASKED,     /* it asked to come in; whether it was let in shows at the next turn of the broker's loop */
    SESSION_CONNECTED, /* its connect event was sent */
    SESSION_GONE,      /* it left; what the broker still does in its name, its will say, is no act of its */
};

struct session {
    const struct mosquitto *connection; /* NULL in a free slot */
    char *client;
    char *user;
    char *subject;   /* the certificate's common name */
    char serial[64]; /* of the certificate, hexadecimal; empty without one. RFC 5280 section 4.1.2.2 allows 20 bytes */
    int64_t asked_at;  /* Unix nanoseconds */
    enum session_state state;
    uint8_t identity;  /* enum wire_identity */
    bool banned;       /* on the deny list, when that had `generation` */
    unsigned generation;
    bool kicked;       /* we ended it */
    /* The texts of each of its events as they go on the wire: client, user, address, serial. */
    uint8_t *names;
    size_t names_length;
    bool names_cut;
};

struct sessions {
    struct session *slots; /* open addressing; a power of two */
    size_t size;
    size_t used; /* gone ones included */
};

void sessions_free(struct sessions *sessions);

/* The session of a connection; NULL when it is not known. */
struct session *sessions_find(struct sessions *sessions, const struct mosquitto *connection);

/* The session of a connection, new, with what the broker says of it; an older one at the same address is forgotten.
 * `user` is the one that was claimed where the broker knows none yet. NULL when there is no memory. */
struct session *sessions_begin(struct sessions *sessions, const struct mosquitto *connection, const char *user);

/* Sets the texts of its events anew; false when there is no memory. */
bool session_name(struct session *session, const char *client, const char *user, const char *address);

/* Whether the broker still means by the connection what is kept here: an address is used again. */
bool session_is_current(const struct session *session, const struct mosquitto *connection);

#endif
