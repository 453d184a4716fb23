/* Boot clock from an anchor; the anchor moves with the wall clock while that is believable. */
#include "controlplane/engine/clock.h"

#define NS_PER_S INT64_C(1000000000)

void clock_init(struct clock *c, const struct env *env)
{
    *c = (struct clock){.env = env, .anchor = env_now(env), .anchor_boot = env_boot(env)};
    c->last = c->anchor;
}

void clock_not_before(struct clock *c, struct instant at)
{
    c->last = instant_max(c->last, at);
}

static struct instant steady(const struct clock *c)
{
    return instant_add(c->anchor, (env_boot(c->env).ns - c->anchor_boot.ns) / NS_PER_S);
}

int64_t clock_divergence_s(const struct clock *c)
{
    return env_now(c->env).s - steady(c).s;
}

struct instant clock_now(struct clock *c)
{
    int64_t ahead_s = clock_divergence_s(c);
    struct instant now = steady(c);
    c->diverged = ahead_s > CLOCK_TRUST_S || ahead_s < -CLOCK_TRUST_S;
    if (!c->diverged && ahead_s != 0) {
        now = env_now(c->env);
        c->anchor = now;
        c->anchor_boot = env_boot(c->env);
    }
    c->last = instant_max(c->last, now);
    return c->last;
}
