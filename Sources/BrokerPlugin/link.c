#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH_MS = 20,        /* how long an event waits for company; a write for each event costs half of the throughput */
    CLOCK_MS = 5,         /* now_ms may be so late */
    FULL_MS = 4,          /* before a socket that took no more is tried again */
    BEAT_MS = 1000,       /* so that Picket knows an idle broker from a dead plugin */
    RETRY_MS = 250,       /* between two tries to reach Picket */
    HANDSHAKE_MS = 5000,  /* a peer that does not speak in that time is none */
    SEND_BYTES = 256 << 10,  /* between two of which answers have their place */
    BATCH_BYTES = 64 << 10,  /* so many do not wait any longer: more would not be in the processor's cache any more */
    ROUND_FRAMES = 32,       /* that are read in one turn: whoever writes without end must not keep the broker */
};

/* The connection to Picket; one at a time. */
static struct peer {
    int socket; /* -1 for none */
    bool welcome;
    int64_t since, tried_at; /* ms */
    int64_t beat_at;
    uint64_t sent;      /* ring position: what lies before it was given to the socket */
    uint64_t chunk_end; /* ring position: the end of the whole frames being sent */
    uint64_t sent_sequence; /* of the newest event in those */
    uint8_t control[4096];
    size_t control_length, control_sent;
    uint8_t input[4 + WIRE_COMMAND_BYTES];
    size_t input_length;
} the_peer = {.socket = -1};

/* Of a few milliseconds: it is asked after every message. */
static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void notice(struct link *link, unsigned bit) { link->notices |= bit; }

/* Frames before Picket's `sequence` are durable there: their bytes are free, as far as they were sent to their end. */
static void give_back(struct link *link, uint64_t sequence, uint64_t limit) {
    struct ring *ring = &link->ring;
    while (ring->tail < limit) {
        const uint8_t *frame = ring_at(ring, ring->tail);
        uint64_t end = ring->tail + 4 + wire_read_u32(frame);
        if (end > limit || wire_read_u64(frame + 8) > sequence) break;
        ring->tail = end;
    }
}

/* Picket's side must run as who we expect: another process of this machine could listen there first. */
static bool is_trusted(const struct link *link, int socket) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
    return peer.uid == 0 || peer.uid == geteuid() || (link->peer >= 0 && peer.uid == (uid_t)link->peer);
}

static int reach(struct link *link) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(link->path) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, link->path);
    int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return -1;
    if (connect(socket_, (struct sockaddr *)&address, sizeof address) != 0) {
        close(socket_);
        return -1;
    }
    if (!is_trusted(link, socket_)) {
        notice(link, LINK_WRONG_PEER);
        close(socket_);
        return -1;
    }
    int bytes = 1 << 20; /* the kernel gives what it allows */
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return socket_;
}

static void say_hello(struct link *link, struct peer *peer) {
    uint8_t *frame = peer->control, *out = frame + 4;
    *out++ = WIRE_HELLO;
    out = wire_u16(out, WIRE_VERSION);
    out = wire_u64(out, link->run);
    out = wire_u64(out, link->next);
    out = wire_u32(out, (uint32_t)getpid());
    out = wire_u32(out, (uint32_t)denials_count(link->denials));
    out = wire_text(out, link->broker, strlen(link->broker));
    wire_u32(frame, (uint32_t)(out - frame - 4));
    peer->control_length = (size_t)(out - frame);
}

/* Puts a frame among those that go between whole events. False when there is no room: Picket reads nothing. */
static bool add_control(struct peer *peer, const uint8_t *bytes, size_t length) {
    if (peer->control_sent == peer->control_length) peer->control_sent = peer->control_length = 0;
    if (peer->control_length + length > sizeof peer->control) return false;
    memcpy(peer->control + peer->control_length, bytes, length);
    peer->control_length += length;
    return true;
}

static bool add_answer(struct peer *peer, uint32_t request, enum wire_status status, uint32_t count) {
    uint8_t frame[16], *out = wire_u32(frame, 10);
    *out++ = WIRE_ANSWER;
    out = wire_u32(out, request);
    *out++ = (uint8_t)status;
    out = wire_u32(out, count);
    return add_control(peer, frame, (size_t)(out - frame));
}

