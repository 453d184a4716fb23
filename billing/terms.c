/* Terms: names, order, and who is charged. Pure. */
#include "billing/terms.h"

static const char *const time_kinds[] = {"used", "idle", "notice", "handover", "fault"};
const struct enum_names time_kind_names = {time_kinds, TIME_KIND_COUNT};

static const char *const payers[] = {"", "borrower", "lender", "nobody"};
const struct enum_names payer_names = {payers, PAYER_COUNT};

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int terms_compare(const struct terms *a, const struct terms *b)
{
    int by[] = {
        compare_int(a->time, b->time),
        compare_int(a->opportunistic, b->opportunistic),
        compare_int(a->price_krw.krw, b->price_krw.krw),
        compare_int(a->payer, b->payer),
    };
    for (size_t i = 0; i < sizeof(by) / sizeof(*by); i++) {
        if (by[i] != 0)
            return by[i];
    }
    return strcmp(a->isolation, b->isolation);
}

enum payer payer_of(enum payer payer, enum time_kind time)
{
    if (payer != PAYER_USUAL)
        return payer;
    return time == TIME_HANDOVER || time == TIME_FAULT ? PAYER_NOBODY : PAYER_BORROWER;
}

bool terms_charged(const struct terms *t, bool fault_lowers_value)
{
    if (t->time == TIME_USED || payer_of(t->payer, t->time) == PAYER_BORROWER)
        return true;
    return t->time == TIME_FAULT && !fault_lowers_value;
}
