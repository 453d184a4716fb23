#ifndef PUMASI_CLI_SUGGEST_H
#define PUMASI_CLI_SUGGEST_H

#include <stddef.h>

/*
 * "Did you mean …?": the nearest of several words by edit distance. Feed the candidates one by
 * one, then ask. A plain value, no memory, pure.
 */
struct suggest {
    const char *typed;
    const char *best; /* borrowed; NULL while nothing is near enough */
    size_t distance;
};

struct suggest suggest_for(const char *typed);
void suggest_offer(struct suggest *s, const char *candidate);

/* Insertions, deletions, substitutions and swaps of neighbours that lead from a to b. Words longer
 * than SUGGEST_WORD_MAX bytes are infinitely far. */
#define SUGGEST_WORD_MAX 40
size_t suggest_distance(const char *a, const char *b);

#endif
