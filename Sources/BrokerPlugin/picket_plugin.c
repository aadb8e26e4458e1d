/* A plugin for Mosquitto 2.0 and newer that tells Picket what each client does, and refuses the clients on its deny list.
 *
 * Facts about 2.0.11 that shape it, all measured: BASIC_AUTH is not called on listeners with use_identity_as_username; there
 * is no event for a connection or a refusal, so both are told from what follows; the reason of a DISCONNECT is always -1;
 * TICK comes with every turn of the loop, at the latest after 100 ms; SIGHUP is RELOAD, then BASIC_AUTH for everybody who is
 * there, before the next TICK; an ACL check that every plugin defers is a denial.
 * All hooks run on the broker's thread, and TICK does all input and output (link.h). */
#define _GNU_SOURCE
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "link.h"
#include "sessions.h"

#define EXPORT __attribute__((visibility("default")))

/* Events that wait for Picket: about a second and a half at 50,000 messages a second. */
#define BUFFER_MIB 8
#define BUFFER_MIB_LIMIT 1024
/* An eighth of the buffer is kept for what is rare and matters: who came, who was refused, who left. */
#define RESERVE_SHIFT 3
/* A message of ours in the broker's log comes at most this often; Picket may come and go as it likes. */
#define NOTICE_SECONDS 10

/* A publish that the broker is asking about: a denial, unless its message follows. */
struct pending {
    const struct mosquitto *connection; /* NULL when there is none */
    uint32_t bytes;
    uint8_t qos;
    char topic[WIRE_TOPIC_BYTES + 1];
};

static struct {
    mosquitto_plugin_id_t *identifier;
    struct link link;
    struct denials denials;
    struct sessions sessions;
    struct pending pending;
    const struct mosquitto **asked; /* connections whose fate is open */
    size_t asked_count, asked_capacity;
    bool certificate_login, access_checks;
    bool is_rechecking; /* the broker was told to read its files again, and asks about everybody who is there */
    time_t noticed[8];
    char socket[108], deny[4096];
} plugin;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- events */

struct event {
    enum wire_type type;
    uint8_t flags, qos, reason;
    uint32_t bytes;
    int64_t time;
    const char *topic;
};

/* Puts an event into the ring. Its number is used up even when there is no room: that is how Picket sees the loss. */
static void emit(const struct session *session, const struct event *event, const struct mosquitto *connection) {
    uint64_t sequence = plugin.link.next++;
    int cut = session->names_cut;
    bool is_coming = event->type == WIRE_CONNECT || event->type == WIRE_CONNECT_FAILED;
    size_t subject = wire_text_length(session->subject, WIRE_NAME_BYTES, &cut);
    size_t topic = wire_text_length(event->topic, WIRE_TOPIC_BYTES, &cut);
    size_t total = WIRE_EVENT_FIXED + session->names_length + 2 + subject + 2 + topic;
    struct ring *ring = &plugin.link.ring;
    bool is_rare = is_coming || event->type == WIRE_DISCONNECT;
    if (ring_room(ring) < total + (is_rare ? 0 : ring->size >> RESERVE_SHIFT)) {
        plugin.link.dropped++;
    } else {
        uint8_t *out = ring_at(ring, ring->head);
        out = wire_u32(out, (uint32_t)(total - 4));
        *out++ = (uint8_t)event->type;
        *out++ = (uint8_t)(event->flags | (cut ? WIRE_CUT : 0));
        *out++ = event->qos;
        *out++ = session->identity;
        out = wire_u64(out, sequence);
        out = wire_u64(out, (uint64_t)event->time);
        out = wire_u32(out, event->bytes);
        out = wire_u16(out, is_coming && connection != NULL ? (uint16_t)mosquitto_client_keepalive(connection) : 0);
        *out++ = is_coming && connection != NULL ? (uint8_t)mosquitto_client_protocol_version(connection) : 0;
        *out++ = event->reason;
        memcpy(out, session->names, session->names_length);
        out = wire_text(out + session->names_length, session->subject, subject);
        wire_text(out, event->topic, topic);
        ring->head += total;
        plugin.link.newest = sequence;
    }
}

