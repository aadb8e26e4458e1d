#define _GNU_SOURCE
#include "denials.h"
#include "wire.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool denials_serial(const char *text, char *out, size_t capacity) {
    size_t length = 0;
    bool digits = false;
    for (; *text != 0; text++) {
        if (*text == ':') continue;
        if (!isxdigit((unsigned char)*text)) return false;
        digits = true;
        if (length == 0 && *text == '0') continue;
        if (length + 1 >= capacity) return false;
        out[length++] = (char)toupper((unsigned char)*text);
    }
    out[length] = 0;
    return digits;
}

static bool is_kind(char kind) { return kind == DENIAL_SERIAL || kind == DENIAL_USER || kind == DENIAL_CLIENT; }

/* The text as it is kept; false when it cannot stand on a line of the file. */
static bool normalize(char kind, const char *text, char *out, size_t capacity) {
    if (!is_kind(kind) || text[0] == 0) return false;
    if (kind == DENIAL_SERIAL) return denials_serial(text, out, capacity);
    size_t length = strlen(text);
    if (length + 1 > capacity) return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) return false;
    memcpy(out, text, length + 1);
    return true;
}

static uint64_t hash(char kind, const char *text) { /* FNV-1a: the list is an operator's, not a client's */
    uint64_t value = 14695981039346656037u ^ (uint8_t)kind;
    for (; *text != 0; text++) value = (value ^ (uint8_t)*text) * 1099511628211u;
    return value;
}

static size_t place(const struct denial *slots, size_t size, char kind, const char *text) {
    size_t at = hash(kind, text) & (size - 1);
    while (slots[at].text != NULL && (slots[at].kind != kind || strcmp(slots[at].text, text) != 0))
        at = (at + 1) & (size - 1);
    return at;
}

static bool grow(struct denials *denials) {
    size_t size = denials->size == 0 ? 64 : denials->size * 2;
    struct denial *slots = calloc(size, sizeof *slots);
    if (slots == NULL) return false;
    for (size_t i = 0; i < denials->size; i++)
        if (denials->slots[i].text != NULL)
            slots[place(slots, size, denials->slots[i].kind, denials->slots[i].text)] = denials->slots[i];
    free(denials->slots);
    denials->slots = slots;
    denials->size = size;
    return true;
}

static enum denial_result add(struct denials *denials, char kind, const char *text) {
    if (denials->count * 2 >= denials->size && !grow(denials)) return DENIAL_FULL;
    size_t at = place(denials->slots, denials->size, kind, text);
    if (denials->slots[at].text != NULL) return DENIAL_UNCHANGED;
    if (denials->count >= DENIALS_LIMIT) return DENIAL_FULL;
    char *copy = strdup(text);
    if (copy == NULL) return DENIAL_FULL;
    denials->slots[at] = (struct denial){copy, kind};
    denials->count++;
    return DENIAL_CHANGED;
}

static void clear(struct denials *denials) {
    for (size_t i = 0; i < denials->size; i++) free(denials->slots[i].text);
    free(denials->slots);
    denials->slots = NULL;
    denials->size = denials->count = 0;
}

void denials_init(struct denials *denials, const char *path) {
    memset(denials, 0, sizeof *denials);
    denials->path = path;
}

void denials_free(struct denials *denials) {
    clear(denials);
}

