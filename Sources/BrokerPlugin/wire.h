/* The wire format of the plugin's socket, version 1; Documentation/PLUGIN.md describes it byte by byte.
 *
 * A frame is a u32 length of what follows, a type byte, and the type's fields. All numbers are little-endian. */
#ifndef PICKET_WIRE_H
#define PICKET_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WIRE_VERSION 1

enum wire_type {
    /* plugin to Picket */
    WIRE_HELLO = 0x01,
    WIRE_BEAT = 0x02,
    WIRE_ANSWER = 0x03,
    WIRE_CONNECT = 0x10,
    WIRE_CONNECT_FAILED = 0x11,
    WIRE_DISCONNECT = 0x12,
    WIRE_PUBLISH = 0x13,
    WIRE_SUBSCRIBE = 0x14,
    WIRE_UNSUBSCRIBE = 0x15,
    WIRE_DENIED = 0x16,
    /* Picket to plugin */
    WIRE_WELCOME = 0x81,
    WIRE_ACKNOWLEDGE = 0x82,
    WIRE_COMMAND = 0x83,
};

enum wire_flag {
    WIRE_RETAIN = 1,
    WIRE_CLEAN = 2,
    WIRE_CUT = 4,   /* a text was longer than its limit */
    WIRE_FINAL = 1, /* of a beat: the broker ends */
};

enum wire_identity { WIRE_CLAIMED = 0, WIRE_PASSWORD = 1, WIRE_CERTIFICATE = 2 };

/* Numbers of the reasons of DESIGN section 4. */
enum wire_reason {
    WIRE_REASON_UNKNOWN = 0,
    WIRE_REASON_CLIENT = 1,
    WIRE_REASON_KEEPALIVE = 2,
    WIRE_REASON_LOST = 3,
    WIRE_REASON_TAKEOVER = 4,
    WIRE_REASON_KICKED = 5,
    WIRE_REASON_PROTOCOL = 6,
    WIRE_REASON_OVERSIZE = 7,
    WIRE_REASON_NOT_AUTHORIZED = 8,
    WIRE_REASON_BANNED = 9,
    WIRE_REASON_BAD_CERTIFICATE = 10,
};

enum wire_operation {
    WIRE_DENY = 1,
    WIRE_ALLOW = 2,
    WIRE_KICK = 3,
    WIRE_COUNT = 4,
};

enum wire_status {
    WIRE_DONE = 0,
    WIRE_NOTHING = 1,      /* nothing to do: it was so already, or no session fits */
    WIRE_INVALID = 2,
    WIRE_NOT_DURABLE = 3,  /* in force, but the file could not be written */
    WIRE_FULL = 4,         /* the deny list, or the queue of commands, is full */
};

/* The longest texts that are sent. A client id, user or subject beyond 1 KiB and a topic beyond 8 KiB are seen in no
 * fleet that works; MQTT allows 64 KiB each, and three of them would be three times a line of Picket's log. */
#define WIRE_NAME_BYTES 1024
#define WIRE_TOPIC_BYTES 8192

/* The fixed part of an event: length 4, type, flags, qos, identity, seq 8, time 8, bytes 4, keepalive 2, protocol, reason. */
#define WIRE_EVENT_FIXED (4 + 4 + 8 + 8 + 4 + 4)
/* An event is never longer: six texts with their lengths. */
#define WIRE_EVENT_BYTES (WIRE_EVENT_FIXED + 6 * 2 + 5 * WIRE_NAME_BYTES + WIRE_TOPIC_BYTES)
/* Picket's frames are short; a longer one is none of Picket's. */
#define WIRE_COMMAND_BYTES 4096

static inline uint8_t *wire_u16(uint8_t *out, uint16_t value) {
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
    return out + 2;
}

static inline uint8_t *wire_u32(uint8_t *out, uint32_t value) {
    return wire_u16(wire_u16(out, (uint16_t)value), (uint16_t)(value >> 16));
}

static inline uint8_t *wire_u64(uint8_t *out, uint64_t value) {
    return wire_u32(wire_u32(out, (uint32_t)value), (uint32_t)(value >> 32));
}

static inline uint16_t wire_read_u16(const uint8_t *in) { return (uint16_t)(in[0] | in[1] << 8); }

static inline uint32_t wire_read_u32(const uint8_t *in) {
    return (uint32_t)wire_read_u16(in) | (uint32_t)wire_read_u16(in + 2) << 16;
}

static inline uint64_t wire_read_u64(const uint8_t *in) {
    return (uint64_t)wire_read_u32(in) | (uint64_t)wire_read_u32(in + 4) << 32;
}

/* The bytes of `text` that are sent: at most `limit`, not cutting a UTF-8 sequence. Sets *cut when some are left out. */
static inline size_t wire_text_length(const char *text, size_t limit, int *cut) {
    size_t length = text == NULL ? 0 : strnlen(text, limit + 1);
    if (length <= limit) return length;
    *cut = 1;
    length = limit;
    while (length > 0 && ((uint8_t)text[length] & 0xC0) == 0x80) length--;
    return length;
}

static inline uint8_t *wire_text(uint8_t *out, const char *text, size_t length) {
    out = wire_u16(out, (uint16_t)length);
    if (length > 0) memcpy(out, text, length);
    return out + length;
}

#endif
