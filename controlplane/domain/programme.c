/* Programmes: fields and the checks that need no other object. */
#include "controlplane/domain/programme.h"

static const char *const rule_texts[] = {
    "lead_size_barred", "lead_organisation_barred", "member_size_required", "one_lead", "one_lab",
};
const struct enum_names eligibility_rule_names = {rule_texts, ELIGIBILITY_RULE_COUNT};

static const struct field eligibility_rule_fields[] = {
    F_ENUM(struct eligibility_rule, rule, &eligibility_rule_names),
    F_ID_LIST(struct eligibility_rule, values),
    F_END,
};
static const struct record_type eligibility_rule_type = {
    "eligibility_rule", sizeof(struct eligibility_rule), eligibility_rule_fields};

static const struct field programme_stage_fields[] = {
    F_ID(struct programme_stage, id),
    F_INSTANT(struct programme_stage, from),
    F_INSTANT(struct programme_stage, to),
    F_END,
};
static const struct record_type programme_stage_type = {
    "programme_stage", sizeof(struct programme_stage), programme_stage_fields};

static const struct field conflict_fields[] = {
    F_ID(struct conflict_of_interest, organisation),
    F_ID(struct conflict_of_interest, other),
    F_END,
};
static const struct record_type conflict_type = {"conflict", sizeof(struct conflict_of_interest),
                                                 conflict_fields};

static const struct field barred_lending_fields[] = {
    F_ID(struct barred_lending, organisation),
    F_INSTANT(struct barred_lending, from),
    F_INSTANT(struct barred_lending, to),
    F_END,
};
static const struct record_type barred_lending_type = {
    "barred_lending", sizeof(struct barred_lending), barred_lending_fields};

static const struct field budget_warning_fields[] = {F_U32(struct budget_warning, percent), F_END};
static const struct record_type budget_warning_type = {
    "budget_warning", sizeof(struct budget_warning), budget_warning_fields};

static const struct field programme_fields[] = {
    F_ID(struct programme, id),
    F_TEXT(struct programme, name_ko),
    F_TEXT(struct programme, name_en),
    F_INSTANT(struct programme, from),
    F_INSTANT(struct programme, to),
    F_RECORD(struct programme, policy, &cofunding_policy_type),
    F_LIST(struct programme, eligibility, &eligibility_rule_type),
    F_LIST(struct programme, stages, &programme_stage_type),
    F_I64(struct programme, reclaim_s),
    F_I64(struct programme, cleaning_s),
    F_WON(struct programme, two_approvers_above_krw),
    F_I64(struct programme, objection_s),
    F_U32(struct programme, low_use_percent),
    F_I64(struct programme, low_use_window_s),
    F_LIST(struct programme, barred_lending, &barred_lending_type),
    F_LIST(struct programme, conflicts, &conflict_type),
    F_LIST(struct programme, budget_warnings, &budget_warning_type),
    F_END,
};
const struct record_type programme_type = {"programme", sizeof(struct programme), programme_fields};

static int check_stages(const struct programme *p, struct err *err)
{
    LIST_EACH(const struct programme_stage, stage, &p->stages)
    {
        if (id_is_none(&stage->id) || stage->from.s >= stage->to.s)
            return err_set(err, ERR_INVALID,
                           "programme %s: stages: each needs an id and from before to", p->id.text);
        if (stage->from.s < p->from.s || stage->to.s > p->to.s)
            return err_set(err, ERR_INVALID,
                           "programme %s: stage %s lies outside the programme's dates", p->id.text,
                           stage->id.text);
    }
    return 0;
}

bool programme_bars_lending(const struct programme *p, const struct id *organisation,
                            struct window window)
{
    LIST_EACH(const struct barred_lending, b, &p->barred_lending)
    {
        bool any = id_is_none(&b->organisation);
        struct instant from = b->from.s == INSTANT_NEVER.s ? p->from : b->from;
        if ((any || id_equal(&b->organisation, organisation)) &&
            window_overlaps((struct window){from, b->to}, window))
            return true;
    }
    return false;
}

static int check_rules(const struct programme *p, struct err *err)
{
    if (p->objection_s < 0 || p->low_use_window_s < 0 || p->low_use_percent > 100)
        return err_set(err, ERR_INVALID,
                       "programme %s: objection_s and low_use_window_s must not be negative, and "
                       "low_use_percent is at most 100",
                       p->id.text);
    LIST_EACH(const struct budget_warning, w, &p->budget_warnings)
    {
        if (w->percent < 1 || w->percent > 100)
            return err_set(err, ERR_INVALID, "programme %s: budget_warnings: %u is not in 1..100",
                           p->id.text, w->percent);
    }
    return 0;
}

int programme_check(const struct programme *p, struct err *err)
{
    if (id_is_none(&p->id))
        return err_set(err, ERR_INVALID, "programme: id is missing");
    if (p->from.s >= p->to.s)
        return err_set(err, ERR_INVALID, "programme %s: from must come before to", p->id.text);
    if (p->cleaning_s < 0 || p->reclaim_s < 0)
        return err_set(err, ERR_INVALID,
                       "programme %s: cleaning_s and reclaim_s must not be negative", p->id.text);
    if (p->conflicts.n > PROGRAMME_CONFLICTS_MAX)
        return err_set(err, ERR_LIMIT, "programme %s: conflicts: more than %d", p->id.text,
                       PROGRAMME_CONFLICTS_MAX);
    if (p->two_approvers_above_krw.krw < 0)
        return err_set(err, ERR_INVALID,
                       "programme %s: two_approvers_above_krw must not be negative", p->id.text);
    TRY(check_rules(p, err));
    return check_stages(p, err);
}
