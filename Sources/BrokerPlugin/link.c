#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH_MS = 20,        /* how long an event waits for company; a write for each event costs half of the throughput */
    BEAT_MS = 1000,       /* so that Picket knows an idle broker from a dead plugin */
    RETRY_MS = 250,       /* between two tries to reach Picket */
    HANDSHAKE_MS = 5000,  /* a peer that does not speak in that time is none */
    SEND_BYTES = 256 << 10,
};

/* One connection to Picket. */
struct peer {
    int socket;
    bool welcome;
    int64_t since; /* ms */
    int64_t beat_at;
    uint64_t sent;      /* ring position: what lies before it was given to the socket */
    uint64_t chunk_end; /* ring position: the end of the whole frames being sent */
    uint64_t sent_sequence; /* of the newest event in those */
    uint8_t control[sizeof(((struct link *)0)->answers) + 256];
    size_t control_length, control_sent;
    uint8_t input[4 + WIRE_COMMAND_BYTES];
    size_t input_length;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void notice(struct link *link, unsigned bit) { atomic_fetch_or(&link->notices, bit); }

/* Frames before Picket's `sequence` are durable there: their bytes are free. */
static void give_back(struct link *link, uint64_t sequence, uint64_t limit) {
    uint64_t tail = atomic_load_explicit(&link->ring.tail, memory_order_relaxed);
    while (tail < limit) {
        const uint8_t *frame = ring_at(&link->ring, tail);
        if (wire_read_u64(frame + 8) > sequence) break;
        tail += 4 + wire_read_u32(frame);
    }
    atomic_store_explicit(&link->ring.tail, tail, memory_order_release);
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
    out = wire_u64(out, atomic_load(&link->next));
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
    uint64_t next = atomic_load_explicit(&link->next, memory_order_acquire);
    if (atomic_load_explicit(&link->ring.head, memory_order_acquire) != peer->sent) return true;
    uint8_t frame[32], *out = wire_u32(frame, 1 + 1 + 8 + 8);
    *out++ = WIRE_BEAT;
    *out++ = flags;
    out = wire_u64(out, next);
    out = wire_u64(out, atomic_load(&link->dropped));
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
                uint64_t head = atomic_load_explicit(&link->ring.head, memory_order_acquire);
                while (peer->chunk_end < head && peer->chunk_end - peer->sent < SEND_BYTES) {
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

static bool queue_kick(struct link *link, struct peer *peer, uint32_t request, char kind, const char *text, bool will) {
    pthread_mutex_lock(&link->lock);
    unsigned count = atomic_load(&link->kick_count);
    bool fits = count < LINK_KICKS;
    if (fits) {
        struct kick *kick = &link->kicks[count];
        *kick = (struct kick){.request = request, .connection = link->connection, .kind = kind, .with_will = will};
        strcpy(kick->text, text);
        atomic_store(&link->kick_count, count + 1);
    }
    pthread_mutex_unlock(&link->lock);
    return fits || add_answer(peer, request, WIRE_FULL, 0);
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
        return queue_kick(link, peer, request, kind, kind == DENIAL_SERIAL ? serial : text, (flags & 1) != 0);
    }
    if (operation != WIRE_DENY && operation != WIRE_ALLOW) return add_answer(peer, request, WIRE_INVALID, 0);
    enum denial_result result = operation == WIRE_DENY ? denials_add(link->denials, kind, text)
                                                       : denials_remove(link->denials, kind, text);
    if (result == DENIAL_INVALID) return add_answer(peer, request, WIRE_INVALID, 0);
    if (result == DENIAL_FULL) return add_answer(peer, request, WIRE_FULL, 0);
    /* Also when nothing changed: an earlier try may not have reached the disk. */
    enum wire_status status = !denials_save(link->denials) ? WIRE_NOT_DURABLE
                              : result == DENIAL_UNCHANGED ? WIRE_NOTHING
                                                           : WIRE_DONE;
    return add_answer(peer, request, status, (uint32_t)denials_count(link->denials));
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
            if (resume >= atomic_load(&link->next)) return false;
            give_back(link, resume, atomic_load_explicit(&link->ring.head, memory_order_acquire));
        }
        peer->sent = peer->chunk_end = atomic_load_explicit(&link->ring.tail, memory_order_relaxed);
        peer->welcome = true;
        atomic_store(&link->connected, 1);
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
static bool receive_all(struct link *link, struct peer *peer) {
    for (;;) {
        ssize_t got = recv(peer->socket, peer->input + peer->input_length, sizeof peer->input - peer->input_length,
                           MSG_DONTWAIT);
        if (got == 0) return false;
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        peer->input_length += (size_t)got;
        size_t at = 0;
        while (peer->input_length - at >= 4) {
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
        /* One read a round: whoever writes without end must not keep events from being sent. */
        if (at > 0) return true;
    }
}

static void take_answers(struct link *link, struct peer *peer) {
    pthread_mutex_lock(&link->lock);
    if (link->answers_length > 0 && add_control(peer, link->answers, link->answers_length)) link->answers_length = 0;
    pthread_mutex_unlock(&link->lock);
}

static void leave(struct link *link, struct peer *peer) {
    close(peer->socket);
    peer->socket = -1;
    pthread_mutex_lock(&link->lock);
    link->connection++;
    link->answers_length = 0;
    pthread_mutex_unlock(&link->lock);
    if (atomic_exchange(&link->connected, 0) != 0) notice(link, LINK_AWAY);
}

/* One round with a connection. False when it is over. */
static bool converse(struct link *link, struct peer *peer) {
    bool waits = peer->sent != peer->chunk_end || peer->control_sent < peer->control_length;
    struct pollfd poll_ = {.fd = peer->socket, .events = (short)(POLLIN | (waits ? POLLOUT : 0))};
    int ready = poll(&poll_, 1, BATCH_MS);
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && (poll_.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !receive_all(link, peer)) return false;
    int64_t now = now_ms();
    if (!peer->welcome) {
        if (now - peer->since > HANDSHAKE_MS) return false;
    } else {
        take_answers(link, peer);
        if (now - peer->beat_at >= BEAT_MS) {
            peer->beat_at = now;
            if (!add_beat(link, peer, 0)) return false;
        }
    }
    return send_all(link, peer);
}

static void farewell(struct link *link, struct peer *peer) {
    int64_t end = now_ms() + LINK_FAREWELL_MS;
    bool said = false;
    while (peer->welcome && now_ms() < end) {
        if (!send_all(link, peer)) return;
        bool is_empty = peer->sent == atomic_load(&link->ring.head) && peer->control_sent == peer->control_length;
        if (is_empty && said) return;
        if (is_empty) said = add_beat(link, peer, WIRE_FINAL);
        struct pollfd poll_ = {.fd = peer->socket, .events = POLLOUT};
        poll(&poll_, 1, 10);
    }
}

/* A table of descriptors of this thread's own. While two threads share one, the kernel takes and gives back a reference for
 * each read and write of the broker's. None of the broker's descriptors is needed here, and none must be kept open by being in
 * two tables. Where the kernel cannot do it, they share as ever. What is left of the plugin's cost is mostly that a process with
 * two threads pays more for its memory (calloc of glibc): without this thread it is a third. */
static void own_descriptors(void) {
#ifdef SYS_close_range
    const unsigned int unshare_first = 1u << 1; /* CLOSE_RANGE_UNSHARE of linux/close_range.h, Linux 5.9 */
    syscall(SYS_close_range, 3u, ~0u, unshare_first);
#endif
}

static void *run(void *context) {
    struct link *link = context;
    own_descriptors();
    static struct peer peer; /* one thread, one peer: too large for a stack that the broker chose */
    peer.socket = -1;
    int64_t next_try = 0;
    while (!atomic_load(&link->stop)) {
        if (atomic_exchange(&link->reload, false))
            notice(link, denials_load(link->denials) ? LINK_LIST_READ : LINK_BAD_LIST);
        if (peer.socket < 0 && now_ms() >= next_try) {
            next_try = now_ms() + RETRY_MS;
            int socket_ = reach(link);
            if (socket_ >= 0) {
                memset(&peer, 0, sizeof peer);
                peer.socket = socket_;
                peer.since = now_ms();
                peer.sent = peer.chunk_end = atomic_load(&link->ring.tail);
                say_hello(link, &peer);
                if (!send_all(link, &peer)) leave(link, &peer);
            }
        }
        if (peer.socket < 0) {
            struct timespec rest = {.tv_nsec = BATCH_MS * 1000000};
            nanosleep(&rest, NULL);
        } else if (!converse(link, &peer)) {
            leave(link, &peer);
        }
    }
    if (peer.socket >= 0) {
        farewell(link, &peer);
        close(peer.socket);
    }
    return NULL;
}

bool link_start(struct link *link) {
    pthread_mutex_init(&link->lock, NULL);
    /* The broker's signals are for the broker's thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    link->started = pthread_create(&link->thread, NULL, run, link) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return link->started;
}

void link_stop(struct link *link) {
    if (!link->started) return;
    atomic_store(&link->stop, true);
    pthread_join(link->thread, NULL);
    pthread_mutex_destroy(&link->lock);
    link->started = false;
}

bool link_take_kick(struct link *link, struct kick *kick) {
    if (atomic_load_explicit(&link->kick_count, memory_order_relaxed) == 0) return false;
    pthread_mutex_lock(&link->lock);
    unsigned count = atomic_load(&link->kick_count);
    if (count > 0) {
        *kick = link->kicks[0];
        memmove(&link->kicks[0], &link->kicks[1], (count - 1) * sizeof link->kicks[0]);
        atomic_store(&link->kick_count, count - 1);
    }
    pthread_mutex_unlock(&link->lock);
    return count > 0;
}

void link_answer_kick(struct link *link, const struct kick *kick, enum wire_status status, uint32_t count) {
    uint8_t frame[16], *out = wire_u32(frame, 10);
    *out++ = WIRE_ANSWER;
    out = wire_u32(out, kick->request);
    *out++ = (uint8_t)status;
    out = wire_u32(out, count);
    size_t length = (size_t)(out - frame);
    pthread_mutex_lock(&link->lock);
    if (kick->connection == link->connection && link->answers_length + length <= sizeof link->answers) {
        memcpy(link->answers + link->answers_length, frame, length);
        link->answers_length += length;
    }
    pthread_mutex_unlock(&link->lock);
}