bool denials_load(struct denials *denials) {
    struct denials fresh = {.path = denials->path};
    if (denials->path == NULL) return true;
    FILE *file = fopen(denials->path, "re");
    if (file == NULL && errno != ENOENT) return false;
    bool sound = true;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while (file != NULL && sound && (length = getline(&line, &capacity, file)) > 0) {
        if (line[length - 1] == '\n') line[--length] = 0;
        if (length == 0 || line[0] == '#') continue;
        char text[WIRE_NAME_BYTES + 1];
        char *space = strchr(line, ' ');
        char kind = strncmp(line, "serial ", 7) == 0   ? DENIAL_SERIAL
                    : strncmp(line, "user ", 5) == 0   ? DENIAL_USER
                    : strncmp(line, "client ", 7) == 0 ? DENIAL_CLIENT
                                                       : 0;
        sound = space != NULL && strlen(line) == (size_t)length && normalize(kind, space + 1, text, sizeof text) &&
                add(&fresh, kind, text) != DENIAL_FULL;
    }
    if (file != NULL) {
        sound = sound && ferror(file) == 0;
        fclose(file);
    }
    free(line);
    if (!sound) {
        clear(&fresh);
        return false;
    }
    clear(denials);
    denials->slots = fresh.slots;
    denials->size = fresh.size;
    denials->count = fresh.count;
    if (fresh.count > 0 || denials->generation > 0) denials->generation++;
    return true;
}

static const char *word(char kind) {
    return kind == DENIAL_SERIAL ? "serial" : kind == DENIAL_USER ? "user" : "client";
}

bool denials_save(struct denials *denials) {
    if (denials->path == NULL) return false;
    char copy[PATH_MAX], folder[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s.new", denials->path) >= (int)sizeof copy) return false;
    int descriptor = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return false;
    FILE *file = fdopen(descriptor, "w");
    if (file == NULL) {
        close(descriptor);
        return false;
    }
    fputs("# Who may not connect. Written by the Picket plugin; `serial`, `user` or `client`, then the name.\n", file);
    for (size_t i = 0; i < denials->size; i++)
        if (denials->slots[i].text != NULL)
            fprintf(file, "%s %s\n", word(denials->slots[i].kind), denials->slots[i].text);
    bool sound = fflush(file) == 0 && ferror(file) == 0;
    sound = fsync(descriptor) == 0 && sound;
    sound = fclose(file) == 0 && sound;
    sound = sound && rename(copy, denials->path) == 0;
    if (!sound) {
        unlink(copy);
        return false;
    }
    strcpy(folder, copy);
    int directory = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return false;
    sound = fsync(directory) == 0;
    close(directory);
    return sound;
}

enum denial_result denials_add(struct denials *denials, char kind, const char *text) {
    char kept[WIRE_NAME_BYTES + 1];
    if (!normalize(kind, text, kept, sizeof kept)) return DENIAL_INVALID;
    enum denial_result result = add(denials, kind, kept);
    if (result == DENIAL_CHANGED) denials->generation++;
    return result;
}

enum denial_result denials_remove(struct denials *denials, char kind, const char *text) {
    char kept[WIRE_NAME_BYTES + 1];
    if (!normalize(kind, text, kept, sizeof kept)) return DENIAL_INVALID;
    enum denial_result result = DENIAL_UNCHANGED;
    if (denials->size > 0) {
        size_t at = place(denials->slots, denials->size, kind, kept);
        if (denials->slots[at].text != NULL) {
            free(denials->slots[at].text);
            denials->slots[at].text = NULL;
            denials->count--;
            /* What stood behind it in the same run of slots must stay findable. */
            for (size_t next = (at + 1) & (denials->size - 1); denials->slots[next].text != NULL;
                 next = (next + 1) & (denials->size - 1)) {
                struct denial moved = denials->slots[next];
                denials->slots[next].text = NULL;
                denials->slots[place(denials->slots, denials->size, moved.kind, moved.text)] = moved;
            }
            result = DENIAL_CHANGED;
            denials->generation++;
        }
    }
    return result;
}

bool denials_contain(struct denials *denials, char kind, const char *text) {
    if (text == NULL || text[0] == 0) return false;
    char kept[WIRE_NAME_BYTES + 1];
    if (!normalize(kind, text, kept, sizeof kept)) return false;
    bool found = denials->size > 0 && denials->slots[place(denials->slots, denials->size, kind, kept)].text != NULL;
    return found;
}

size_t denials_count(const struct denials *denials) { return denials->count; }