static void connected(struct session *session, int64_t time) {
    session->state = SESSION_CONNECTED;
    uint8_t flags = mosquitto_client_clean_session(session->connection) ? WIRE_CLEAN : 0;
    emit(session, &(struct event){.type = WIRE_CONNECT, .flags = flags, .time = time}, session->connection);
}

/* The publish that was asked about had no message: it was refused. */
static void settle(void) {
    if (plugin.pending.connection == NULL) return;
    struct session *session = sessions_find(&plugin.sessions, plugin.pending.connection);
    plugin.pending.connection = NULL;
    if (session == NULL || session->state != SESSION_CONNECTED) return;
    struct event event = {.type = WIRE_DENIED, .qos = plugin.pending.qos, .bytes = plugin.pending.bytes,
                          .time = now_ns(), .topic = plugin.pending.topic, .reason = WIRE_PUBLISH};
    emit(session, &event, NULL);
}

static bool is_banned(struct session *session) {
    unsigned generation = plugin.denials.generation;
    if (session->generation != generation) {
        session->generation = generation;
        session->banned = denials_contain(&plugin.denials, DENIAL_SERIAL, session->serial) ||
                          denials_contain(&plugin.denials, DENIAL_USER, session->user) ||
                          denials_contain(&plugin.denials, DENIAL_USER, session->subject) ||
                          denials_contain(&plugin.denials, DENIAL_CLIENT, session->client);
    }
    return session->banned;
}

/* The session of a connection that does something, so that it must have been let in. NULL when there is no memory. */
static struct session *acting(const struct mosquitto *connection) {
    struct session *session = sessions_find(&plugin.sessions, connection);
    if (session != NULL && session->state == SESSION_CONNECTED && session_is_current(session, connection)) return session;
    if (session == NULL || session->state != SESSION_ASKED || !session_is_current(session, connection)) {
        session = sessions_begin(&plugin.sessions, connection, NULL);
        if (session == NULL) return NULL;
        session->asked_at = now_ns();
    }
    connected(session, session->asked_at);
    return session;
}

/* Whether another connection with the same client id is being let in. */
static bool is_taken_over(const struct session *session) {
    for (size_t i = 0; i < plugin.asked_count; i++) {
        struct session *other = sessions_find(&plugin.sessions, plugin.asked[i]);
        if (other != NULL && other != session && other->state == SESSION_ASKED && strcmp(other->client, session->client) == 0)
            return true;
    }
    return false;
}

/* ---- hooks */

static void remember_asked(const struct mosquitto *connection) {
    if (plugin.asked_count == plugin.asked_capacity) {
        size_t capacity = plugin.asked_capacity == 0 ? 64 : plugin.asked_capacity * 2;
        void *larger = realloc(plugin.asked, capacity * sizeof *plugin.asked);
        if (larger == NULL) return; /* its connect event comes with its first act */
        plugin.asked = larger;
        plugin.asked_capacity = capacity;
    }
    plugin.asked[plugin.asked_count++] = connection;
}

