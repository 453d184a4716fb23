/* One subcommand so far; each reads its own options. */
#include "controlplane/sim/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void show_help(void)
{
    printf("Usage: pumasi-sim scenario FILE [-o text|json] [--statements DIRECTORY]\n\n"
           "Plays a scenario in virtual time through the control plane's own decider and billing.\n"
           "The form of the file: docs/spec/scenario.md. Examples:\n\n"
           "  pumasi-sim scenario examples/specialised-fm/scenario.json\n"
           "  pumasi-sim scenario scenario.json -o json\n\n"
           "Options:\n"
           "  -o text|json             how the outcome is printed; text unless given\n"
           "  --statements DIRECTORY   also write each project's statement there\n"
           "  --help, --version\n\n"
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

int options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
    struct options o = {.file = NULL};
    const char *first = argc > 1 ? argv[1] : "";
    if (strcmp(first, "--help") == 0) {
        show_help();
    } else if (strcmp(first, "--version") == 0) {
        printf("pumasi-sim %s\n", PUMASI_VERSION);
    } else if (strcmp(first, "scenario") == 0) {
        TRY(read_scenario(argc - 1, argv + 1, &o, err));
    } else {
        return err_set(err, ERR_INVALID, "what shall be done? \"scenario FILE\"; see --help");
    }
    *ret = o;
    return 0;
}
