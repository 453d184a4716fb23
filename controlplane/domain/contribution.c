/* Contributions: fields and the checks that need no other object. */
#include "controlplane/domain/contribution.h"

static const struct field contribution_fields[] = {
    F_ID(struct contribution, id),
    F_ID(struct contribution, project),
    F_ID(struct contribution, organisation),
    F_ID(struct contribution, kind),
    F_WON(struct contribution, krw),
    F_INSTANT(struct contribution, at),
    F_TEXT(struct contribution, reference),
    F_ID(struct contribution, recorded_by),
    F_END,
};
const struct record_type contribution_type = {"contribution", sizeof(struct contribution),
                                              contribution_fields};

int contribution_check(const struct contribution *c, struct err *err)
{
    if (id_is_none(&c->project) || id_is_none(&c->organisation) || id_is_none(&c->kind))
        return err_set(err, ERR_INVALID, "contribution: project, organisation and kind are needed");
    if (c->krw.krw <= 0)
        return err_set(err, ERR_INVALID, "contribution: krw must be more than 0, not %lld",
                       (long long)c->krw.krw);
    if (c->reference[0] == '\0')
        return err_set(err, ERR_INVALID,
                       "contribution: reference is missing: the transfer number, payroll or asset "
                       "register that shows it");
    return 0;
}
