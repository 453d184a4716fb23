#ifndef PUMASI_TESTS_SIM_CHANCE_H
#define PUMASI_TESTS_SIM_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Chance that follows from a seed, and from nothing else: SplitMix64 (Steele, Lea, Flood 2014). A
 * plain value.
 */
struct chance {
    uint64_t state;
};

uint64_t chance_next(struct chance *c);
int64_t chance_between(struct chance *c, int64_t low, int64_t high); /* both included */
bool chance_one_in(struct chance *c, int64_t n);                     /* true once in n */
void chance_fill(struct chance *c, uint8_t *dst, size_t n);

#endif
