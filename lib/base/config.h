#ifndef PUMASI_LIB_BASE_CONFIG_H
#define PUMASI_LIB_BASE_CONFIG_H

#include "lib/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Configuration: INI in systemd's style, read by libinih. One table per program states every
 * option; parser, --help, docs and `--dump-config` all come from it. An unknown section or key, a
 * key given twice or a value out of range is ERR_INVALID with file and line.
 *
 * Option names are "section.key". Text values point into the struct config and live as long.
 */
enum config_type {
    CONFIG_TEXT,
    CONFIG_INT,
    CONFIG_BOOL,
    CONFIG_DURATION /* seconds */,
    CONFIG_TYPE_COUNT
};

struct config_option {
    const char *name; /* "listen.address"; NULL ends the table */
    enum config_type type;
    const char *default_value;
    int64_t min, max; /* CONFIG_INT and CONFIG_DURATION; both 0: no limits */
    const char *help;
};

struct config;

struct config *config_create(const struct config_option *table); /* all defaults */
void config_destroy(struct config *c);

MUST_CHECK int config_read_file(struct config *c, const char *path, struct err *err);
/* One option from "section.key=value" (command line: --set). */
MUST_CHECK int config_set(struct config *c, const char *assignment, struct err *err);
/* One option of the table (another name aborts) from the text of its value. */
MUST_CHECK int config_set_value(struct config *c, const char *name, const char *value,
                                struct err *err);

/* The name must be in the table with that type; anything else aborts. */
const char *config_text(const struct config *c, const char *name);
int64_t config_int(const struct config *c, const char *name); /* CONFIG_INT, CONFIG_DURATION */
bool config_bool(const struct config *c, const char *name);

void config_dump(const struct config *c, FILE *out); /* a valid file */
void config_help(const struct config_option *table, FILE *out);

#endif
