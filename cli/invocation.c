/*
 * Owns: the values of one command line. Invariant: every value was checked by its option's type
 * when it came in, so reading one cannot fail. One thread.
 */
#include "cli/invocation.h"

#include "cli/i18n.h"
#include "cli/value.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 512

struct value {
    const struct command_option *option;
    char *text;
    int64_t number;
};

struct invocation {
    const struct host *host;
    const struct command *command;
    struct value *values;
    size_t n;
    struct id request_base; /* of numbered requests */
    struct id request_id;
    char advice[ERR_TEXT_MAX];
    bool plan_changes;
};

struct invocation *invocation_create(const struct host *host)
{
    ENSURE(host);
    struct invocation *inv = calloc(1, sizeof(*inv));
    ENSURE(inv);
    inv->host = host;
    return inv;
}

void invocation_destroy(struct invocation *inv)
{
    if (!inv)
        return;
    for (size_t i = 0; i < inv->n; i++)
        free(inv->values[i].text);
    free(inv->values);
    free(inv);
}

const struct host *invocation_host(const struct invocation *inv)
{
    return inv->host;
}

const struct command *invocation_command(const struct invocation *inv)
{
    return inv->command;
}

void invocation_set_command(struct invocation *inv, const struct command *command)
{
    ENSURE(command && command->exec);
    inv->command = command;
}

static const struct value *find_value(const struct invocation *inv,
                                      const struct command_option *option, size_t nth)
{
    for (size_t i = 0; i < inv->n; i++) {
        if (inv->values[i].option == option && nth-- == 0)
            return &inv->values[i];
    }
    return NULL;
}

static const struct command_option *option_named(const struct invocation *inv, const char *name)
{
    const struct command_option *option = command_find_option(inv->command, name);
    ENSURE(option);
    return option;
}

static void keep(struct invocation *inv, struct value value)
{
    inv->values = reallocarray(inv->values, inv->n + 1, sizeof(*inv->values));
    ENSURE(inv->values && value.text);
    inv->values[inv->n++] = value;
}

int invocation_add(struct invocation *inv, const struct command_option *option, const char *value,
                   struct err *err)
{
    ENSURE(option && value);
    if (!option->repeatable && option->type != OPTION_FLAG && find_value(inv, option, 0))
        return err_set(err, ERR_INVALID, _("--%s is given twice"), option->name);
    if (inv->n >= VALUES_MAX)
        return err_set(err, ERR_INVALID, _("more than %d options and arguments"), VALUES_MAX);
    int64_t number;
    TRY(value_parse(option, value, env_now(&inv->host->env), &number, err));
    keep(inv, (struct value){.option = option, .text = strdup(value), .number = number});
    return 0;
}

bool invocation_given(const struct invocation *inv, const char *name)
{
    return find_value(inv, option_named(inv, name), 0) != NULL;
}

size_t invocation_count(const struct invocation *inv, const char *name)
{
    const struct command_option *option = option_named(inv, name);
    size_t n = 0;
    for (size_t i = 0; i < inv->n; i++)
        n += inv->values[i].option == option;
    return n;
}

const char *invocation_text(const struct invocation *inv, const char *name)
{
    const struct command_option *option = option_named(inv, name);
    const struct value *value = find_value(inv, option, 0);
    return value ? value->text : option->fallback;
}

const char *invocation_item(const struct invocation *inv, const char *name, size_t i)
{
    const struct value *value = find_value(inv, option_named(inv, name), i);
    ENSURE(value);
    return value->text;
}

/* Fallbacks stand in const tables: a bad one is a broken promise that the tests find. */
static int64_t fallback_number(const struct invocation *inv, const struct command_option *option)
{
    if (!option->fallback)
        return 0;
    int64_t number = 0;
    ENSURE(value_parse(option, option->fallback, env_now(&inv->host->env), &number, NULL) == 0);
    return number;
}

