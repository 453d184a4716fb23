#ifndef PUMASI_CLI_VIEW_H
#define PUMASI_CLI_VIEW_H

#include <stdbool.h>

/*
 * How a JSON document is shown to people: which of its parts are the rows and which columns a row
 * has. -o json prints the document itself and jsonl its rows, so both are independent of views;
 * csv has one column for each of the view's, headed by the path, values as codes and plain numbers.
 */
enum column_format {
    COLUMN_TEXT,     /* text, integers, booleans as they are */
    COLUMN_NUMBER,   /* an integer as it is, flush right */
    COLUMN_INSTANT,  /* unix seconds -> Korean time "2026-02-03 09:00"; 0 -> "-" */
    COLUMN_WON,      /* 17402880000 -> "17,402,880,000" */
    COLUMN_GPUS,     /* units of 1/7000 GPU -> "8", "1/8" */
    COLUMN_DURATION, /* seconds -> "7d", "36h", "5m" */
    COLUMN_LABEL,    /* a code -> its word in the reader's language (cli/label.h) */
    COLUMN_COUNT,    /* the length of a list */
    COLUMN_LIST,     /* texts joined by commas */
    COLUMN_HASH,     /* the first 12 digits; whole in csv */
    COLUMN_FORMAT_COUNT
};

struct column {
    const char *header; /* N_(); NULL ends the list */
    const char *path;   /* "id", "plan.hash", "placements[0].node" */
    enum column_format format;
    const char *labels; /* COLUMN_LABEL: the set of words ("lease", "loan"); may be NULL */
    bool wide;          /* shown by -o wide (and csv) only */
};
#define COLUMN_END                                                                                 \
    {                                                                                              \
        .header = NULL                                                                             \
    }

struct view {
    const char *rows;    /* path of the list of rows: "items"; NULL: the document is the one row */
    const char *summary; /* path of an object shown as a last row (totals); may be NULL */
    const struct column *columns; /* the first one is what -o name prints */
    bool card;                    /* one row: print "header: value" lines instead of a table */
};

#endif
