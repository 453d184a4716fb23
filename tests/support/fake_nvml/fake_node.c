/*
 * The reader of a fake node's file. Stands alone (the fake is loaded into foreign programs, so that
 * nothing of ours may come along) and keeps no state.
 */
#include "tests/support/fake_nvml/fake_node.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_CAP       1024
#define DEFAULT_DRIVER "580.65.06"

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_MIG, VALUE_YES };

struct key {
    const char *name;
    enum value_kind kind;
    bool required;
    size_t offset;
    uint64_t max; /* VALUE_NUMBER */
};

#define GPU(field) offsetof(struct fake_gpu, field)

/* A new property of a GPU is a row here and a field in struct fake_gpu. */
static const struct key gpu_keys[] = {
    {"uuid", VALUE_TEXT, true, GPU(uuid), 0},
    {"minor", VALUE_NUMBER, true, GPU(minor), UINT32_MAX},
    {"model", VALUE_TEXT, true, GPU(model), 0},
    {"memory_mib", VALUE_NUMBER, true, GPU(memory_mib), UINT64_MAX >> 20},
    {"memory_used_mib", VALUE_NUMBER, false, GPU(memory_used_mib), UINT64_MAX >> 20},
    {"pci", VALUE_TEXT, false, GPU(pci), 0},
    {"numa", VALUE_NUMBER, false, GPU(numa), 255},
    {"utilization", VALUE_NUMBER, false, GPU(utilization), 100},
    {"energy_mj", VALUE_NUMBER, false, GPU(energy_mj), UINT64_MAX},
    {"recovery_action", VALUE_NUMBER, false, GPU(recovery_action), 7},
    {"mig", VALUE_MIG, false, GPU(mig), 0},
    {"lost", VALUE_YES, false, GPU(lost), 0},
};
#define GPU_KEYS (sizeof(gpu_keys) / sizeof(gpu_keys[0]))

static const struct key driver_keys[] = {
    {"version", VALUE_TEXT, true, offsetof(struct fake_node, driver), 0},
};
#define DRIVER_KEYS (sizeof(driver_keys) / sizeof(driver_keys[0]))

struct reader {
    const char *path;
    int line;
    char *at; /* in the line */
    char *why;
};

static bool __attribute__((format(printf, 2, 3))) fail(const struct reader *r, const char *fmt, ...)
{
    int len = snprintf(r->why, FAKE_ERROR_CAP, "%s:%d: ", r->path, r->line);
    if (len < 0 || len >= FAKE_ERROR_CAP)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(r->why + len, (size_t)(FAKE_ERROR_CAP - len), fmt, ap);
    va_end(ap);
    return false;
}

static void skip_blanks(struct reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
}

/* The next word up to one of `ends`, NUL-terminated in place. */
static char *word(struct reader *r, const char *ends)
{
    char *start = r->at;
    r->at += strcspn(r->at, ends);
    if (*r->at != '\0')
        *r->at++ = '\0';
    return start;
}

/* What follows "key=". NULL: a quote is not closed. */
static char *value(struct reader *r)
{
    if (*r->at != '"')
        return word(r, " \t\r\n");
    r->at++;
    return strchr(r->at, '"') ? word(r, "\"") : NULL;
}

static bool set_text(const struct reader *r, const struct key *key, char *dst, const char *text)
{
    if (text[0] == '\0' || strlen(text) >= FAKE_TEXT_CAP)
        return fail(r, "%s: empty or longer than %d characters", key->name, FAKE_TEXT_CAP - 1);
    memcpy(dst, text, strlen(text) + 1);
    return true;
}

static bool set_number(const struct reader *r, const struct key *key, uint64_t *dst,
                       const char *text)
{
    char *end = NULL;
    errno = 0;
    uint64_t n = isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    if (!end || *end != '\0' || errno != 0 || n > key->max)
        return fail(r, "%s=%s: not a number up to %llu", key->name, text,
                    (unsigned long long)key->max);
    *dst = n;
    return true;
}

static bool set_mig(const struct reader *r, enum fake_mig *dst, const char *text)
{
    static const char *const names[] = {"unsupported", "off", "on"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *dst = (enum fake_mig)i;
            return true;
        }
    }
    return fail(r, "mig=%s: not unsupported, off or on", text);
}

