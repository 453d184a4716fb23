/* Cuts usage to the period and lets co-funding do the arithmetic. Pure. */
#include "billing/statement.h"

#include "lib/base/text.h"

#include <stdlib.h>

/* The usage inside the period; *n of them, to be freed. */
static struct cofunding_usage *cut_usage(const struct cofunding_input *in, struct window period,
                                         size_t *n)
{
    struct cofunding_usage *cut = calloc(in->n_usage + 1, sizeof(*cut));
    ENSURE(cut != NULL);
    *n = 0;
    for (size_t i = 0; i < in->n_usage; i++) {
        ENSURE(in->usage[i].steps == NULL); /* a statement is made of intervals */
        if (!window_overlaps(in->usage[i].window, period))
            continue;
        cut[*n] = in->usage[i];
        cut[*n].window = window_intersect(in->usage[i].window, period);
        (*n)++;
    }
    return cut;
}

int statement_create(const struct statement_head *head, const struct cofunding_input *in,
                     struct statement **ret, struct err *err)
{
    if (window_empty(head->period))
        return err_set(err, ERR_INVALID, "period: it ends before it begins: set a later end");
    struct cofunding_input cut = *in;
    struct cofunding_usage *usage = cut_usage(in, head->period, &cut.n_usage);
    cut.usage = usage;
    cut.period_end = head->period.to;
    struct cofunding_result *result;
    int rc = cofunding_eval(&cut, &result, err);
    free(usage);
    TRY(rc);
    struct statement *s = calloc(1, sizeof(*s));
    ENSURE(s != NULL);
    *s = (struct statement){.head = *head,
                            .part_month = in->policy->part_month,
                            .grain = in->policy->grain,
                            .burden_base = in->policy->burden_base,
                            .payable_truncate_krw = in->policy->payable_truncate_krw,
                            .charge = in->policy->charge,
                            .mig_weight = in->policy->mig_weight,
                            .price_vat = in->policy->price_vat,
                            .fault_lowers_value = in->policy->fault_lowers_value,
                            .result = result};
    *ret = s;
    return 0;
}

/* ---- From a basis ---------------------------------------------------------------------------- */

/* The input that a basis stands for; borrows from it. */
struct input {
    struct cofunding_input in;
    struct cofunding_member *members;
    struct dated_size *sizes; /* of all members, one after the other */
    struct dated_openness *openness;
    struct cofunding_usage *usage;
    struct cofunding_contribution *contributions;
    struct cofunding_wait *waits;
};

static void input_fini(struct input *i)
{
    free(i->members);
    free(i->sizes);
    free(i->openness);
    free(i->usage);
    free(i->contributions);
    free(i->waits);
}

static void *array(size_t n, size_t size)
{
    void *items = calloc(n + 1, size);
    ENSURE(items != NULL);
    return items;
}

/* The place of a member; basis_check() has seen that there is one. */
static uint32_t member_of(const struct basis *b, const struct id *organisation)
{
    for (size_t i = 0; i < b->members.n; i++) {
        if (id_equal(&LIST_AT(const struct basis_member, &b->members, i)->organisation,
                     organisation))
            return (uint32_t)i;
    }
    ENSURE(!"a member");
    return 0;
}

static void take_members(const struct basis *b, struct input *i)
{
    size_t n = 0;
    LIST_EACH(const struct basis_member, m, &b->members)
    {
        n += m->sizes.n;
    }
    i->members = array(b->members.n, sizeof(*i->members));
    i->sizes = array(n, sizeof(*i->sizes));
    n = 0;
    LIST_EACH(const struct basis_member, m, &b->members)
    {
        i->members[i->in.n_members++] = (struct cofunding_member){
            .organisation = m->organisation.text, .sizes = &i->sizes[n], .n_sizes = m->sizes.n};
        LIST_EACH(const struct basis_size, s, &m->sizes)
        {
            i->sizes[n++] = (struct dated_size){s->from, s->size, s->legal_size};
        }
    }
    i->in.members = i->members;
    i->openness = array(b->openness.n, sizeof(*i->openness));
    LIST_EACH(const struct basis_openness, o, &b->openness)
    {
        i->openness[i->in.n_openness++] = (struct dated_openness){o->from, o->openness};
    }
    i->in.openness = i->openness;
}

