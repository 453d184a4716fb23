#ifndef PUMASI_CONTROLPLANE_DOMAIN_FILE_QUOTA_FILE_H
#define PUMASI_CONTROLPLANE_DOMAIN_FILE_QUOTA_FILE_H

#include "controlplane/domain/quota.h"
#include "lib/base/instant.h"

/*
 * The tree file of `pumasi quota eval` (docs/spec/lending.md): nodes with nominal amounts and
 * limits, each a number or a list of [{from, value}], and what each node takes. Reading is strict:
 * one error names the path, the value and the remedy.
 */
struct quota_file;

MUST_CHECK int quota_file_read(struct span text, struct quota_file **ret, struct err *err);
void quota_file_destroy(struct quota_file *f); /* NULL is fine */

/*
 * The tree at an instant, with its usage; the nodes keep the order of the file. Dated numbers
 * before their first date, and all of them when at is NULL, count as absent: nominal 0, no limit.
 */
MUST_CHECK int quota_file_tree(const struct quota_file *f, const struct instant *at,
                               struct quota_tree **ret, struct err *err);

#endif
