/*
 * The command line of a daemon: its own small parser, because getopt keeps its place in globals,
 * takes shortened names and cannot say which argument it choked on. One thread.
 */
#include "lib/base/command_line.h"

#include "lib/base/span.h"

#include <string.h>

/* The arguments, and how far they are read. */
struct reading {
    const struct command_line *line;
    char *const *rest; /* the next argument; NULL ends them */
    struct config *config;
    bool dump;
    bool shown; /* something was printed in place of a run */
};

static const struct command_line_option common_options[] = {
    {.name = "config", .value = "FILE", .help = "settings, in sections of KEY = VALUE"},
    {.name = "set", .value = "SECTION.KEY=VALUE", .help = "one setting; later ones win"},
    {.name = "dump-config", .help = "print the settings in force and exit"},
    {.name = "help", .help = "print this and exit"},
    {.name = "version", .help = "print the version and exit"},
    {.name = NULL},
};

static void print_options(const struct command_line_option *table)
{
    for (const struct command_line_option *o = table; o && o->name; o++) {
        int width = printf("  --%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        printf("%*s%s\n", width < 28 ? 28 - width : 1, "", o->help);
    }
}

static void print_help(const struct command_line *line)
{
    printf("Usage: %s [OPTION]...\n\n%s Examples:\n\n", line->program, line->purpose);
    for (const char *const *example = line->examples; *example; example++)
        printf("  %s\n", *example);
    puts("\nOptions:");
    print_options(line->options);
    print_options(common_options);
    puts("\nSettings:");
    config_help(line->settings, stdout);
}

static const struct command_line_option *find_option(const struct command_line_option *table,
                                                     struct span name)
{
    for (const struct command_line_option *o = table; o && o->name; o++)
        if (span_equal(name, span_text(o->name)))
            return o;
    return NULL;
}

static int obey_own(struct reading *r, const struct command_line_option *o, const char *value,
                    struct err *err)
{
    if (o->value)
        return config_set_value(r->config, o->setting, value, err);
    *o->ret_given = true;
    return 0;
}

static int obey_common(struct reading *r, const struct command_line_option *o, const char *value,
                       struct err *err)
{
    if (strcmp(o->name, "config") == 0)
        return config_read_file(r->config, value, err);
    if (strcmp(o->name, "set") == 0)
        return config_set(r->config, value, err);
    if (strcmp(o->name, "dump-config") == 0) {
        r->dump = true;
        return 0;
    }
    if (strcmp(o->name, "help") == 0)
        print_help(r->line);
    else
        printf("%s %s\n", r->line->program, PUMASI_VERSION);
    r->shown = true;
    return 0;
}

/* One argument, and the value that belongs to it. */
static int read_argument(struct reading *r, struct err *err)
{
    const char *argument = *r->rest++;
    if (strncmp(argument, "--", 2) != 0)
        return err_set(err, ERR_INVALID, "unexpected argument \"%.64s\": see --help", argument);
    size_t len = strcspn(argument + 2, "=");
    const char *value = argument[2 + len] == '=' ? argument + 2 + len + 1 : NULL;
    const struct command_line_option *own =
        find_option(r->line->options, span_of(argument + 2, len));
    const struct command_line_option *option =
        own ? own : find_option(common_options, span_of(argument + 2, len));
    if (!option)
        return err_set(err, ERR_INVALID, "unknown option %.64s: see --help", argument);
    if (!option->value && value)
        return err_set(err, ERR_INVALID, "--%s takes no value: see --help", option->name);
    if (option->value && !value)
        value = *r->rest ? *r->rest++ : NULL;
    if (option->value && !value)
        return err_set(err, ERR_INVALID, "--%s needs %s: see --help", option->name, option->value);
    return own ? obey_own(r, option, value, err) : obey_common(r, option, value, err);
}

int command_line_read(const struct command_line *line, int argc, char *const *argv,
                      struct config **ret, struct err *err)
{
    ENSURE(argc >= 1 && !argv[argc]);
    struct reading r = {.line = line, .rest = argv + 1, .config = config_create(line->settings)};
    int rc = 0;
    while (rc == 0 && !r.shown && *r.rest)
        rc = read_argument(&r, err);
    if (rc == 0 && !r.shown && r.dump) {
        config_dump(r.config, stdout);
        r.shown = true;
    }
    if (rc < 0 || r.shown) {
        config_destroy(r.config);
        r.config = NULL;
    }
    if (rc == 0)
        *ret = r.config;
    return rc;
}

int command_line_fail(const struct command_line *line, const struct err *err)
{
    (void)fprintf(stderr, "%s: %s (%s)\n", line->program, err->text, err_advice(err->code));
    return err_exit_code(err->code);
}