/* Every event with a lower number was sent, or was dropped: so losses show without an event after them. */
static bool add_beat(struct link *link, struct peer *peer, uint8_t flags) {
    if (link->ring.head != peer->sent) return true;
    uint8_t frame[32], *out = wire_u32(frame, 1 + 1 + 8 + 8);
    *out++ = WIRE_BEAT;
    *out++ = flags;
    out = wire_u64(out, link->next);
    out = wire_u64(out, link->dropped);
    return add_control(peer, frame, (size_t)(out - frame));
}

/* Sends until the socket takes no more or nothing waits. False when the connection is over. */
static bool send_all(struct link *link, struct peer *peer) {
    for (;;) {
        const uint8_t *bytes;
        size_t length;
        bool is_control = peer->sent == peer->chunk_end && peer->control_sent < peer->control_length;
        if (is_control) {
            bytes = peer->control + peer->control_sent;
            length = peer->control_length - peer->control_sent;
        } else {
            if (peer->sent == peer->chunk_end && peer->welcome) {
                if (link->ring.head - peer->sent <= SEND_BYTES) {
                    peer->chunk_end = link->ring.head;
                    peer->sent_sequence = link->newest;
                }
                while (peer->chunk_end < link->ring.head && peer->chunk_end - peer->sent < SEND_BYTES) {
                    const uint8_t *frame = ring_at(&link->ring, peer->chunk_end);
                    peer->sent_sequence = wire_read_u64(frame + 8);
                    peer->chunk_end += 4 + wire_read_u32(frame);
                }
            }
            if (peer->sent == peer->chunk_end) return true;
            bytes = ring_at(&link->ring, peer->sent);
            length = (size_t)(peer->chunk_end - peer->sent);
        }
        ssize_t written = send(peer->socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written < 0) return errno == EAGAIN || errno == EINTR;
        if (is_control)
            peer->control_sent += (size_t)written;
        else
            peer->sent += (uint64_t)written;
    }
}

/* Carries out a command. False when it cannot be answered. */
static bool obey(struct link *link, struct peer *peer, const uint8_t *in, size_t length) {
    char text[WIRE_NAME_BYTES + 1];
    uint32_t request = wire_read_u32(in);
    uint8_t operation = in[4], flags = in[6];
    char kind = (char)in[5];
    size_t bytes = wire_read_u16(in + 7);
    if (bytes != length - 9 || bytes > WIRE_NAME_BYTES || memchr(in + 9, 0, bytes) != NULL)
        return add_answer(peer, request, WIRE_INVALID, 0);
    memcpy(text, in + 9, bytes);
    text[bytes] = 0;
    if (operation == WIRE_COUNT) return add_answer(peer, request, WIRE_DONE, (uint32_t)denials_count(link->denials));
    if (operation == WIRE_KICK) {
        char serial[128];
        bool is_sound = kind == DENIAL_SERIAL ? denials_serial(text, serial, sizeof serial)
                                              : (kind == DENIAL_USER || kind == DENIAL_CLIENT) && bytes > 0;
        if (!is_sound) return add_answer(peer, request, WIRE_INVALID, 0);
        uint32_t count = link->kick(kind, kind == DENIAL_SERIAL ? serial : text, (flags & 1) != 0);
        return add_answer(peer, request, count > 0 ? WIRE_DONE : WIRE_NOTHING, count);
    }
    if (operation != WIRE_DENY && operation != WIRE_ALLOW) return add_answer(peer, request, WIRE_INVALID, 0);
    if (link->waiting_count == LINK_CHANGES) return add_answer(peer, request, WIRE_FULL, 0);
    enum denial_result result = operation == WIRE_DENY ? denials_add(link->denials, kind, text)
                                                       : denials_remove(link->denials, kind, text);
    if (result == DENIAL_INVALID) return add_answer(peer, request, WIRE_INVALID, 0);
    if (result == DENIAL_FULL) return add_answer(peer, request, WIRE_FULL, 0);
    /* Also when nothing changed: an earlier try may not have reached the disk. */
    link->waiting[link->waiting_count++] =
        (struct change){.request = request, .connection = link->connection, .is_new = result == DENIAL_CHANGED};
    return true;
}

