/*
 * Configuration by table. A file is read whole, checked to be text, and handed to libinih line by
 * line, because libinih alone says neither which line a value stood in nor that a section without
 * keys is unknown. A file takes effect as a whole or not at all. Texts stay in an arena until the
 * end, so that pointers handed out live as long as the struct. One thread at a time.
 */
#include "lib/base/config.h"

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/korea.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

#include <ini.h>
#include <stdlib.h>

#define LINE_MAX_BYTES 4096 /* of one line of a file */
#define NAME_MAX_BYTES 64   /* of "section.key" */
#define TEXTS_MAX      ((size_t)4 << 20)

struct value {
    const char *text; /* CONFIG_TEXT */
    int64_t number;   /* the others */
};

struct config {
    const struct config_option *table;
    size_t n;
    struct value *values; /* one an option */
    struct arena *texts;
};

static size_t option_count(const struct config_option *table)
{
    size_t n = 0;

    while (table[n].name)
        n++;
    return n;
}

static int parse_bool(struct span text, const char *name, int64_t *ret, struct err *err)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (span_equal(text, span_text(words[i]))) {
            *ret = i % 2;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "%s is yes or no, not \"%.*s\"", name,
                   (int)(text.len < 64 ? text.len : 64),
                   text.len > 0 ? (const char *)text.data : "");
}

static int check_range(const struct config_option *o, int64_t number, struct err *err)
{
    if ((o->min == 0 && o->max == 0) || (number >= o->min && number <= o->max))
        return 0;
    return err_set(err, ERR_INVALID, "%s is %lld%s, outside %lld to %lld", o->name,
                   (long long)number, o->type == CONFIG_DURATION ? " seconds" : "",
                   (long long)o->min, (long long)o->max);
}

/* A text must come back the same from a file that config_dump() wrote. */
static int check_text(const struct config_option *o, struct span text, struct err *err)
{
    bool blank_ends = text.len > 0 && (text.data[0] == ' ' || text.data[text.len - 1] == ' ');

    if (!span_is_text(text) || text.len > LINE_MAX_BYTES - 2 * NAME_MAX_BYTES || blank_ends)
        return err_set(err, ERR_INVALID,
                       "%s is not UTF-8 text without blanks around it, of at most %d bytes",
                       o->name, LINE_MAX_BYTES - 2 * NAME_MAX_BYTES);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7F)
            return err_set(err, ERR_INVALID, "%s holds a control character", o->name);
    return 0;
}

static int parse_value(const struct config_option *o, struct span text, struct arena *texts,
                       struct value *ret, struct err *err)
{
    struct value v = {.text = NULL};

    switch (o->type) {
    case CONFIG_TEXT:
        TRY(check_text(o, text, err));
        v.text = arena_text(texts, text);
        if (!v.text)
            return err_set(err, ERR_LIMIT, "%s: too much text in the configuration", o->name);
        break;
    case CONFIG_INT:
        TRY(text_to_i64(text, o->name, INT64_MIN, INT64_MAX, &v.number, err));
        TRY(check_range(o, v.number, err));
        break;
    case CONFIG_BOOL:
        TRY(parse_bool(text, o->name, &v.number, err));
        break;
    case CONFIG_DURATION: {
        int rc = duration_parse(text, &v.number, err);
        if (rc < 0)
            return err_prefix(err, rc, "%s", o->name);
        TRY(check_range(o, v.number, err));
        break;
    }
    case CONFIG_TYPE_COUNT:
        ENSURE(!"a type of option");
    }
    *ret = v;
    return 0;
}

struct config *config_create(const struct config_option *table)
{
    struct config *c = calloc(1, sizeof(*c));

    ENSURE(c);
    c->table = table;
    c->n = option_count(table);
    c->values = calloc(c->n + 1, sizeof(*c->values));
    ENSURE(c->values);
    c->texts = arena_create(TEXTS_MAX);
    for (size_t i = 0; i < c->n; i++) {
        ENSURE(strchr(table[i].name, '.') && strlen(table[i].name) < NAME_MAX_BYTES);
        ENSURE(parse_value(&table[i], span_text(table[i].default_value), c->texts, &c->values[i],
                           NULL) == 0);
    }
    return c;
}

