/* Contributions: fields and the checks that need no other object. */
#include "controlplane/domain/contribution.h"

#include "billing/policy.h"

static const struct field contribution_fields[] = {
    F_ID(struct contribution, id),
    F_ID(struct contribution, project),
    F_ID(struct contribution, organisation),
    F_ID(struct contribution, kind),
    F_WON(struct contribution, krw),
    F_INSTANT(struct contribution, at),
    F_TEXT(struct contribution, reference),
    F_ID(struct contribution, recorded_by),
    F_INSTANT(struct contribution, from),
    F_INSTANT(struct contribution, to),
    F_INSTANT(struct contribution, recorded_at),
    F_END,
};
const struct record_type contribution_type = {"contribution", sizeof(struct contribution),
                                              contribution_fields};

static bool is_set(struct instant t)
{
    return t.s != INSTANT_NEVER.s && t.s > 0;
}

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
    if (is_set(c->to) && c->from.s >= c->to.s)
        return err_set(err, ERR_INVALID, "contribution: from must come before to");
    if (!is_set(c->to) && strcmp(c->kind.text, CONTRIBUTION_LABOUR) == 0)
        return err_set(err, ERR_INVALID,
                       "contribution: labour needs the period that was worked: from and to");
    return 0;
}