static int on_basic_auth(int hook, void *data, void *context) {
    (void)hook, (void)context;
    struct mosquitto_evt_basic_auth *event = data;
    settle();
    struct session *session = plugin.is_rechecking ? sessions_find(&plugin.sessions, event->client) : NULL;
    if (session != NULL && session->state == SESSION_CONNECTED && session_is_current(session, event->client)) {
        /* Nobody comes: without this each SIGHUP was a connect of every device. Whoever is refused is sent away. */
        if (is_banned(session)) return MOSQ_ERR_AUTH;
        return plugin.certificate_login && session->identity == WIRE_CERTIFICATE ? MOSQ_ERR_SUCCESS : MOSQ_ERR_PLUGIN_DEFER;
    }
    session = sessions_begin(&plugin.sessions, event->client, event->username);
    if (session == NULL) return MOSQ_ERR_NOMEM;
    session->asked_at = now_ns();
    session->state = SESSION_ASKED;
    if (session->identity == WIRE_CLAIMED && event->username != NULL && event->password != NULL)
        session->identity = WIRE_PASSWORD;
    remember_asked(event->client);
    if (is_banned(session)) return MOSQ_ERR_AUTH;
    if (!plugin.certificate_login || session->identity != WIRE_CERTIFICATE) return MOSQ_ERR_PLUGIN_DEFER;
    const char *name = session->subject;
    if (name == NULL || mosquitto_set_username(event->client, name) != MOSQ_ERR_SUCCESS) return MOSQ_ERR_AUTH;
    if (!session_name(session, mosquitto_client_id(event->client), name, mosquitto_client_address(event->client)))
        return MOSQ_ERR_NOMEM;
    return MOSQ_ERR_SUCCESS;
}

static int on_access(int hook, void *data, void *context) {
    (void)hook, (void)context;
    struct mosquitto_evt_acl_check *event = data;
    if (event->access == MOSQ_ACL_READ) {
        if (plugin.denials.generation == 0) return MOSQ_ERR_PLUGIN_DEFER;
        struct session *reader = sessions_find(&plugin.sessions, event->client);
        return reader != NULL && reader->state != SESSION_GONE && is_banned(reader) ? MOSQ_ERR_ACL_DENIED
                                                                                   : MOSQ_ERR_PLUGIN_DEFER;
    }
    settle();
    struct session *session = sessions_find(&plugin.sessions, event->client);
    bool is_write = event->access == MOSQ_ACL_WRITE;
    if (is_write && session != NULL && session_is_current(session, event->client) &&
        (session->state != SESSION_CONNECTED || is_taken_over(session)))
        /* The will of a client that left or makes way, or what the broker looks at again while it lets one in: no act of
         * the client. */
        return is_banned(session) ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_PLUGIN_DEFER;
    session = acting(event->client);
    if (session == NULL) return MOSQ_ERR_PLUGIN_DEFER;
    bool banned = is_banned(session);
    if (is_write && !banned) {
        if (strncmp(event->topic, "$CONTROL/", 9) == 0) return MOSQ_ERR_PLUGIN_DEFER; /* has no MESSAGE either */
        int cut = 0;
        size_t length = wire_text_length(event->topic, WIRE_TOPIC_BYTES, &cut);
        memcpy(plugin.pending.topic, event->topic, length);
        plugin.pending.topic[length] = 0;
        plugin.pending.bytes = event->payloadlen;
        plugin.pending.qos = event->qos;
        plugin.pending.connection = event->client;
        return MOSQ_ERR_PLUGIN_DEFER;
    }
    enum wire_type action = is_write                                      ? WIRE_PUBLISH
                            : event->access == MOSQ_ACL_UNSUBSCRIBE       ? WIRE_UNSUBSCRIBE
                                                                          : WIRE_SUBSCRIBE;
    emit(session, &(struct event){.type = banned ? WIRE_DENIED : action, .qos = event->qos, .time = now_ns(),
                                  .bytes = is_write ? event->payloadlen : 0, .topic = event->topic,
                                  .reason = banned ? (uint8_t)action : 0}, NULL);
    return banned ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_PLUGIN_DEFER;
}

static int on_message(int hook, void *data, void *context) {
    (void)hook, (void)context;
    struct mosquitto_evt_message *event = data;
    if (plugin.pending.connection == event->client) plugin.pending.connection = NULL;
    settle();
    struct session *session = acting(event->client);
    if (session == NULL) return MOSQ_ERR_SUCCESS;
    bool banned = is_banned(session);
    emit(session, &(struct event){.type = banned ? WIRE_DENIED : WIRE_PUBLISH, .qos = event->qos, .time = now_ns(),
                                  .flags = event->retain && !banned ? WIRE_RETAIN : 0, .bytes = event->payloadlen,
                                  .topic = event->topic, .reason = banned ? WIRE_PUBLISH : 0}, NULL);
    return banned ? MOSQ_ERR_ACL_DENIED : MOSQ_ERR_SUCCESS;
}

