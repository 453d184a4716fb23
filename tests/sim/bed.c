/* One bed. Clocks are computed from bed time; nothing here is ever read from the machine. */
#include "tests/sim/bed.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_NS (1000 * BED_S)

static struct bed the_bed;

struct bed *bed(void)
{
    return &the_bed;
}

/* ---- clocks ---- */

static struct boot_time host_boot(void *world)
{
    const struct host *h = world;
    int64_t ns = bed_now() - h->boot_base_ns;
    return (struct boot_time){ns + ns / 1000000 * h->drift_ppm};
}

static struct instant host_wall(void *world)
{
    const struct host *h = world;
    return instant_add(bed_wall(), h->wall_off_s);
}

static void host_random(void *world, uint8_t *dst, size_t n)
{
    (void)world;
    chance_fill(&the_bed.random, dst, n);
}

/* ---- the bed ---- */

static void name_host(struct host *h)
{
    int n = h->number;
    if (n < BED_FIRST_NODE)
        (void)snprintf(h->name, sizeof h->name, "cp%d", n);
    else if (n < BED_FIRST_PERSON)
        (void)snprintf(h->name, sizeof h->name, "n%d", n - BED_FIRST_NODE);
    else
        (void)snprintf(h->name, sizeof h->name, n == BED_STORE ? "store" : "p%d",
                       n - BED_FIRST_PERSON);
}

void bed_open(uint64_t seed, int trace)
{
    bed_close();
    the_bed = (struct bed){
        .seed = seed, .chance = {seed}, .random = {~seed}, .trace = trace, .epoch = {0}};
    the_bed.agenda = agenda_create(START_NS);
    for (int i = 0; i < BED_HOSTS; i++) {
        struct host *h = &the_bed.hosts[i];
        *h = (struct host){.number = i, .up = i >= BED_FIRST_PERSON};
        name_host(h);
        h->env =
            (struct env){.wall = host_wall, .boot = host_boot, .random = host_random, .world = h};
    }
}

void bed_close(void)
{
    agenda_destroy(the_bed.agenda);
    the_bed.agenda = NULL;
}

int64_t bed_now(void)
{
    return agenda_now(the_bed.agenda);
}

struct instant bed_wall(void)
{
    return instant_add(the_bed.epoch, (bed_now() - START_NS) / BED_S);
}

void bed_after(int64_t ns, const uint64_t *life, agenda_fn fn, void *arg)
{
    agenda_add(the_bed.agenda, ns, life, fn, arg);
}

struct host *bed_host(int number)
{
    ENSURE(number >= 0 && number < BED_HOSTS);
    return &the_bed.hosts[number];
}

bool bed_runs(int host)
{
    const struct host *h = bed_host(host);
    return h->up && h->paused_until <= bed_now();
}

bool bed_reaches(int from, int to)
{
    return !the_bed.cut[from][to];
}

int64_t bed_delay(void)
{
    int64_t us = chance_between(&the_bed.chance, 100, 3000);
    if (the_bed.slow_ms > 0)
        us += chance_between(&the_bed.chance, 0, the_bed.slow_ms * 1000);
    return us * 1000;
}

static void print_time(FILE *to)
{
    fprintf(to, "%10.3f ", (double)(bed_now() - START_NS) / (double)BED_S);
}

void bed_violated(const char *invariant, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (the_bed.violations++ == 0)
        (void)snprintf(the_bed.first_violation, sizeof the_bed.first_violation, "%s: %s", invariant,
                       text);
    bed_trace("VIOLATION %s: %s", invariant, text);
}

void bed_trace(const char *fmt, ...)
{
    va_list ap;
    if (!the_bed.trace)
        return;
    print_time(stdout);
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    (void)putchar('\n');
    (void)fflush(stdout);
}
