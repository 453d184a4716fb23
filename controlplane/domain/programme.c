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

int programme_check(const struct programme *p, struct err *err)
{
    if (id_is_none(&p->id))
        return err_set(err, ERR_INVALID, "programme: id is missing");
    if (p->from.s >= p->to.s)
        return err_set(err, ERR_INVALID, "programme %s: from must come before to", p->id.text);
    if (p->cleaning_s < 0 || p->reclaim_s < 0)
        return err_set(err, ERR_INVALID,
                       "programme %s: cleaning_s and reclaim_s must not be negative", p->id.text);
    if (p->two_approvers_above_krw.krw < 0)
        return err_set(err, ERR_INVALID,
                       "programme %s: two_approvers_above_krw must not be negative", p->id.text);
    return check_stages(p, err);
}