/* The deny list is on the disk, or could not be written. False when Picket cannot be told. */
static bool saved(struct link *link, struct peer *peer, bool is_durable) {
    bool is_told = true;
    for (unsigned i = 0; i < link->saving_count; i++) {
        const struct change *change = &link->saving[i];
        if (peer->socket < 0 || change->connection != link->connection) continue;
        enum wire_status status = !is_durable ? WIRE_NOT_DURABLE : change->is_new ? WIRE_DONE : WIRE_NOTHING;
        is_told = add_answer(peer, change->request, status, (uint32_t)denials_count(link->denials)) && is_told;
    }
    link->saving_count = 0;
    return is_told;
}

/* Writes the deny list in a process of its own: the broker must never wait for a disk. One at a time, each with all changes
 * before it. False when Picket cannot be told what came of it. */
static bool save(struct link *link, struct peer *peer, bool waits) {
    if (link->saver > 0) {
        int status = 0;
        pid_t ended = waitpid(link->saver, &status, waits ? 0 : WNOHANG);
        if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
        link->saver = 0;
        if (!saved(link, peer, ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)) return false;
    }
    if (link->waiting_count == 0) {
        /* Only now: what is read again must hold what was denied before. */
        if (link->reload) notice(link, denials_load(link->denials) ? LINK_LIST_READ : LINK_BAD_LIST);
        link->reload = false;
        return true;
    }
    memcpy(link->saving, link->waiting, link->waiting_count * sizeof link->waiting[0]);
    link->saving_count = link->waiting_count;
    link->waiting_count = 0;
    pid_t saver = fork();
    if (saver == 0) {
#ifdef SYS_close_range
        /* A client that is kicked meanwhile must not be held by a copy of its socket. */
        syscall(SYS_close_range, 3u, ~0u, 0u);
#endif
        _exit(denials_save(link->denials) ? 0 : 1);
    }
    if (saver < 0) return saved(link, peer, denials_save(link->denials));
    link->saver = saver;
    return true;
}

/* Reads one frame of Picket's. False when it is none. */
static bool understand(struct link *link, struct peer *peer, const uint8_t *in, size_t length) {
    uint8_t type = in[0];
    in++;
    length--;
    if (!peer->welcome) {
        if (type != WIRE_WELCOME || length != 18) return false;
        if (wire_read_u16(in) != WIRE_VERSION) {
            notice(link, LINK_VERSION);
            return false;
        }
        uint64_t resume = wire_read_u64(in + 10);
        if (wire_read_u64(in + 2) == link->run) {
            if (resume >= link->next) return false;
            give_back(link, resume, link->ring.head);
        }
        peer->sent = peer->chunk_end = link->ring.tail;
        peer->welcome = true;
        notice(link, LINK_CONNECTED);
        return true;
    }
    if (type == WIRE_ACKNOWLEDGE && length == 8) {
        uint64_t sequence = wire_read_u64(in);
        if (sequence > peer->sent_sequence) return false;
        give_back(link, sequence, peer->sent);
        return true;
    }
    return type == WIRE_COMMAND && length >= 9 && obey(link, peer, in, length);
}