static uint8_t reason_of(const struct session *session, int reason) {
    if (session->kicked) return WIRE_REASON_KICKED;
    if (is_taken_over(session)) return WIRE_REASON_TAKEOVER;
    switch (reason) { /* 2.1 and newer say why; 2.0 says -1 */
        case MOSQ_ERR_SUCCESS: return WIRE_REASON_CLIENT;
        case MOSQ_ERR_KEEPALIVE: return WIRE_REASON_KEEPALIVE;
        case MOSQ_ERR_CONN_LOST: return WIRE_REASON_LOST;
        case MOSQ_ERR_ADMINISTRATIVE_ACTION: return WIRE_REASON_KICKED;
        case MOSQ_ERR_PROTOCOL:
        case MOSQ_ERR_MALFORMED_PACKET: return WIRE_REASON_PROTOCOL;
        case MOSQ_ERR_OVERSIZE_PACKET: return WIRE_REASON_OVERSIZE;
        case MOSQ_ERR_AUTH: return WIRE_REASON_NOT_AUTHORIZED;
        default: return WIRE_REASON_UNKNOWN;
    }
}

static int on_disconnect(int hook, void *data, void *context) {
    (void)hook, (void)context;
    struct mosquitto_evt_disconnect *event = data;
    settle();
    const char *client = mosquitto_client_id(event->client);
    struct session *session = sessions_find(&plugin.sessions, event->client);
    if (session != NULL && session->state == SESSION_ASKED && client == NULL) {
        /* 2.0 takes the client id away from a connection that it refused. */
        uint8_t reason = is_banned(session) ? WIRE_REASON_BANNED : WIRE_REASON_NOT_AUTHORIZED;
        session->identity = WIRE_CLAIMED;
        session->state = SESSION_GONE;
        emit(session, &(struct event){.type = WIRE_CONNECT_FAILED, .reason = reason, .time = session->asked_at}, event->client);
        return MOSQ_ERR_SUCCESS;
    }
    if (client == NULL) return MOSQ_ERR_SUCCESS; /* it never said who it is; the broker's log has its address */
    if (session != NULL && session->state == SESSION_GONE && session_is_current(session, event->client))
        return MOSQ_ERR_SUCCESS;
    session = acting(event->client);
    if (session == NULL) return MOSQ_ERR_SUCCESS;
    uint8_t reason = reason_of(session, event->reason);
    session->state = SESSION_GONE;
    emit(session, &(struct event){.type = WIRE_DISCONNECT, .reason = reason, .time = now_ns()}, NULL);
    return MOSQ_ERR_SUCCESS;
}

/* ---- the broker's turn */

static bool fits(const struct session *session, char kind, const char *text) {
    if (session->connection == NULL || session->state != SESSION_CONNECTED) return false;
    switch (kind) {
        case DENIAL_CLIENT: return strcmp(session->client, text) == 0;
        case DENIAL_USER: return strcmp(session->user, text) == 0;
        default: {
            char serial[64];
            return denials_serial(session->serial, serial, sizeof serial) && strcmp(serial, text) == 0;
        }
    }
}

