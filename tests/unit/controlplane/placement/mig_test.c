#include "controlplane/placement/mig.h"

#include "tests/support/suite.h"

/* A layout: what instances lie where, as what is taken. Counted by adding instances in rising order
 * of (slice, profile), so that each layout is met once, the empty one too. */
struct count {

    bool extras; /* with 1g+me and double memory */
    unsigned layouts, maximal;
};

static bool counts_profile(const struct count *c, enum mig_profile p)
{
    return c->extras || (p != MIG_1G_MEDIA && p != MIG_1G_DOUBLE);
}

static bool is_maximal(const struct count *c, uint16_t taken)
{
    for (enum mig_profile p = MIG_1G; p < MIG_PROFILE_COUNT; p++) {
        for (uint8_t s = 0; counts_profile(c, p) && s < MIG_MEMORY_SLICES; s++) {
            if (mig_fits(p, s, taken))
                return false;
        }
    }
    return true;
}

static void visit(struct count *c, uint16_t taken, uint8_t from)
{
    c->layouts++;
    c->maximal += is_maximal(c, taken);
    for (uint8_t s = from; s < MIG_MEMORY_SLICES; s++) {
        for (enum mig_profile p = MIG_1G; p < MIG_PROFILE_COUNT; p++) {
            if (counts_profile(c, p) && mig_fits(p, s, taken))
                visit(c, (uint16_t)(taken | mig_bits(p, s)), (uint8_t)(s + 1));
        }
    }
}

static const struct {
    bool extras;
    unsigned layouts, maximal;
} golden[] = {
    {false, 298, 19},
    {true, 2319, 239},
};

START_TEST(there_are_as_many_layouts_as_the_hardware_has)
{
    static struct count c;
    c = (struct count){.extras = golden[_i].extras};
    visit(&c, 0, 0);
    ck_assert_uint_eq(c.layouts, golden[_i].layouts);
    ck_assert_uint_eq(c.maximal, golden[_i].maximal);
}
END_TEST

static const struct {
    enum mig_profile profile;
    unsigned most;
} alone[] = {{MIG_1G, 7}, {MIG_1G_MEDIA, 1}, {MIG_1G_DOUBLE, 4}, {MIG_2G, 3},
             {MIG_3G, 2}, {MIG_4G, 1},       {MIG_7G, 1}};

START_TEST(a_device_holds_as_many_of_a_profile_as_the_table_says)
{
    uint16_t taken = 0;
    unsigned n = 0;
    for (uint8_t s; (s = mig_choose(alone[_i].profile, taken)) != MIG_NOWHERE; n++)
        taken |= mig_bits(alone[_i].profile, s);
    ck_assert_uint_eq(n, alone[_i].most);
}
END_TEST

START_TEST(an_instance_begins_where_it_is_least_in_the_way)
{
    ck_assert_uint_eq(mig_choose(MIG_3G, 0), 4);
    ck_assert_uint_eq(mig_choose(MIG_4G, mig_bits(MIG_3G, 4)), 0);
    ck_assert_uint_eq(mig_choose(MIG_1G, 0), 6);
    ck_assert_uint_eq(mig_choose(MIG_4G, mig_bits(MIG_2G, 0)), MIG_NOWHERE);
}
END_TEST

START_TEST(instances_do_not_overlap)
{
    for (enum mig_profile p = MIG_1G; p < MIG_PROFILE_COUNT; p++) {
        for (uint8_t s = 0; s < MIG_MEMORY_SLICES; s++) {
            if (!mig_fits(p, s, 0))
                continue;
            ck_assert(!mig_fits(p, s, mig_bits(p, s)));
            ck_assert_uint_eq((unsigned)__builtin_popcount(mig_bits(p, s) & 0xff),
                              mig_memory_slices(p));
        }
    }
}
END_TEST

static Suite *mig_suite(void)
{
    Suite *s = suite_create("mig");
    TCase *t = tcase_create("mig");
    tcase_add_loop_test(t, there_are_as_many_layouts_as_the_hardware_has, 0, 2);
    tcase_add_loop_test(t, a_device_holds_as_many_of_a_profile_as_the_table_says, 0, 7);
    tcase_add_test(t, an_instance_begins_where_it_is_least_in_the_way);
    tcase_add_test(t, instances_do_not_overlap);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(mig_suite)
