#ifndef PUMASI_CLI_GLOBALS_H
#define PUMASI_CLI_GLOBALS_H

#include "cli/command.h"

/* The options that every command takes: -o, --watch, --dry-run, --lang, --context, --server … */
extern const struct command_option global_options[];

enum output_format {
    OUTPUT_TABLE,
    OUTPUT_WIDE,
    OUTPUT_JSON,
    OUTPUT_JSONL,
    OUTPUT_CSV,
    OUTPUT_NAME,
    OUTPUT_FORMAT_COUNT
};

/* The names of the formats as -o takes them, ended by NULL, in the order of the enum. */
extern const char *const output_format_names[];

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER, COLOUR_CHOICE_COUNT };

#endif
