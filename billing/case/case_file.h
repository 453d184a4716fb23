#ifndef PUMASI_BILLING_CASE_CASE_FILE_H
#define PUMASI_BILLING_CASE_CASE_FILE_H

#include "billing/cofunding.h"
#include "lib/base/span.h"

/*
 * The case file of `pumasi cofund eval` (docs/spec/money.md): a programme, a project, its members,
 * what they used and paid, in one JSON document of at most LIMIT_FILE_BYTES. Reading is strict:
 * whatever is unknown, repeated, missing, out of range or contradicts itself is one error that
 * names the path, the value and the remedy. `share` may be left out (a whole GPU), `legal_size`
 * names the class whose rate a startup bears, `role` changes no figure.
 */
struct case_file;

MUST_CHECK int case_file_read(struct span text, struct case_file **ret, struct err *err);
void case_file_destroy(struct case_file *c); /* NULL is fine */

/* What to evaluate; borrowed from the case file. */
const struct cofunding_input *case_file_input(const struct case_file *c);

/* Reads and evaluates. ret must be freed with cofunding_result_destroy(). */
MUST_CHECK int case_file_eval(struct span text, struct cofunding_result **ret, struct err *err);

#endif
