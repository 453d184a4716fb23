/* The records of a basis, their order, and what must hold between them. Pure. */
#include "billing/basis.h"

#include <stdlib.h>

static const char *const kinds[] = {"month", "stage", "settlement"};
const struct enum_names statement_kind_names = {kinds, STATEMENT_KIND_COUNT};

/* clang-format off */
#define TABLE(s, ...)                                                                              \
    static const struct field s##_fields[] = {__VA_ARGS__, F_END};                                 \
    static const struct record_type s##_type_ = {#s, sizeof(struct s), s##_fields};

TABLE(basis_size,
      F_INSTANT(struct basis_size, from),
      F_ENUM(struct basis_size, size, &size_class_names),
      F_ENUM(struct basis_size, legal_size, &size_class_names),
      F_TEXT(struct basis_size, evidence))
TABLE(basis_member,
      F_ID(struct basis_member, organisation),
      F_ID(struct basis_member, role),
      F_LIST(struct basis_member, sizes, &basis_size_type_))
TABLE(basis_openness,
      F_INSTANT(struct basis_openness, from),
      F_ENUM(struct basis_openness, openness, &openness_names),
      F_TEXT(struct basis_openness, evidence))
static const struct field basis_use_fields[] = {
      F_ID(struct basis_use, organisation),
      F_ID(struct basis_use, lease),
      F_ID(struct basis_use, node),
      F_ID(struct basis_use, supplier),
      F_ID(struct basis_use, loan),
      F_TEXT(struct basis_use, model),
      F_INSTANT(struct basis_use, from),
      F_INSTANT(struct basis_use, to),
      F_SHARE(struct basis_use, units),
      F_ENUM(struct basis_use, time, &time_kind_names),
      F_ENUM(struct basis_use, payer, &payer_names),
      F_BOOL(struct basis_use, opportunistic),
      F_ID(struct basis_use, isolation),
      F_WON(struct basis_use, price_krw),
      F_U32(struct basis_use, intervals),
      F_END};
const struct record_type basis_use_type = {"basis_use", sizeof(struct basis_use), basis_use_fields};
TABLE(basis_contribution,
      F_ID(struct basis_contribution, id),
      F_ID(struct basis_contribution, organisation),
      F_ID(struct basis_contribution, kind),
      F_WON(struct basis_contribution, krw),
      F_INSTANT(struct basis_contribution, at),
      F_INSTANT(struct basis_contribution, from),
      F_INSTANT(struct basis_contribution, to),
      F_TEXT(struct basis_contribution, reference))
TABLE(basis_allocation,
      F_ID(struct basis_allocation, id),
      F_TEXT(struct basis_allocation, model),
      F_INSTANT(struct basis_allocation, from),
      F_INSTANT(struct basis_allocation, to),
      F_SHARE(struct basis_allocation, units),
      F_TEXT(struct basis_allocation, paper))
TABLE(basis_event,
      F_INSTANT(struct basis_event, at),
      F_ID(struct basis_event, kind),
      F_ID(struct basis_event, subject),
      F_ID(struct basis_event, organisation),
      F_SHARE(struct basis_event, units),
      F_TEXT(struct basis_event, paper),
      F_TEXT(struct basis_event, reason))
TABLE(basis_wait,
      F_ID(struct basis_wait, organisation),
      F_TEXT(struct basis_wait, model),
      F_INSTANT(struct basis_wait, from),
      F_INSTANT(struct basis_wait, to),
      F_SHARE(struct basis_wait, units))
TABLE(basis_name,
      F_ID(struct basis_name, id),
      F_TEXT(struct basis_name, ko),
      F_TEXT(struct basis_name, en))
static const struct field basis_fields[] = {
      F_U32(struct basis, format),
      F_ID(struct basis, id),
      F_ENUM(struct basis, kind, &statement_kind_names),
      F_ID(struct basis, programme),
      F_ID(struct basis, project),
      F_ID(struct basis, stage),
      F_ID(struct basis, only),
      F_ID(struct basis, lead),
      F_ID(struct basis, agency),
      F_TEXT(struct basis, agreement_number),
      F_INSTANT(struct basis, from),
      F_INSTANT(struct basis, to),
      F_U32(struct basis, version),
      F_ID(struct basis, supersedes),
      F_TEXT(struct basis, reason),
      F_INSTANT(struct basis, issued_at),
      F_ID(struct basis, issued_by),
      F_RECORD(struct basis, policy, &cofunding_policy_type),
      F_LIST(struct basis, names, &basis_name_type_),
      F_LIST(struct basis, openness, &basis_openness_type_),
      F_LIST(struct basis, members, &basis_member_type_),
      F_LIST(struct basis, uses, &basis_use_type),
      F_LIST(struct basis, waits, &basis_wait_type_),
      F_LIST(struct basis, contributions, &basis_contribution_type_),
      F_LIST(struct basis, allocations, &basis_allocation_type_),
      F_LIST(struct basis, events, &basis_event_type_),
      F_END};
