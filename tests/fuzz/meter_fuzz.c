/* Whatever text stands for a mark: it is refused, or the meter goes on from it, and its own mark
 * restores to the same. */
#include "nodeagent/agent/meter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_interval(const struct metered *interval, void *arg)
{
    (void)arg;
    ENSURE(instant_before(interval->from, interval->to));
    ENSURE(interval->cause && interval->cause[0] != '\0');
    return true;
}

static void mark_of(const struct meter *m, struct buf *dst)
{
    buf_init(dst, METER_MARK_MAX);
    meter_mark(m, dst);
    ENSURE(!dst->full);
}

static void go_on(struct meter *m)
{
    struct instant now = {INT64_C(1770076800)};
    meter_set_time(m, now, UINT64_C(5000000000));
    meter_cut(m, UINT64_C(9000000000), 1, check_interval, NULL);
    meter_know(m, UINT64_C(10000000000));
    meter_compare(m, NULL, 0, check_interval, NULL);
    ENSURE(meter_is_idle(m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf first = {.data = NULL};
    CLEANUP_BUF struct buf second = {.data = NULL};
    struct meter *m = meter_create();
    struct meter *again = meter_create();
    struct err err = ERR_INIT;
    int rc = meter_restore(m, span_of(data, size), &err);
    if (rc == 0) {
        mark_of(m, &first);
        ENSURE(meter_restore(again, buf_span(&first), NULL) == 0);
        mark_of(again, &second);
        ENSURE(span_equal(buf_span(&first), buf_span(&second)));
        go_on(m);
    } else {
        ENSURE(err.text[0] != '\0');
    }
    meter_destroy(m);
    meter_destroy(again);
    return 0;
}