/* Reads what Picket says. False when the connection is over. */
static bool receive(struct link *link, struct peer *peer) {
    if (peer->input_length < sizeof peer->input) {
        ssize_t got = recv(peer->socket, peer->input + peer->input_length, sizeof peer->input - peer->input_length,
                           MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
        if (got > 0) peer->input_length += (size_t)got;
    }
    size_t at = 0;
    for (int frames = 0; frames < ROUND_FRAMES && peer->input_length - at >= 4; frames++) {
        size_t length = wire_read_u32(peer->input + at);
        if (length == 0 || length > WIRE_COMMAND_BYTES) {
            notice(link, LINK_MALFORMED);
            return false;
        }
        if (peer->input_length - at < 4 + length) break;
        if (!understand(link, peer, peer->input + at + 4, length)) {
            notice(link, LINK_MALFORMED);
            return false;
        }
        at += 4 + length;
    }
    memmove(peer->input, peer->input + at, peer->input_length - at);
    peer->input_length -= at;
    return true;
}

static void leave(struct link *link, struct peer *peer) {
    close(peer->socket);
    peer->socket = -1;
    link->connection++;
    if (peer->welcome) notice(link, LINK_AWAY);
}

/* One round with a connection. False when it is over. */
static bool converse(struct link *link, struct peer *peer, int64_t now) {
    if (!receive(link, peer)) return false;
    if (!peer->welcome) {
        if (now - peer->since > HANDSHAKE_MS) return false;
    } else if (now - peer->beat_at >= BEAT_MS) {
        peer->beat_at = now;
        if (!add_beat(link, peer, 0)) return false;
    }
    return send_all(link, peer);
}

static void meet(struct link *link, struct peer *peer, int64_t now) {
    if (now - peer->tried_at < RETRY_MS) return;
    int socket_ = reach(link);
    memset(peer, 0, sizeof *peer);
    peer->socket = socket_;
    peer->since = peer->tried_at = now;
    peer->sent = peer->chunk_end = link->ring.tail;
    if (socket_ < 0) return;
    wake_when_readable(socket_);
    say_hello(link, peer);
    if (!send_all(link, peer)) leave(link, peer);
}

void link_open(struct link *link) {
    link->send_at = UINT64_MAX;
    wake_open(&link->wake);
}

/* Something came before its time: what Picket asks, or the end of the process that writes the deny list. Events wait on for
 * company: Picket acknowledges each batch at once, and an answer to each would be a batch of a few events. False when the
 * connection is over. */
static bool answer(struct link *link, struct peer *peer) {
    if (!save(link, peer, false)) return false;
    if (peer->socket < 0) return true;
    return receive(link, peer) && (peer->control_sent == peer->control_length || send_all(link, peer));
}

void link_turn(struct link *link) {
    struct peer *peer = &the_peer;
    int64_t now = now_ms();
    if (wake_came(&link->wake) && now < link->due && !answer(link, peer)) leave(link, peer);
    if (now < link->due && link->ring.head < link->send_at) {
        if (peer->socket >= 0 && peer->sent != link->ring.head) wake_after(&link->wake, link->due - now + CLOCK_MS);
        return;
    }
    if (now >= link->due) {
        link->due = now + BATCH_MS;
        if (peer->socket < 0) meet(link, peer, now);
        if (!save(link, peer, false)) leave(link, peer);
        if (peer->socket >= 0 && !converse(link, peer, now)) leave(link, peer);
    } else if (!send_all(link, peer)) {
        leave(link, peer);
    }
    bool is_open = peer->socket >= 0 && peer->welcome;
    bool is_full = is_open && peer->sent < peer->chunk_end; /* Picket, or the kernel, takes no more for a moment */
    if (is_full) link->due = now + FULL_MS;
    link->send_at = is_open && !is_full ? peer->sent + BATCH_BYTES : UINT64_MAX;
}

static void farewell(struct link *link, struct peer *peer) {
    int64_t end = now_ms() + LINK_FAREWELL_MS;
    bool said = false;
    while (peer->welcome && now_ms() < end) {
        if (!send_all(link, peer)) return;
        bool is_empty = peer->sent == link->ring.head && peer->control_sent == peer->control_length;
        if (is_empty && said) return;
        if (is_empty) said = add_beat(link, peer, WIRE_FINAL);
        struct pollfd poll_ = {.fd = peer->socket, .events = POLLOUT};
        poll(&poll_, 1, 10);
    }
}

void link_close(struct link *link) {
    struct peer *peer = &the_peer;
    wake_close(&link->wake);
    while (link->saver > 0 || link->waiting_count > 0) save(link, peer, true);
    if (peer->socket < 0) return;
    farewell(link, peer);
    leave(link, peer);
}
