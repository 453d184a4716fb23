/* Subcommands; each reads its own options. */
#include "controlplane/sim/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void show_help(void)
{
    printf(
        "Usage: pumasi-sim scenario FILE [-o text|json] [--statements DIRECTORY]\n\n"
        "Plays a scenario in virtual time through the control plane's own decider and billing.\n"
        "The form of the file: docs/spec/scenario.md. Examples:\n\n"
        "  pumasi-sim scenario examples/specialised-fm/scenario.json\n"
        "  pumasi-sim scenario scenario.json -o json\n\n"
        "Options:\n"
        "  -o text|json             how the outcome is printed; text unless given\n"
        "  --statements DIRECTORY   also write each project's statement there\n"
        "  --help, --version\n\n"
        "       pumasi-sim calendar --domains FILE --bookings FILE --queries FILE --answers "
        "FILE\n\n"
        "Asks the calendar for the earliest starts, writes them, prints how long it took. The\n"
        "forms of the files: docs/spec/sheets.md.\n\n"
        "       pumasi-sim pack --nodes FILE --arrivals FILE --placements FILE [--mix FILE]\n"
        "                       [--policy auto] [--seed N]\n\n"
        "Places pods on nodes as they arrive; --mix: pods that are known as history. The same\n"
        "page has the forms.\n\n"
        "       pumasi-sim lend --jobs FILE --quotas FILE --rule static|lend|reclaim --waits FILE\n"
        "                       [--runs FILE] [--ckpt SECONDS] [--restart SECONDS]\n\n"
        "Plays a trace of jobs by a rule of lending. The same page has the forms.\n\n"
        "Exit status: 0, 1 an invariant was violated, 2 bad input.\n");
}

static int set_output(const char *text, struct options *o, struct err *err)
{
    o->json = strcmp(text, "json") == 0;
    if (!o->json && strcmp(text, "text") != 0)
        return err_set(err, ERR_INVALID, "-o: text or json, not \"%s\"", text);
    return 0;
}

static int read_scenario(int argc, char **argv, struct options *o, struct err *err)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'},
        {"statements", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        if (option == 'o')
            TRY(set_output(optarg, o, err));
        else if (option == 's')
            o->statements = optarg;
        else
            return err_set(err, ERR_INVALID, "unknown or incomplete option %s: see --help",
                           argv[optind - 1]);
    }
    if (optind + 1 != argc)
        return err_set(err, ERR_INVALID, "scenario: name one file; see --help");
    o->file = argv[optind];
    return 0;
}

/* ---- Commands whose options all name a file or a value ----------------------------------------
 */

struct named {
    const char *name; /* with its dashes */
    const char **ret;
    bool optional;
};

static const struct named *find_named(const struct named *options, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    }
    return NULL;
}

static int read_named(int argc, char **argv, const struct named *options, size_t n, struct err *err)
{
    for (int i = 1; i < argc; i += 2) {
        const struct named *option = find_named(options, n, argv[i]);
        if (!option || i + 1 == argc)
            return err_set(err, ERR_INVALID, "unknown or incomplete option %s: see --help",
                           argv[i]);
        *option->ret = argv[i + 1];
    }
    for (size_t i = 0; i < n; i++) {
        if (!options[i].optional && !*options[i].ret)
            return err_set(err, ERR_INVALID, "%s: %s is missing; see --help", argv[0],
                           options[i].name);
    }
    return 0;
}

static int read_calendar(int argc, char **argv, struct options *o, struct err *err)
{
    const struct named options[] = {
        {.name = "--domains", .ret = &o->calendar.domains},
        {.name = "--bookings", .ret = &o->calendar.bookings},
        {.name = "--queries", .ret = &o->calendar.queries},
        {.name = "--answers", .ret = &o->calendar.answers},
    };
    return read_named(argc, argv, options, sizeof options / sizeof options[0], err);
}

static int read_pack(int argc, char **argv, struct options *o, struct err *err)
{
    const struct named options[] = {
        {.name = "--nodes", .ret = &o->pack.nodes},
        {.name = "--arrivals", .ret = &o->pack.arrivals},
        {.name = "--placements", .ret = &o->pack.placements},
        {.name = "--mix", .ret = &o->pack.mix, .optional = true},
        {.name = "--policy", .ret = &o->pack.policy, .optional = true},
        {.name = "--seed", .ret = &o->pack.seed, .optional = true},
    };
    return read_named(argc, argv, options, sizeof options / sizeof options[0], err);
}

static int read_lend(int argc, char **argv, struct options *o, struct err *err)
{
    const struct named options[] = {
        {.name = "--jobs", .ret = &o->lend.jobs},
        {.name = "--quotas", .ret = &o->lend.quotas},
        {.name = "--rule", .ret = &o->lend.rule},
        {.name = "--waits", .ret = &o->lend.waits},
        {.name = "--runs", .ret = &o->lend.runs, .optional = true},
        {.name = "--ckpt", .ret = &o->lend.ckpt, .optional = true},
        {.name = "--restart", .ret = &o->lend.restart, .optional = true},
    };
    return read_named(argc, argv, options, sizeof options / sizeof options[0], err);
}

/* ---- Commands ---------------------------------------------------------------------------------
 */

static const struct command {
    const char *name;
    enum options_command command;
    int (*read)(int argc, char **argv, struct options *o, struct err *err);
} commands[] = {
    {"scenario", OPTIONS_SCENARIO, read_scenario},
    {"calendar", OPTIONS_CALENDAR, read_calendar},
    {"pack", OPTIONS_PACK, read_pack},
    {"lend", OPTIONS_LEND, read_lend},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
    struct options o = {.command = OPTIONS_NOTHING};
    const char *first = argc > 1 ? argv[1] : "";
    const struct command *command = find_command(first);
    if (strcmp(first, "--help") == 0) {
        show_help();
    } else if (strcmp(first, "--version") == 0) {
        printf("pumasi-sim %s\n", PUMASI_VERSION);
    } else if (command) {
        TRY(command->read(argc - 1, argv + 1, &o, err));
        o.command = command->command;
    } else {
        return err_set(err, ERR_INVALID,
                       "what shall be done? scenario, calendar, pack or lend; see --help");
    }
    *ret = o;
    return 0;
}
