/* Texts of lib/base: no bytes make a reader abort, and what was read reads the same when printed.
 */
#include "lib/base/frac.h"
#include "lib/base/id.h"
#include "lib/base/korea.h"
#include "lib/base/share.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_times(struct span text)
{
    char printed[INSTANT_TEXT_CAP];
    struct instant t;
    struct instant again;
    struct month m;
    int64_t seconds;

    if (moment_parse(text, &t, NULL) == 0) {
        ENSURE(instant_parse(span_text(instant_format(t, printed)), &again, NULL) == 0);
        ENSURE(t.s == again.s && window_contains(month_window(month_of(t)), t));
    }
    if (month_parse(text, &m, NULL) == 0)
        ENSURE(month_of(month_window(m).from).index == m.index);
    if (duration_parse(text, &seconds, NULL) == 0)
        ENSURE(seconds >= 0);
}

static void fuzz_figures(struct span text)
{
    char printed[FRAC_TEXT_CAP];
    struct frac a;
    struct frac b;
    struct share s;
    int64_t number;

    if (frac_parse(text, &a, NULL) == 0 && frac_add(a, a, &b) == 0) {
        ENSURE(frac_sub(b, a, &b) == 0 && frac_compare(a, b) == 0);
        frac_format(a, printed);
    }
    if (percent_parse(text, &a, NULL) == 0)
        ENSURE(a.den > 0);
    if (share_parse(text, &s, NULL) == 0)
        ENSURE(s.units > 0);
    if (text_to_i64(text, "number", -10, 10, &number, NULL) == 0)
        ENSURE(number >= -10 && number <= 10);
}

static void fuzz_texts(struct span text)
{
    char place[32];
    char message[16];
    struct id id;

    if (text_set(place, sizeof(place), text, "text", NULL) == 0) {
        ENSURE(span_equal(span_text(place), text));
        ENSURE(span_is_text(span_text(text_cut(message, sizeof(message), place))));
    }
    if (id_parse(text, "name", &id, NULL) == 0)
        ENSURE(span_equal(span_text(id.text), text));
    for (size_t max = 0; max <= text.len && max < 8; max++)
        ENSURE(utf8_cut(text.data, text.len, max) <= max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);

    fuzz_times(text);
    fuzz_figures(text);
    fuzz_texts(text);
    return 0;
}