void config_destroy(struct config *c)
{
    if (!c)
        return;
    arena_destroy(c->texts);
    free(c->values);
    free(c);
}

/* The row of the option, or the number of rows. */
static size_t find_option(const struct config *c, struct span name)
{
    size_t i = 0;

    while (i < c->n && !span_equal(name, span_text(c->table[i].name)))
        i++;
    return i;
}

static bool has_section(const struct config *c, struct span section)
{
    for (size_t i = 0; i < c->n; i++) {
        const char *name = c->table[i].name;
        if (span_equal(section, span_of(name, (size_t)(strchr(name, '.') - name))))
            return true;
    }
    return false;
}

/* A file while it is read. libinih asks for lines and reports values; the first error stands. */
struct reading {
    struct config *config;
    struct value *values; /* as they will be if all goes well */
    bool *seen;           /* which options the file has set */
    struct span rest;     /* what libinih has not asked for yet */
    int line;
    int rc;
    struct err err;
};

static int note_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    char full[2 * NAME_MAX_BYTES];

    if (r->rc < 0)
        return 0;
    snprintf(full, sizeof(full), "%s.%s", section, name);
    size_t i = find_option(r->config, span_text(full));
    if (i == r->config->n)
        r->rc = err_set(&r->err, ERR_INVALID, "unknown option %s", full);
    else if (r->seen[i])
        r->rc = err_set(&r->err, ERR_INVALID, "%s is given twice", full);
    else
        r->rc = parse_value(&r->config->table[i], span_text(value), r->config->texts, &r->values[i],
                            &r->err);
    if (i < r->config->n)
        r->seen[i] = true;
    return r->rc == 0;
}

/* A section without keys never reaches note_value(): look at its name here. */
static void check_section(struct reading *r, struct span line)
{
    while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t'))
        line = span_of(line.data + 1, line.len - 1);
    if (line.len == 0 || line.data[0] != '[')
        return;
    const uint8_t *end = memchr(line.data, ']', line.len);
    if (!end)
        return;
    struct span section = span_of(line.data + 1, (size_t)(end - line.data) - 1);
    if (!has_section(r->config, section))
        r->rc = err_set(&r->err, ERR_INVALID, "unknown section [%.*s]",
                        (int)(section.len < 64 ? section.len : 64), (const char *)section.data);
}

/* Hands libinih one line in the manner of fgets(); NULL ends the reading. */
static char *next_line(char *dst, int cap, void *stream)
{
    struct reading *r = stream;

    if (r->rest.len == 0 || r->rc < 0)
        return NULL;
    const uint8_t *newline = memchr(r->rest.data, '\n', r->rest.len);
    size_t len = newline ? (size_t)(newline - r->rest.data) + 1 : r->rest.len;
    r->line++;
    if (len >= (size_t)cap) {
        r->rc = err_set(&r->err, ERR_INVALID, "the line is longer than %d bytes", cap - 1);
        return NULL;
    }
    check_section(r, span_of(r->rest.data, len));
    if (r->rc < 0)
        return NULL;
    memcpy(dst, r->rest.data, len);
    dst[len] = '\0';
    r->rest = span_of(r->rest.data + len, r->rest.len - len);
    return dst;
}

/* libinih is tuned by variables of its own; every call sets the same values. */
static void tune_inih(void)
{
    ini_use_stack = false;
    ini_max_line = LINE_MAX_BYTES;
    ini_initial_alloc = LINE_MAX_BYTES;
    ini_allow_inline_comments = false;
    ini_allow_multiline = false;
    ini_stop_on_first_error = true;
}

static int parse_file(struct reading *r, struct err *err)
{
    tune_inih();
    int bad_line = ini_parse_stream(next_line, r, note_value, r);

    if (r->rc == 0 && bad_line == 0)
        return 0;
    if (r->rc == 0)
        r->rc = err_set(&r->err, ERR_INVALID, "neither [section] nor key = value");
    return err_set(err, r->err.code, "line %d: %s", r->line, r->err.text);
}