static void take_usage(const struct basis *b, struct input *i)
{
    i->usage = array(b->uses.n, sizeof(*i->usage));
    LIST_EACH(const struct basis_use, u, &b->uses)
    {
        struct cofunding_usage *usage = &i->usage[i->in.n_usage++];
        *usage = (struct cofunding_usage){.member = member_of(b, &u->organisation),
                                          .model = u->model,
                                          .window = {u->from, u->to},
                                          .units = u->units.units,
                                          .terms = {.price_krw = u->price_krw,
                                                    .time = u->time,
                                                    .payer = u->payer,
                                                    .opportunistic = u->opportunistic}};
        memcpy(usage->terms.isolation, u->isolation.text, ISOLATION_CAP - 1);
    }
    i->in.usage = i->usage;
    i->waits = array(b->waits.n, sizeof(*i->waits));
    LIST_EACH(const struct basis_wait, w, &b->waits)
    {
        i->waits[i->in.n_waits++] = (struct cofunding_wait){
            member_of(b, &w->organisation), w->model, {w->from, w->to}, w->units.units};
    }
    i->in.waits = i->waits;
}

static void take_contributions(const struct basis *b, struct input *i)
{
    i->contributions = array(b->contributions.n, sizeof(*i->contributions));
    LIST_EACH(const struct basis_contribution, c, &b->contributions)
    {
        i->contributions[i->in.n_contributions++] =
            (struct cofunding_contribution){member_of(b, &c->organisation), c->kind.text, c->krw};
    }
    i->in.contributions = i->contributions;
}

static int head_of(const struct basis *b, struct statement_head *head, struct err *err)
{
    const char *ko = basis_name(b, &b->project, true), *en = basis_name(b, &b->project, false);
    *head = (struct statement_head){.period = {b->from, b->to},
                                    .version = b->version,
                                    .issued_at = b->issued_at,
                                    .kind = b->kind,
                                    .id = b->id,
                                    .stage = b->stage,
                                    .supersedes = b->supersedes,
                                    .only = b->only};
    memcpy(head->programme, b->programme.text, ID_CAP);
    memcpy(head->project, b->project.text, ID_CAP);
    memcpy(head->agreement_number, b->agreement_number, sizeof(head->agreement_number));
    memcpy(head->reason, b->reason, sizeof(head->reason));
    TRY(text_set(head->project_name_ko, LIMIT_NAME_BYTES, span_text(ko), "name", err));
    return text_set(head->project_name_en, LIMIT_NAME_BYTES, span_text(en), "name", err);
}

static int state_basis(const struct basis *b, struct statement **ret, struct err *err)
{
    struct statement_head head;
    struct input i = {.in = {.policy = &b->policy, .period_end = b->to}};
    TRY(basis_check(b, err));
    TRY(head_of(b, &head, err));
    take_members(b, &i);
    take_usage(b, &i);
    take_contributions(b, &i);
    int rc = statement_create(&head, &i.in, ret, err);
    input_fini(&i);
    return rc;
}

int statement_of_basis(struct basis *basis, struct statement **ret, struct err *err)
{
    struct basis *own = calloc(1, sizeof(*own));
    ENSURE(own != NULL);
    *own = *basis;
    *basis = (struct basis){0};
    int rc = state_basis(own, ret, err);
    if (rc < 0)
        record_destroy(&basis_type, own);
    else
        (*ret)->basis = own;
    return rc;
}

void statement_destroy(struct statement *s)
{
    if (s == NULL)
        return;
    cofunding_result_destroy(s->result);
    record_destroy(&basis_type, s->basis);
    free(s);
}
