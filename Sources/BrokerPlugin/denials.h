/* Who may not connect: certificate serials, users and client ids, kept in a file so that a broker without Picket goes on
 * refusing them. */
#ifndef PICKET_DENIALS_H
#define PICKET_DENIALS_H

#include <stdbool.h>
#include <stddef.h>

enum denial_kind { DENIAL_SERIAL = 's', DENIAL_USER = 'u', DENIAL_CLIENT = 'c' };

/* Names on the list: a hundred times what an operator enters by hand, and 100 MiB at the very worst. */
#define DENIALS_LIMIT 100000

struct denial {
    char *text;
    char kind;
};

struct denials {
    const char *path;
    struct denial *slots; /* open addressing; a power of two */
    size_t size;
    size_t count;
    unsigned generation; /* rises with every change; 0 as long as the list was never filled */
};

enum denial_result { DENIAL_CHANGED, DENIAL_UNCHANGED, DENIAL_INVALID, DENIAL_FULL };

void denials_init(struct denials *denials, const char *path);
void denials_free(struct denials *denials);

/* Reads the file again. A missing file is an empty list. False, and the list in force stays, when it cannot be read or
 * holds a line that is none: a broken file must not let anybody in. */
bool denials_load(struct denials *denials);

/* Writes the file: a copy, synced, then renamed. It waits for the disk, so not in the broker's process (link.c). */
bool denials_save(struct denials *denials);

enum denial_result denials_add(struct denials *denials, char kind, const char *text);
enum denial_result denials_remove(struct denials *denials, char kind, const char *text);
bool denials_contain(struct denials *denials, char kind, const char *text);
size_t denials_count(const struct denials *denials);

/* A serial as it is compared: hexadecimal digits in upper case, without colons and leading zeros. False when it is none. */
bool denials_serial(const char *text, char *out, size_t capacity);

#endif
