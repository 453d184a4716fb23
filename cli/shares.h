#ifndef PUMASI_CLI_SHARES_H
#define PUMASI_CLI_SHARES_H

#include "cli/view.h"

#include <jansson.h>

/*
 * The table of members' shares that `cofund eval` and `statement show` print for people: what each
 * used, what that is worth, what the member bears, and what is still missing.
 */

/* Of a document {"members": [...], "total": {...}} with the words of shares_add_words(). */
extern const struct view shares_view;

/*
 * Adds what the table shows and the document says otherwise or not at all: each member's months in
 * one text, the organisation under the name "org", and a name for the total. Whatever the document
 * lacks is left out.
 */
void shares_add_words(json_t *document);

#endif