/* Ends the sessions that have the name; how many. */
static uint32_t end_sessions(char kind, const char *text, bool with_will) {
    uint32_t count = 0;
    for (;;) {
        struct session *found = NULL;
        for (size_t i = 0; i < plugin.sessions.size && found == NULL; i++)
            if (fits(&plugin.sessions.slots[i], kind, text) && !plugin.sessions.slots[i].kicked) found = &plugin.sessions.slots[i];
        if (found == NULL) break;
        found->kicked = true;
        char *client = strdup(found->client);
        if (client != NULL && mosquitto_kick_client_by_clientid(client, with_will) == MOSQ_ERR_SUCCESS) count++;
        free(client);
    }
    /* Clients of listeners with use_identity_as_username that did nothing yet are known to the broker alone. */
    if (count == 0 && kind == DENIAL_CLIENT && mosquitto_kick_client_by_clientid(text, with_will) == MOSQ_ERR_SUCCESS) count = 1;
    if (count == 0 && kind == DENIAL_USER && mosquitto_kick_client_by_username(text, with_will) == MOSQ_ERR_SUCCESS) count = 1;
    return count;
}

static void write_notices(void) {
    static const struct {
        int level;
        const char *text;
    } messages[] = {
        {MOSQ_LOG_NOTICE, "picket: Picket is here"},
        {MOSQ_LOG_WARNING, "picket: Picket is away; events wait in memory, then they are dropped and counted"},
        {MOSQ_LOG_ERR, "picket: another user listens at plugin_opt_socket; plugin_opt_peer says who Picket runs as"},
        {MOSQ_LOG_ERR, "picket: what listens at plugin_opt_socket does not speak Picket's format"},
        {MOSQ_LOG_ERR, "picket: Picket speaks another version of the format; install the plugin that comes with it"},
        {MOSQ_LOG_ERR, "picket: the deny list cannot be read; the one in force stays"},
        {MOSQ_LOG_NOTICE, "picket: the deny list was read again"},
    };
    unsigned bits = plugin.link.notices;
    plugin.link.notices = 0;
    time_t now = time(NULL);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        if ((bits & 1u << i) == 0 || now - plugin.noticed[i] < NOTICE_SECONDS) continue;
        plugin.noticed[i] = now;
        mosquitto_log_printf(messages[i].level, "%s", messages[i].text);
    }
}

static int on_tick(int hook, void *data, void *context) {
    (void)hook, (void)data, (void)context;
    settle();
    /* Who asked before and is still there was let in: a refusal is a DISCONNECT within the same turn. */
    for (size_t i = 0; i < plugin.asked_count; i++) {
        struct session *session = sessions_find(&plugin.sessions, plugin.asked[i]);
        if (session != NULL && session->state == SESSION_ASKED) connected(session, session->asked_at);
    }
    plugin.asked_count = 0;
    plugin.is_rechecking = false;
    link_turn(&plugin.link);
    if (plugin.link.notices != 0) write_notices();
    return MOSQ_ERR_SUCCESS;
}

static int on_reload(int hook, void *data, void *context) {
    (void)hook, (void)data, (void)context;
    plugin.is_rechecking = true;
    plugin.link.reload = true; /* in a turn of the link: the file may be being written */
    return MOSQ_ERR_SUCCESS;
}

/* ---- start and end */

static bool flag(const char *value, bool *out) {
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0) return false;
    *out = value[0] == 't';
    return true;
}

static bool read_option(const char *key, const char *value, unsigned long *buffer) {
    char *end;
    if (strcmp(key, "socket") == 0) return snprintf(plugin.socket, sizeof plugin.socket, "%s", value) < (int)sizeof plugin.socket;
    if (strcmp(key, "deny") == 0) return snprintf(plugin.deny, sizeof plugin.deny, "%s", value) < (int)sizeof plugin.deny;
    if (strcmp(key, "certificate_login") == 0) return flag(value, &plugin.certificate_login);
    if (strcmp(key, "access_checks") == 0) return flag(value, &plugin.access_checks);
    if (strcmp(key, "buffer") == 0) {
        *buffer = strtoul(value, &end, 10);
        return *end == 0 && *buffer >= 1 && *buffer <= BUFFER_MIB_LIMIT;
    }
    if (strcmp(key, "peer") == 0) {
        unsigned long uid = strtoul(value, &end, 10);
        struct passwd *user = *value != 0 && *end == 0 ? NULL : getpwnam(value);
        if (user == NULL && (*value == 0 || *end != 0)) return false;
        plugin.link.peer = user != NULL ? (int64_t)user->pw_uid : (int64_t)uid;
        return true;
    }
    return false;
}

