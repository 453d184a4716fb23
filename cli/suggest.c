/*
 * Owns: nothing; a pure measure of how far two words are apart (optimal string alignment). Any
 * thread.
 */
#include "cli/suggest.h"

#include "lib/base/err.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

size_t suggest_distance(const char *a, const char *b)
{
    ENSURE(a && b);
    size_t n = strlen(a), m = strlen(b);
    if (n > SUGGEST_WORD_MAX || m > SUGGEST_WORD_MAX)
        return SIZE_MAX;
    size_t rows[3][SUGGEST_WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1, SIZE_MAX);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[m];
}

/* Two slips in a long word are a typing error; in a short one they are another word. */
static size_t tolerance(const char *typed)
{
    size_t n = strlen(typed);
    return n <= 2 ? 1 : n <= 5 ? 2 : 3;
}

struct suggest suggest_for(const char *typed)
{
    ENSURE(typed);
    return (struct suggest){.typed = typed, .best = NULL, .distance = tolerance(typed) + 1};
}

void suggest_offer(struct suggest *s, const char *candidate)
{
    size_t d = suggest_distance(s->typed, candidate);
    if (d < s->distance) {
        s->distance = d;
        s->best = candidate;
    }
}