static bool set_yes(const struct reader *r, const struct key *key, bool *dst, const char *text)
{
    *dst = strcmp(text, "yes") == 0;
    return *dst || strcmp(text, "no") == 0 || fail(r, "%s=%s: not yes or no", key->name, text);
}

static bool set_value(const struct reader *r, const struct key *key, void *object, const char *text)
{
    void *dst = (char *)object + key->offset;
    switch (key->kind) {
    case VALUE_TEXT:
        return set_text(r, key, dst, text);
    case VALUE_NUMBER:
        return set_number(r, key, dst, text);
    case VALUE_MIG:
        return set_mig(r, dst, text);
    case VALUE_YES:
        return set_yes(r, key, dst, text);
    }
    return false;
}

static int find_key(const struct key *keys, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

/* One key=value; marks it in *seen. */
static bool read_pair(struct reader *r, const struct key *keys, size_t n, void *object,
                      unsigned *seen)
{
    if (!strchr(r->at, '='))
        return fail(r, "\"%s\" is not key=value", r->at);
    const char *name = word(r, "=");
    int i = find_key(keys, n, name);
    if (i < 0)
        return fail(r, "unknown key \"%s\"", name);
    if (*seen & 1u << i)
        return fail(r, "%s: a second time", name);
    *seen |= 1u << i;
    const char *text = value(r);
    if (!text)
        return fail(r, "%s: a quote is not closed", name);
    return set_value(r, &keys[i], object, text);
}

/* The key=value pairs up to the end of the line. */
static bool read_pairs(struct reader *r, const struct key *keys, size_t n, void *object)
{
    unsigned seen = 0;
    for (skip_blanks(r); *r->at != '\0'; skip_blanks(r)) {
        if (!read_pair(r, keys, n, object, &seen))
            return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (keys[i].required && !(seen & 1u << i))
            return fail(r, "%s is missing", keys[i].name);
    }
    return true;
}

static bool read_gpu(struct reader *r, struct fake_node *node)
{
    if (node->gpu_count == FAKE_GPUS_MAX)
        return fail(r, "more than %d GPUs", FAKE_GPUS_MAX);
    struct fake_gpu *gpu = &node->gpus[node->gpu_count];
    gpu->numa = FAKE_NUMA_NONE;
    if (!read_pairs(r, gpu_keys, GPU_KEYS, gpu))
        return false;
    if (gpu->memory_used_mib > gpu->memory_mib)
        return fail(r, "memory_used_mib is above memory_mib");
    if (gpu->pci[0] == '\0')
        snprintf(gpu->pci, sizeof(gpu->pci), "0000:%02x:00.0", (unsigned)node->gpu_count + 0x10);
    node->gpu_count++;
    return true;
}

static bool read_line(struct reader *r, struct fake_node *node)
{
    skip_blanks(r);
    if (*r->at == '\0' || *r->at == '#')
        return true;
    const char *kind = word(r, " \t\r\n");
    if (strcmp(kind, "driver") == 0)
        return read_pairs(r, driver_keys, DRIVER_KEYS, node);
    if (strcmp(kind, "gpu") == 0)
        return read_gpu(r, node);
    return fail(r, "unknown kind \"%s\"", kind);
}

static bool read_lines(FILE *file, struct reader *r, struct fake_node *node)
{
    char line[LINE_CAP];
    while (fgets(line, sizeof(line), file)) {
        r->line++;
        r->at = line;
        if (!strchr(line, '\n') && !feof(file))
            return fail(r, "longer than %d characters", LINE_CAP - 2);
        if (!read_line(r, node))
            return false;
    }
    return !ferror(file) || fail(r, "can't read");
}

bool fake_node_read(const char *path, struct fake_node *ret, char why[FAKE_ERROR_CAP])
{
    struct reader r = {.path = path, .why = why};
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->driver, DEFAULT_DRIVER, sizeof(DEFAULT_DRIVER));
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(&r, "can't open: %m");
    bool good = read_lines(file, &r, ret);
    fclose(file);
    return good;
}