int64_t invocation_number(const struct invocation *inv, const char *name)
{
    const struct command_option *option = option_named(inv, name);
    const struct value *value = find_value(inv, option, 0);
    return value ? value->number : fallback_number(inv, option);
}

int64_t invocation_item_number(const struct invocation *inv, const char *name, size_t i)
{
    const struct value *value = find_value(inv, option_named(inv, name), i);
    ENSURE(value);
    return value->number;
}

bool invocation_flag(const struct invocation *inv, const char *name)
{
    ENSURE(option_named(inv, name)->type == OPTION_FLAG);
    return invocation_given(inv, name);
}

enum output_format invocation_format(const struct invocation *inv)
{
    return (enum output_format)invocation_number(inv, "output");
}

bool invocation_colour(const struct invocation *inv)
{
    switch ((enum colour_choice)invocation_number(inv, "color")) {
    case COLOUR_ALWAYS:
        return true;
    case COLOUR_NEVER:
        return false;
    case COLOUR_AUTO:
    case COLOUR_CHOICE_COUNT:
        break;
    }
    return inv->host->out_is_terminal && !host_variable(inv->host, "NO_COLOR");
}

const struct id *invocation_request_id(struct invocation *inv)
{
    if (!id_is_none(&inv->request_id))
        return &inv->request_id;
    const char *chosen = invocation_text(inv, "request-id");
    if (chosen) {
        ENSURE(id_parse(span_text(chosen), "request", &inv->request_id, NULL) == 0);
        return &inv->request_id;
    }
    uint8_t chance[12];
    char hex[2 * sizeof(chance) + 1];
    inv->host->env.random(inv->host->env.world, chance, sizeof(chance));
    text_hex(hex, chance, sizeof(chance));
    snprintf(inv->request_id.text, sizeof(inv->request_id.text), "r-%s", hex);
    return &inv->request_id;
}

void invocation_number_request(struct invocation *inv, size_t i)
{
    if (id_is_none(&inv->request_base))
        inv->request_base = *invocation_request_id(inv);
    snprintf(inv->request_id.text, sizeof(inv->request_id.text), "%.*s-%zu", ID_CAP - 12,
             inv->request_base.text, i);
}

const struct id *invocation_known_request_id(const struct invocation *inv)
{
    return &inv->request_id;
}

void invocation_advise(struct invocation *inv, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(inv->advice, sizeof(inv->advice), fmt, ap);
    va_end(ap);
}

const char *invocation_advice(const struct invocation *inv)
{
    return inv->advice;
}

void invocation_set_plan_changes(struct invocation *inv)
{
    inv->plan_changes = true;
}

bool invocation_plan_changes(const struct invocation *inv)
{
    return inv->plan_changes && invocation_flag(inv, "exit-code");
}

static int read_stream(FILE *f, const char *path, struct buf *ret, struct err *err)
{
    char chunk[4096];
    for (;;) {
        size_t n = fread(chunk, 1, sizeof(chunk), f);
        buf_append(ret, chunk, n);
        if (ret->full)
            return err_set(err, ERR_LIMIT, _("%s: larger than %zu bytes"), path, ret->max);
        if (n < sizeof(chunk))
            break;
    }
    if (ferror(f))
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

int invocation_read_file(const struct invocation *inv, const char *path, size_t max_bytes,
                         struct buf *ret, struct err *err)
{
    ENSURE(path && ret);
    buf_init(ret, max_bytes);
    if (strcmp(path, "-") == 0)
        return read_stream(inv->host->in, path, ret, err);
    FILE *f = fopen(path, "re");
    if (!f)
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path,
                       strerror(errno));
    int rc = read_stream(f, path, ret, err);
    fclose(f);
    return rc;
}

void invocation_say(const struct invocation *inv, const char *fmt, ...)
{
    if (invocation_flag(inv, "quiet"))
        return;
    va_list ap;
    va_start(ap, fmt);
    vfprintf(inv->host->talk, fmt, ap);
    va_end(ap);
    fputc('\n', inv->host->talk);
}
