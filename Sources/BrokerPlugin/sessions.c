#define _GNU_SOURCE
#include "sessions.h"
#include "wire.h"

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

static size_t place(const struct session *slots, size_t size, const struct mosquitto *connection) {
    size_t at = (size_t)(((uint64_t)(uintptr_t)connection * 11400714819323198485u) >> 20) & (size - 1);
    while (slots[at].connection != NULL && slots[at].connection != connection) at = (at + 1) & (size - 1);
    return at;
}

static void release(struct session *session) {
    free(session->client);
    free(session->user);
    free(session->names);
    session->client = session->user = NULL;
    session->names = NULL;
}

static void forget(struct session *session) {
    release(session);
    free(session->subject);
    session->subject = NULL;
}

/* Makes room for one more, leaving out those that are gone. */
static bool make_room(struct sessions *sessions) {
    if (sessions->used * 2 < sessions->size) return true;
    size_t kept = 0;
    for (size_t i = 0; i < sessions->size; i++)
        if (sessions->slots[i].connection != NULL && sessions->slots[i].state != SESSION_GONE) kept++;
    size_t size = 64;
    while (size < kept * 4) size *= 2;
    struct session *slots = calloc(size, sizeof *slots);
    if (slots == NULL) return false;
    for (size_t i = 0; i < sessions->size; i++) {
        struct session *session = &sessions->slots[i];
        if (session->connection == NULL) continue;
        if (session->state == SESSION_GONE)
            forget(session);
        else
            slots[place(slots, size, session->connection)] = *session;
    }
    free(sessions->slots);
    sessions->slots = slots;
    sessions->size = size;
    sessions->used = kept;
    return true;
}

void sessions_free(struct sessions *sessions) {
    for (size_t i = 0; i < sessions->size; i++) forget(&sessions->slots[i]);
    free(sessions->slots);
    memset(sessions, 0, sizeof *sessions);
}

struct session *sessions_find(struct sessions *sessions, const struct mosquitto *connection) {
    if (sessions->size == 0) return NULL;
    struct session *session = &sessions->slots[place(sessions->slots, sessions->size, connection)];
    return session->connection == NULL ? NULL : session;
}

/* The serial and the common name of the client's certificate, which the broker has verified. */
static void read_certificate(struct session *session, const struct mosquitto *connection) {
    X509 *certificate = mosquitto_client_certificate(connection);
    if (certificate == NULL) return;
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get_serialNumber(certificate), NULL);
    char *digits = number == NULL ? NULL : BN_bn2hex(number);
    if (digits != NULL && strlen(digits) < sizeof session->serial) strcpy(session->serial, digits);
    OPENSSL_free(digits);
    BN_free(number);
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = subject == NULL ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) {
        unsigned char *text = NULL;
        int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
        /* A name with a NUL byte in it is not the name it seems to be. */
        if (length > 0 && memchr(text, 0, (size_t)length) == NULL)
            session->subject = strndup((const char *)text, (size_t)length);
        OPENSSL_free(text);
    }
    X509_free(certificate);
    session->identity = WIRE_CERTIFICATE;
}

static char *copy(const char *text) { return strdup(text == NULL ? "" : text); }

bool session_name(struct session *session, const char *client, const char *user, const char *address) {
    char *client_copy = copy(client), *user_copy = copy(user);
    int cut = 0;
    size_t lengths[4] = {
        wire_text_length(client, WIRE_NAME_BYTES, &cut), wire_text_length(user, WIRE_NAME_BYTES, &cut),
        wire_text_length(address, WIRE_NAME_BYTES, &cut), strlen(session->serial)};
    size_t total = 4 * 2 + lengths[0] + lengths[1] + lengths[2] + lengths[3];
    uint8_t *names = malloc(total);
    if (client_copy == NULL || user_copy == NULL || names == NULL) {
        free(client_copy);
        free(user_copy);
        free(names);
        return false;
    }
    uint8_t *out = wire_text(names, client, lengths[0]);
    out = wire_text(out, user, lengths[1]);
    out = wire_text(out, address, lengths[2]);
    wire_text(out, session->serial, lengths[3]);
    release(session);
    session->client = client_copy;
    session->user = user_copy;
    session->names = names;
    session->names_length = total;
    session->names_cut = cut != 0;
    return true;
}

struct session *sessions_begin(struct sessions *sessions, const struct mosquitto *connection, const char *user) {
    if (!make_room(sessions)) return NULL;
    size_t at = place(sessions->slots, sessions->size, connection);
    struct session *session = &sessions->slots[at];
    if (session->connection == NULL)
        sessions->used++;
    else
        forget(session);
    memset(session, 0, sizeof *session);
    session->connection = connection;
    session->state = SESSION_GONE;
    read_certificate(session, connection);
    const char *known = mosquitto_client_username(connection);
    if (!session_name(session, mosquitto_client_id(connection), known != NULL ? known : user,
                      mosquitto_client_address(connection)))
        return NULL;
    return session;
}

bool session_is_current(const struct session *session, const struct mosquitto *connection) {
    const char *client = mosquitto_client_id(connection), *user = mosquitto_client_username(connection);
    return session->client != NULL && strcmp(session->client, client == NULL ? "" : client) == 0 &&
           strcmp(session->user, user == NULL ? "" : user) == 0;
}
