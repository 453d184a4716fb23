#ifndef PUMASI_CLI_OUTPUT_H
#define PUMASI_CLI_OUTPUT_H

#include "cli/invocation.h"
#include "cli/view.h"

#include <jansson.h>

/*
 * Prints results to the host's `out` in the form that -o asks for.
 *
 *   table, wide  columns that line up, headed in the reader's language
 *   json         the document, indented by two blanks, keys in the document's order
 *   jsonl        one row a line, compact
 *   csv          RFC 4180 with a UTF-8 BOM; text that a spreadsheet would run as a formula
 *                (= + - @ tab, carriage return) gets a leading apostrophe
 *   name         the first column of each row
 *
 * The document is borrowed. Numbers are integers throughout. ERR_IO when the stream fails.
 */

/* By the view of the invocation's command. */
MUST_CHECK int output_print(const struct invocation *inv, const json_t *document, struct err *err);

/* By a view of the caller's choice. */
MUST_CHECK int output_print_view(const struct invocation *inv, const struct view *view,
                                 const json_t *document, struct err *err);

/* The value at a path of a document ("a.b[0].c"), or NULL. Borrowed. */
const json_t *output_find(const json_t *document, const char *path);

#endif