int config_read_file(struct config *c, const char *path, struct err *err)
{
    CLEANUP_BUF struct buf bytes = {.data = NULL};
    struct reading r = {.config = c};

    buf_init(&bytes, LIMIT_FILE_BYTES);
    TRY(file_read(path, &bytes, err));
    if (!span_is_text(buf_span(&bytes)))
        return err_set(err, ERR_INVALID, "%s: not UTF-8 text", path);
    r.rest = buf_span(&bytes);
    r.values = calloc(c->n + 1, sizeof(*r.values));
    r.seen = calloc(c->n + 1, sizeof(*r.seen));
    ENSURE(r.values && r.seen);
    memcpy(r.values, c->values, c->n * sizeof(*r.values));
    int rc = parse_file(&r, err);
    if (rc == 0)
        memcpy(c->values, r.values, c->n * sizeof(*r.values));
    free(r.values);
    free(r.seen);
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

int config_set(struct config *c, const char *assignment, struct err *err)
{
    const char *equals = strchr(assignment, '=');

    if (!equals)
        return err_set(err, ERR_INVALID, "\"%.64s\" is not written as section.key=value",
                       assignment);
    size_t i = find_option(c, span_of(assignment, (size_t)(equals - assignment)));
    if (i == c->n)
        return err_set(err, ERR_INVALID, "unknown option %.*s",
                       (int)(equals - assignment < 64 ? equals - assignment : 64), assignment);
    return parse_value(&c->table[i], span_text(equals + 1), c->texts, &c->values[i], err);
}

int config_set_value(struct config *c, const char *name, const char *value, struct err *err)
{
    size_t i = find_option(c, span_text(name));

    ENSURE(i < c->n);
    return parse_value(&c->table[i], span_text(value), c->texts, &c->values[i], err);
}

/* The value of the option; aborts when the table has none of that name and type. */
static const struct value *value_of(const struct config *c, const char *name, enum config_type type)
{
    size_t i = find_option(c, span_text(name));

    ENSURE(i < c->n && c->table[i].type == type);
    return &c->values[i];
}

const char *config_text(const struct config *c, const char *name)
{
    return value_of(c, name, CONFIG_TEXT)->text;
}

int64_t config_int(const struct config *c, const char *name)
{
    size_t i = find_option(c, span_text(name));

    ENSURE(i < c->n && (c->table[i].type == CONFIG_INT || c->table[i].type == CONFIG_DURATION));
    return c->values[i].number;
}

bool config_bool(const struct config *c, const char *name)
{
    return value_of(c, name, CONFIG_BOOL)->number != 0;
}

static int section_length(const struct config_option *o)
{
    return (int)(strchr(o->name, '.') - o->name);
}

/* Prints "[section]" above the first option of the section. */
static void print_section(const struct config_option *table, size_t i, FILE *out)
{
    int len = section_length(&table[i]);
    bool same = i > 0 && section_length(&table[i - 1]) == len &&
                strncmp(table[i].name, table[i - 1].name, (size_t)len) == 0;

    if (!same)
        fprintf(out, "%s[%.*s]\n", i > 0 ? "\n" : "", len, table[i].name);
}

void config_dump(const struct config *c, FILE *out)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct config_option *o = &c->table[i];
        const char *key = o->name + section_length(o) + 1;
        print_section(c->table, i, out);
        fprintf(out, "# %s\n", o->help);
        if (o->type == CONFIG_TEXT)
            fprintf(out, "%s = %s\n", key, c->values[i].text);
        else if (o->type == CONFIG_BOOL)
            fprintf(out, "%s = %s\n", key, c->values[i].number ? "yes" : "no");
        else
            fprintf(out, "%s = %lld\n", key, (long long)c->values[i].number);
    }
}

void config_help(const struct config_option *table, FILE *out)
{
    static const char *const types[CONFIG_TYPE_COUNT] = {"text", "number", "yes/no", "duration"};

    for (const struct config_option *o = table; o->name; o++) {
        fprintf(out, "  %-32s %s\n  %-32s %s, default \"%s\"", o->name, o->help, "", types[o->type],
                o->default_value);
        if (o->min != 0 || o->max != 0)
            fprintf(out, ", %lld to %lld", (long long)o->min, (long long)o->max);
        fputc('\n', out);
    }
}
