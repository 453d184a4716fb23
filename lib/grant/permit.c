/* The permit's rules, its one encoding, and what of a grant it covers. Owns nothing; pure. */
#include "lib/grant/permit.h"

#include "lib/grant/bytes.h"

#include <string.h>

#define MAGIC          "PUMASI-PERMIT"
#define ISOLATIONS_ALL ((1u << GRANT_ISOLATION_COUNT) - 1)

static int check_names(const struct permit *p, struct err *err)
{
    struct id parsed;
    TRY(id_parse(span_text(p->loan.text), "loan", &parsed, err));
    TRY(id_parse(span_text(p->lender.text), "lender", &parsed, err));
    TRY(id_parse(span_text(p->borrower.text), "borrower", &parsed, err));
    TRY(id_parse(span_text(p->pool.text), "pool", &parsed, err));
    return id_parse(span_text(p->key.text), "key", &parsed, err);
}

int permit_check(const struct permit *p, struct err *err)
{
    TRY(check_names(p, err));
    if (window_empty(p->window) || p->window.from.s < INSTANT_MIN_S ||
        p->window.to.s > INSTANT_MAX_S)
        return err_set(err, ERR_INVALID, "permit: the window is empty or open");
    if (p->max_share.units < 1)
        return err_set(err, ERR_INVALID, "permit: max_share is below 1 unit");
    if (p->isolations == 0 || (p->isolations & ~ISOLATIONS_ALL) != 0)
        return err_set(err, ERR_INVALID, "permit: no isolation class, or an unknown one");
    if (p->silence_tolerance_s < 1 || p->silence_tolerance_s > PERMIT_SILENCE_MAX_S)
        return err_set(err, ERR_INVALID, "permit: the silence tolerance is outside 1..%lld s",
                       (long long)PERMIT_SILENCE_MAX_S);
    return 0;
}

int permit_encode(const struct permit *p, struct permit_bytes *ret, struct err *err)
{
    TRY(permit_check(p, err));
    memset(ret, 0, sizeof *ret);
    struct byte_writer w = {.data = ret->data, .cap = sizeof ret->data};
    put_bytes(&w, MAGIC, strlen(MAGIC));
    put_u16(&w, PERMIT_VERSION);
    put_text(&w, p->loan.text);
    put_text(&w, p->lender.text);
    put_text(&w, p->borrower.text);
    put_text(&w, p->pool.text);
    put_text(&w, p->key.text);
    put_u64(&w, (uint64_t)p->window.from.s);
    put_u64(&w, (uint64_t)p->window.to.s);
    put_u64(&w, (uint64_t)p->max_share.units);
    put_u32(&w, p->isolations);
    put_u64(&w, (uint64_t)p->silence_tolerance_s);
    ENSURE(!w.failed); /* PERMIT_BYTES_MAX holds the longest permit that passes the check */
    ret->len = w.len;
    return 0;
}

int permit_decode(struct span bytes, struct permit *ret, struct err *err)
{
    struct permit p;
    memset(&p, 0, sizeof p);
    struct byte_reader r = {.rest = bytes};
    take_literal(&r, "magic", MAGIC);
    if (take_u16(&r, "version") != PERMIT_VERSION && !r.failed)
        r.failed = "version";
    take_id(&r, "loan", false, &p.loan);
    take_id(&r, "lender", false, &p.lender);
    take_id(&r, "borrower", false, &p.borrower);
    take_id(&r, "pool", false, &p.pool);
    take_id(&r, "key", false, &p.key);
    p.window.from.s = (int64_t)take_u64(&r, "window");
    p.window.to.s = (int64_t)take_u64(&r, "window");
    p.max_share.units = (int64_t)take_u64(&r, "share");
    p.isolations = take_u32(&r, "isolation classes");
    p.silence_tolerance_s = (int64_t)take_u64(&r, "silence tolerance");
    if (!r.failed && r.rest.len > 0)
        r.failed = "length";
    if (r.failed)
        return err_set(err, ERR_INVALID, "permit: malformed %s", r.failed);
    TRY(permit_check(&p, err));
    *ret = p;
    return 0;
}

int permit_covers(const struct permit *p, const struct grant *g, struct err *err)
{
    const char *loan = p->loan.text;
    if (!id_equal(&p->loan, &g->loan))
        return err_set(err, ERR_DENIED, "grant of loan %s under the permit of loan %s",
                       g->loan.text, loan);
    if (!id_equal(&p->borrower, &g->project))
        return err_set(err, ERR_DENIED, "loan %s: project %s is not the borrower", loan,
                       g->project.text);
    if ((p->isolations & 1u << g->isolation) == 0)
        return err_set(err, ERR_DENIED, "loan %s: isolation class %s is not permitted", loan,
                       grant_isolation_name(g->isolation));
    if (!window_covers(p->window, (struct window){g->issued_at, g->ends_at}))
        return err_set(err, ERR_DENIED, "loan %s: the grant leaves the loan's window", loan);
    if (g->ttl_ms > (uint64_t)p->silence_tolerance_s * 1000)
        return err_set(err, ERR_DENIED, "loan %s: ttl %llu ms is longer than silence is tolerated",
                       loan, (unsigned long long)g->ttl_ms);
    if (g->share.units > p->max_share.units)
        return err_set(err, ERR_DENIED, "loan %s: %lld units are more than the loan's %lld", loan,
                       (long long)g->share.units, (long long)p->max_share.units);
    return 0;
}
