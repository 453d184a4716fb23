/* Amounts of GPU in units of 1/7000. No state. */
#include "lib/base/share.h"

#include "lib/base/frac.h"

static int bad_share(struct span text, enum err_code code, const char *why, struct err *err)
{
    return err_set(err, code, "share \"%.*s\" %s", (int)(text.len < 64 ? text.len : 64),
                   text.len > 0 ? (const char *)text.data : "", why);
}

int share_parse(struct span text, struct share *ret, struct err *err)
{
    struct frac gpus;
    struct frac exact;
    int64_t units;

    int rc = frac_parse(text, &gpus, NULL);
    if (rc == -ERR_OVERFLOW)
        return bad_share(text, ERR_OVERFLOW, "has too many digits", err);
    if (rc < 0)
        return bad_share(text, ERR_INVALID, "is not written as 8, 1/8 or 0.25", err);
    if (gpus.num <= 0)
        return bad_share(text, ERR_INVALID, "is not more than nothing", err);
    if (frac_mul(gpus, frac_of(SHARE_PER_GPU), &exact) < 0 || frac_floor(exact, &units) < 0)
        return bad_share(text, ERR_OVERFLOW, "is more GPUs than can be counted", err);
    if (exact.den != 1)
        return bad_share(text, ERR_INVALID, "is no multiple of 1/7000 GPU", err);
    ret->units = units;
    return 0;
}

const char *share_format(struct share s, char dst[SHARE_TEXT_CAP])
{
    char exact[FRAC_TEXT_CAP];

    frac_format(frac_ratio(s.units, SHARE_PER_GPU), exact);
    memcpy(dst, exact, strlen(exact) + 1);
    return dst;
}