const struct record_type basis_type = {"basis", sizeof(struct basis), basis_fields};
/* clang-format on */

/* ---- Order ----------------------------------------------------------------------------------- */

static int compare_place(const struct basis_use *x, const struct basis_use *y)
{
    int by = id_compare(&x->organisation, &y->organisation);
    by = by ? by : strcmp(x->model, y->model);
    by = by ? by : id_compare(&x->lease, &y->lease);
    return by ? by : id_compare(&x->node, &y->node);
}

static int compare_uses(const void *a, const void *b)
{
    const struct basis_use *x = a, *y = b;
    int by = compare_place(x, y);
    by = by ? by : instant_compare(x->from, y->from);
    by = by ? by : (int)x->time - (int)y->time;
    return by ? by : (x->units.units > y->units.units) - (x->units.units < y->units.units);
}

static bool joins(const struct basis_use *x, const struct basis_use *y)
{
    return compare_place(x, y) == 0 && x->to.s == y->from.s && x->units.units == y->units.units &&
           x->time == y->time && x->payer == y->payer && x->opportunistic == y->opportunistic &&
           x->price_krw.krw == y->price_krw.krw && id_equal(&x->isolation, &y->isolation) &&
           id_equal(&x->loan, &y->loan) && id_equal(&x->supplier, &y->supplier);
}

void basis_sort(struct basis *b)
{
    if (b->uses.n == 0)
        return;
    struct basis_use *uses = b->uses.items;
    qsort(uses, b->uses.n, sizeof(*uses), compare_uses);
    size_t n = 1;
    for (size_t i = 1; i < b->uses.n; i++) {
        if (joins(&uses[n - 1], &uses[i])) {
            uses[n - 1].to = uses[i].to;
            uses[n - 1].intervals += uses[i].intervals;
        } else {
            uses[n++] = uses[i];
        }
    }
    b->uses.n = n;
}

const char *basis_name(const struct basis *b, const struct id *id, bool korean)
{
    LIST_EACH(const struct basis_name, name, &b->names)
    {
        const char *text = korean ? name->ko : name->en;
        if (id_equal(&name->id, id) && text[0] != '\0')
            return text;
    }
    return id->text;
}

/* ---- What must hold -------------------------------------------------------------------------- */

static bool has_member(const struct basis *b, const struct id *organisation)
{
    LIST_EACH(const struct basis_member, m, &b->members)
    {
        if (id_equal(&m->organisation, organisation))
            return true;
    }
    return false;
}

static int check_use(const struct basis *b, const struct basis_use *u, struct err *err)
{
    if (!has_member(b, &u->organisation))
        return err_set(err, ERR_INVALID, "%s is no member", u->organisation.text);
    if (u->from.s < b->from.s || u->to.s > b->to.s || u->from.s >= u->to.s)
        return err_set(err, ERR_INVALID, "it is empty, or lies outside the period");
    if (u->units.units < 0 || u->price_krw.krw < 0)
        return err_set(err, ERR_INVALID, "units and price must not be negative");
    if (strlen(u->isolation.text) >= ISOLATION_CAP || u->model[0] == '\0')
        return err_set(err, ERR_INVALID, "a model and a short isolation class are needed");
    return 0;
}

static int check_lists(const struct basis *b, struct err *err)
{
    for (size_t i = 0; i < b->uses.n; i++) {
        int rc = check_use(b, LIST_AT(const struct basis_use, &b->uses, i), err);
        if (rc < 0)
            return err_prefix(err, rc, "uses[%zu]", i);
    }
    for (size_t i = 0; i < b->contributions.n; i++) {
        const struct basis_contribution *c =
            LIST_AT(const struct basis_contribution, &b->contributions, i);
        if (!has_member(b, &c->organisation) || c->krw.krw < 0)
            return err_set(err, ERR_INVALID, "contributions[%zu]: of no member, or negative", i);
    }
    for (size_t i = 0; i < b->waits.n; i++) {
        const struct basis_wait *w = LIST_AT(const struct basis_wait, &b->waits, i);
        if (!has_member(b, &w->organisation) || w->from.s >= w->to.s || w->units.units < 0)
            return err_set(err, ERR_INVALID, "waits[%zu]: of no member, empty, or negative", i);
    }
    return 0;
}

int basis_check(const struct basis *b, struct err *err)
{
    if (b->format != BASIS_FORMAT)
        return err_set(err, ERR_UNSUPPORTED, "format: %u is not known, %d is", b->format,
                       BASIS_FORMAT);
    if (b->from.s >= b->to.s || b->to.s == INSTANT_NEVER.s)
        return err_set(err, ERR_INVALID, "period: it ends before it begins, or never");
    int rc = policy_check(&b->policy, err);
    if (rc < 0)
        return err_prefix(err, rc, "policy");
    return check_lists(b, err);
}
