#ifndef PUMASI_CLI_LABEL_H
#define PUMASI_CLI_LABEL_H

#include <stddef.h>

/*
 * Words for codes: "in_service" -> "in service" -> "서비스 중". A code may mean different things in
 * different sets ("returned": an approval was sent back, a loan was given back), so a set's own
 * word goes before the general one. Codes without a word are shown as they are.
 */
const char *label_text(const char *set, const char *code);

struct label {
    const char *set; /* NULL: general */
    const char *code;
    const char *text; /* N_() */
};

/* The table itself, for tests: ended by code = NULL. */
extern const struct label label_table[];

#endif
