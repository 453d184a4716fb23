/*
 * Prices: takes what an organisation has booked and used in the months that matter (use.h), and
 * lets billing value it with and without the piece in question. Only those months are looked at: a
 * month's value depends on nothing outside it. Billing is given the concurrency profile instead of
 * the leases that add up to it, which is the same to it and does not grow with their number.
 */
#include "controlplane/domain/quoting.h"

#include "billing/cofunding.h"
#include "controlplane/domain/use.h"
#include "lib/base/korea.h"

#include <stdlib.h>

/* One organisation's GPU time in one project, and the dated facts that price it. */
struct account {
    const struct turn *turn;
    const struct programme *programme;
    const struct project *project;
    const struct organisation *organisation;
    const struct loan *offered; /* NULL, or a loan that may not be known yet */
    struct use_account use;     /* in whole Korean months: what lies outside is cut away */
};

static struct window whole_months(struct window w)
{
    struct instant last = instant_add(w.to, -1);
    return (struct window){.from = month_window(month_of(w.from)).from,
                           .to = month_window(month_of(last)).to};
}

static int open_account(const struct turn *t, const struct id *project_id,
                        const struct id *organisation_id, struct window window, struct account *ret,
                        struct err *err)
{
    const struct project *project = turn_find(t, ENTITY_PROJECT, project_id);
    const struct organisation *organisation = turn_find(t, ENTITY_ORGANISATION, organisation_id);
    const struct programme *programme =
        project ? turn_find(t, ENTITY_PROGRAMME, &project->programme) : NULL;
    if (!project || !organisation || !programme)
        return err_set(err, ERR_NOT_FOUND, "no price: project %s, its programme or %s is gone",
                       project_id->text, organisation_id->text);
    *ret = (struct account){.turn = t,
                            .programme = programme,
                            .project = project,
                            .organisation = organisation,
                            .use = {.project = *project_id,
                                    .organisation = *organisation_id,
                                    .window = whole_months(window)}};
    return 0;
}

static void close_account(struct account *a)
{
    use_account_fini(&a->use);
}

/* ---- The profile as billing reads it --------------------------------------------------------- */

static struct won price_of(const struct account *a, const struct id *loan_id)
{
    const struct loan *loan = a->offered ? a->offered : turn_find(a->turn, ENTITY_LOAN, loan_id);
    return loan ? loan->price_krw : WON_ZERO;
}

/* The lines of an account as usage, each with its steps. */
struct profile {
    struct cofunding_usage *usage;
    struct level_step *steps; /* of all lines */
    size_t n;
};

static void profile_fini(struct profile *p)
{
    free(p->usage);
    free(p->steps);
}

static void copy_steps(const struct steps *from, struct level_step *to)
{
    for (size_t i = 0; i < from->n; i++) {
        ENSURE(from->items[i].value >= 0 && from->items[i].value <= INT64_MAX);
        to[i] = (struct level_step){from->items[i].from, (int64_t)from->items[i].value};
    }
    ENSURE(to[from->n - 1].units == 0);
}

/* Borrows the models from the account. */
static struct profile profile_of(const struct account *a)
{
    struct profile p = {0};
    size_t most = 1;
    LIST_EACH(const struct use_line, line, &a->use.lines)
    {
        most += line->units.n;
    }
    p.usage = calloc(a->use.lines.n + 1, sizeof *p.usage);
    p.steps = reallocarray(NULL, most, sizeof *p.steps);
    ENSURE(p.usage != NULL && p.steps != NULL);
    struct level_step *next = p.steps;
    LIST_EACH(const struct use_line, line, &a->use.lines)
    {
        size_t n = line->units.n;
        if (n == 0)
            continue;
        copy_steps(&line->units, next);
        p.usage[p.n++] = (struct cofunding_usage){.model = line->model,
                                                  .window = {next[0].from, next[n - 1].from},
                                                  .terms = {.price_krw = price_of(a, &line->loan)},
                                                  .steps = next,
                                                  .n_steps = n};
        next += n;
    }
    return p;
}

/* ---- Value ---------------------------------------------------------------------------------- */

struct valued {
    struct won value_krw;
    struct won burden_krw;
    struct frac value_exact; /* of value_krw where the exact one is wider than a fraction */
    bool confirmed;
};

/* Up to 126 bits a side fit a fraction. */
static bool narrow(const struct wide *w, __int128 *ret)
{
    if (w->len > 2 || (w->len == 2 && w->limb[1] >> 62 != 0))
        return false;
    unsigned __int128 v = w->len > 1 ? (unsigned __int128)w->limb[1] << 64 : 0;
    *ret = (__int128)(v | (w->len > 0 ? w->limb[0] : 0));
    return true;
}

static struct frac frac_of_exact(const struct exact *e, struct won floor)
{
    struct frac f;
    bool fits = narrow(&e->num, &f.num) && narrow(&e->den, &f.den);
    return fits ? f : frac_of(floor.krw);
}

static struct valued valued_of(const struct cofunding_share *share)
{
    return (struct valued){.value_krw = share->value_krw,
                           .burden_krw = share->burden_krw,
                           .value_exact = frac_of_exact(&share->value, share->value_krw),
                           .confirmed = share->confirmed};
}