EXPORT int mosquitto_plugin_version(int count, const int *versions) {
    for (int i = 0; i < count; i++)
        if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
    return -1;
}

EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **context, struct mosquitto_opt *options, int count) {
    (void)context;
    unsigned long buffer = BUFFER_MIB;
    plugin.identifier = identifier;
    plugin.link.peer = -1;
    for (int i = 0; i < count; i++) {
        if (read_option(options[i].key, options[i].value, &buffer)) continue;
        mosquitto_log_printf(MOSQ_LOG_ERR, "picket: plugin_opt_%s %s is not understood", options[i].key, options[i].value);
        return MOSQ_ERR_INVAL;
    }
    if (plugin.socket[0] == 0) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "picket: plugin_opt_socket is needed: the path at which Picket listens");
        return MOSQ_ERR_INVAL;
    }
    denials_init(&plugin.denials, plugin.deny[0] == 0 ? NULL : plugin.deny);
    if (!denials_load(&plugin.denials)) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "picket: the deny list %s cannot be read; without it nobody would be refused", plugin.deny);
        return MOSQ_ERR_INVAL;
    }
    plugin.link.next = 1;
    plugin.link.kick = end_sessions;
    plugin.link.path = plugin.socket;
    plugin.link.denials = &plugin.denials;
    snprintf(plugin.link.broker, sizeof plugin.link.broker, "mosquitto, plugin interface %d", MOSQ_PLUGIN_VERSION);
    if (getrandom(&plugin.link.run, sizeof plugin.link.run, 0) != sizeof plugin.link.run) return MOSQ_ERR_UNKNOWN;
    if (!ring_open(&plugin.link.ring, buffer << 20)) return MOSQ_ERR_NOMEM;
    link_open(&plugin.link);
    int code = mosquitto_callback_register(identifier, MOSQ_EVT_BASIC_AUTH, on_basic_auth, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS && plugin.access_checks)
        code = mosquitto_callback_register(identifier, MOSQ_EVT_ACL_CHECK, on_access, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_callback_register(identifier, MOSQ_EVT_MESSAGE, on_message, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_callback_register(identifier, MOSQ_EVT_DISCONNECT, on_disconnect, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_callback_register(identifier, MOSQ_EVT_TICK, on_tick, NULL, NULL);
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_callback_register(identifier, MOSQ_EVT_RELOAD, on_reload, NULL, NULL);
    mosquitto_log_printf(MOSQ_LOG_INFO, "picket: plugin for %s, %zu denied", plugin.socket, denials_count(&plugin.denials));
    return code;
}

EXPORT int mosquitto_plugin_cleanup(void *context, struct mosquitto_opt *options, int count) {
    (void)context, (void)options, (void)count;
    settle();
    link_close(&plugin.link);
    mosquitto_callback_unregister(plugin.identifier, MOSQ_EVT_BASIC_AUTH, on_basic_auth, NULL);
    if (plugin.access_checks) mosquitto_callback_unregister(plugin.identifier, MOSQ_EVT_ACL_CHECK, on_access, NULL);
    mosquitto_callback_unregister(plugin.identifier, MOSQ_EVT_MESSAGE, on_message, NULL);
    mosquitto_callback_unregister(plugin.identifier, MOSQ_EVT_DISCONNECT, on_disconnect, NULL);
    mosquitto_callback_unregister(plugin.identifier, MOSQ_EVT_TICK, on_tick, NULL);
    mosquitto_callback_unregister(plugin.identifier, MOSQ_EVT_RELOAD, on_reload, NULL);
    ring_close(&plugin.link.ring);
    sessions_free(&plugin.sessions);
    denials_free(&plugin.denials);
    free(plugin.asked);
    return MOSQ_ERR_SUCCESS;
}