static int value_of(const struct account *a, struct valued *ret, struct err *err)
{
    struct list sizes = {0}, openness = {0};
    LIST_EACH(const struct size_fact, fact, &a->organisation->sizes)
    {
        struct dated_size *size = record_list_add(&sizes, sizeof *size);
        *size = (struct dated_size){fact->from, fact->size, fact->legal_size};
    }
    LIST_EACH(const struct openness_fact, fact, &a->project->openness)
    {
        struct dated_openness *level = record_list_add(&openness, sizeof *level);
        *level = (struct dated_openness){fact->from, fact->openness};
    }
    struct cofunding_member member = {
        .organisation = a->organisation->id.text, .sizes = sizes.items, .n_sizes = sizes.n};
    struct profile profile = profile_of(a);
    struct cofunding_input in = {.policy = &a->programme->policy,
                                 .openness = openness.items,
                                 .n_openness = openness.n,
                                 .members = &member,
                                 .n_members = 1,
                                 .usage = profile.usage,
                                 .n_usage = profile.n,
                                 .period_end = INSTANT_NEVER};
    struct cofunding_result *result = NULL;
    int rc = cofunding_eval(&in, &result, err);
    if (rc == 0)
        *ret = valued_of(&result->members[0]);
    cofunding_result_destroy(result);
    profile_fini(&profile);
    free(sizes.items);
    free(openness.items);
    return rc;
}

/* ---- The three prices ------------------------------------------------------------------------ */

static int difference(const struct valued *with, const struct valued *without,
                      const struct id *organisation, struct quote *ret, struct err *err)
{
    struct quote quote = {.organisation = *organisation, .confirmed = with->confirmed};
    if (won_sub(with->value_krw, without->value_krw, &quote.value_krw) < 0 ||
        won_sub(with->burden_krw, without->burden_krw, &quote.burden_krw) < 0)
        return err_set(err, ERR_OVERFLOW, "the price is beyond what can be counted in won");
    if (frac_sub(with->value_exact, without->value_exact, &quote.value_exact) < 0)
        quote.value_exact = frac_of(quote.value_krw.krw);
    *ret = quote;
    return 0;
}

int quote_lease(const struct turn *t, const struct lease *l, struct quote *ret, struct err *err)
{
    struct window window = {l->from, l->ends_at};
    if (window_empty(window)) {
        *ret = (struct quote){
            .organisation = l->organisation, .value_exact = FRAC_ZERO, .confirmed = true};
        return 0;
    }
    struct account account;
    TRY(open_account(t, &l->project, &l->organisation, window, &account, err));
    use_planned(t, &l->id, &account.use);
    struct valued with, without;
    int rc = value_of(&account, &without, err);
    if (rc == 0) {
        use_account_add(&account.use, l->model, &l->loan, window, lease_units(l).units);
        rc = value_of(&account, &with, err);
    }
    close_account(&account);
    return rc < 0 ? rc : difference(&with, &without, &l->organisation, ret, err);
}

int quote_interval(const struct turn *t, const struct usage_interval *u, struct won *ret,
                   struct err *err)
{
    const struct lease *l = turn_find(t, ENTITY_LEASE, &u->lease);
    ENSURE(l != NULL);
    struct account account;
    struct window window = {u->from, u->to};
    TRY(open_account(t, &l->project, &l->organisation, window, &account, err));
    use_metered(t, &u->id, &account.use);
    struct valued with, without;
    struct quote quote;
    int rc = value_of(&account, &without, err);
    if (rc == 0) {
        use_account_add(&account.use, u->model, &l->loan, window, u->units.units);
        rc = value_of(&account, &with, err);
    }
    close_account(&account);
    TRY(rc);
    TRY(difference(&with, &without, &l->organisation, &quote, err));
    *ret = quote.value_krw;
    return 0;
}

int quote_account(const struct turn *t, const struct id *project, const struct id *organisation,
                  bool metered, struct quote *ret, struct err *err)
{
    const struct project *p = turn_find(t, ENTITY_PROJECT, project);
    const struct programme *programme = p ? turn_find(t, ENTITY_PROGRAMME, &p->programme) : NULL;
    struct account account;
    struct valued value;
    if (!programme)
        return err_set(err, ERR_NOT_FOUND, "no price: project %s is gone", project->text);
    TRY(open_account(t, project, organisation, (struct window){programme->from, programme->to},
                     &account, err));
    if (metered)
        use_metered(t, &ID_NONE, &account.use);
    else
        use_planned(t, &ID_NONE, &account.use);
    int rc = value_of(&account, &value, err);
    close_account(&account);
    TRY(rc);
    *ret = (struct quote){.organisation = *organisation,
                          .value_krw = value.value_krw,
                          .value_exact = value.value_exact,
                          .burden_krw = value.burden_krw,
                          .confirmed = value.confirmed};
    return 0;
}

int quote_loan(const struct turn *t, const struct loan *l, struct won *ret, struct err *err)
{
    const struct project *project = turn_find(t, ENTITY_PROJECT, &l->borrower);
    const struct member *lead = project ? project_lead(project) : NULL;
    if (!lead)
        return err_set(err, ERR_NOT_FOUND, "project %s does not exist", l->borrower.text);
    struct account account;
    struct window window = {l->from, l->to};
    TRY(open_account(t, &l->borrower, &lead->organisation, window, &account, err));
    account.offered = l;
    use_account_add(&account.use, l->model, &l->id, window, l->guaranteed_units.units);
    struct valued value;
    int rc = value_of(&account, &value, err);
    close_account(&account);
    TRY(rc);
    *ret = value.value_krw;
    return 0;
}
