/*
 * Every cell of every life cycle: an event leads where docs/spec/states.md says, or is refused by
 * name. The tables in that page are printed by this very test: run it with UPDATE_SPEC=1 after a
 * change of a life cycle.
 */
#include "controlplane/domain/allocation.h"
#include "controlplane/domain/closing.h"
#include "controlplane/domain/lease.h"
#include "controlplane/domain/loan.h"
#include "controlplane/domain/node.h"
#include "controlplane/domain/project.h"
#include "controlplane/domain/recall.h"
#include "controlplane/domain/user.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "tests/support/page.h"
#include "tests/support/suite.h"

#include <stdio.h>

#define SPEC_MAX (1 << 20)

/* One life cycle, seen through its header alone. */
struct life_cycle {
    const char *title;
    const struct enum_names *states;
    const struct enum_names *events;
    int (*next)(int state, int event, int *ret, struct err *err);
};

#define NEXT(name, state_enum, event_enum)                                                         \
    static int name##_any(int state, int event, int *ret, struct err *err)                         \
    {                                                                                              \
        enum state_enum to;                                                                        \
        int rc = name##_next((enum state_enum)state, (enum event_enum)event, &to, err);            \
        if (rc == 0)                                                                               \
            *ret = (int)to;                                                                        \
        return rc;                                                                                 \
    }
NEXT(request, request_state, request_event)
NEXT(loan, loan_state, loan_event)
NEXT(lease, lease_state, lease_event)
NEXT(stage, stage_state, stage_event)
NEXT(stage_decision, stage_decision_state, stage_decision_event)
NEXT(device, device_state, device_event)
NEXT(closing, closing_state, closing_event)

static const struct life_cycle cycles[] = {
    {"request", &request_state_names, &request_event_names, request_any},
    {"loan", &loan_state_names, &loan_event_names, loan_any},
    {"lease", &lease_state_names, &lease_event_names, lease_any},
    {"project stage", &stage_state_names, &stage_event_names, stage_any},
    {"stage decision", &stage_decision_state_names, &stage_decision_event_names,
     stage_decision_any},
    {"device", &device_state_names, &device_event_names, device_any},
    {"closing", &closing_state_names, &closing_event_names, closing_any},
};
#define CYCLES (sizeof cycles / sizeof *cycles)

START_TEST(an_event_without_a_row_is_refused_by_name)
{
    const struct life_cycle *c = &cycles[_i];
    int refused = 0, taken = 0;
    for (int state = 0; state < c->states->count; state++) {
        for (int event = 0; event < c->events->count; event++) {
            struct err err = ERR_INIT;
            int to = -1;
            if (c->next(state, event, &to, &err) == 0) {
                ck_assert(to >= 0 && to < c->states->count);
                taken++;
                continue;
            }
            ck_assert_int_eq(to, -1);
            ck_assert_int_eq(err.code, ERR_STATE);
            ck_assert_ptr_nonnull(strstr(err.text, enum_name(c->states, state)));
            ck_assert_ptr_nonnull(strstr(err.text, enum_name(c->events, event)));
            refused++;
        }
    }
    ck_assert_int_gt(taken, 0);
    ck_assert_int_gt(refused, 0);
}
END_TEST

START_TEST(every_event_leads_somewhere)
{
    const struct life_cycle *c = &cycles[_i];
    for (int event = 0; event < c->events->count; event++) {
        int rows = 0, to;
        for (int state = 0; state < c->states->count; state++)
            rows += c->next(state, event, &to, NULL) == 0;
        ck_assert_msg(rows > 0, "%s: %s happens in no state", c->title,
                      enum_name(c->events, event));
    }
}
END_TEST

START_TEST(every_state_can_be_reached_from_the_first)
{
    const struct life_cycle *c = &cycles[_i];
    bool reached[32] = {true};
    for (int round = 0; round < c->states->count; round++) {
        for (int state = 0; state < c->states->count; state++) {
            int to;
            for (int event = 0; reached[state] && event < c->events->count; event++) {
                if (c->next(state, event, &to, NULL) == 0)
                    reached[to] = true;
            }
        }
    }
    for (int state = 0; state < c->states->count; state++)
        ck_assert_msg(reached[state], "%s: nothing leads to %s", c->title,
                      enum_name(c->states, state));
}
END_TEST

static void print_cycle(const struct life_cycle *c, struct buf *out)
{
    buf_printf(out, "### %s\n\n| state |", c->title);
    for (int event = 0; event < c->events->count; event++)
        buf_printf(out, " %s |", enum_name(c->events, event));
    buf_append_text(out, "\n|---|");
    for (int event = 0; event < c->events->count; event++)
        buf_append_text(out, "---|");
    for (int state = 0; state < c->states->count; state++) {
        buf_printf(out, "\n| **%s** |", enum_name(c->states, state));
        for (int event = 0; event < c->events->count; event++) {
            int to;
            bool taken = c->next(state, event, &to, NULL) == 0;
            buf_printf(out, " %s |", taken ? enum_name(c->states, to) : "");
        }
    }
    buf_append_text(out, "\n\n");
}

START_TEST(the_page_of_states_shows_these_tables)
{
    CLEANUP_BUF struct buf tables;
    buf_init(&tables, SPEC_MAX);
    for (size_t i = 0; i < CYCLES; i++)
        print_cycle(&cycles[i], &tables);
    page_shows("docs/spec/states.md", "life_cycle_test", tables.data);
}
END_TEST

/* Enumerations without a life cycle of their own, as the page writes their rows and sentences. */
static const struct {
    const char *before; /* what the names come after */
    const struct enum_names *names;
    const char *between, *after; /* around each of them */
} enumerations[] = {
    {"\n| size |", &size_class_names, " ", ""},
    {"\n| openness |", &openness_names, " ", ""},
    {"\n| part_month |", &part_month_names, " ", ""},
    {"\n| grain |", &grain_names, " ", ""},
    {"\n| burden_base |", &burden_base_names, " ", ""},
    {"\n| isolation |", &isolation_names, " ", ""},
    {"\n| service_class |", &service_class_names, " ", ""},
    {"\n| payer |", &payer_names, " ", ""},
    {"\n| end_reason | (empty)", &end_reason_names, " ", ""},
    {"\n| stage verdict |", &stage_verdict_names, " ", ""},
    {"\n| recall cause |", &recall_cause_names, " ", ""},
    {"\n| enforcement tier |", &enforcement_tier_names, " ", ""},
    {"\n| role |", &role_names, " ", ""},
    {"\n- Node:", &node_state_names, "`", "`"},
    {"\n- User:", &user_state_names, "`", "`"},
};
#define ENUMERATIONS (sizeof enumerations / sizeof *enumerations)

START_TEST(the_page_of_states_names_every_value_in_order)
{
    struct buf page;
    buf_init(&page, SPEC_MAX);
    ck_assert_int_eq(file_read(PUMASI_SOURCE_DIR "/docs/spec/states.md", &page, NULL), 0);
    const struct enum_names *names = enumerations[_i].names;
    const char *at = strstr(page.data, enumerations[_i].before);
    ck_assert_msg(at != NULL, "no line begins with %s", enumerations[_i].before);
    at += strlen(enumerations[_i].before);
    for (int i = 0; i < names->count; i++) {
        char wanted[64];
        if (enum_name(names, i)[0] == '\0')
            continue;
        snprintf(wanted, sizeof wanted, "%s%s%s", enumerations[_i].between, enum_name(names, i),
                 enumerations[_i].after);
        const char *found = strstr(at, wanted);
        ck_assert_msg(found != NULL && !memmem(at, (size_t)(found - at), "\n- ", 3) &&
                          !memmem(at, (size_t)(found - at), "\n|", 2),
                      "%s: %s is not where it belongs", enumerations[_i].before + 1, wanted);
        at = found + strlen(wanted);
    }
    buf_fini(&page);
}
END_TEST

static Suite *life_cycle_suite(void)
{
    Suite *s = suite_create("domain/life_cycle");
    TCase *t = tcase_create("life cycles");
    tcase_add_loop_test(t, an_event_without_a_row_is_refused_by_name, 0, CYCLES);
    tcase_add_loop_test(t, every_event_leads_somewhere, 0, CYCLES);
    tcase_add_loop_test(t, every_state_can_be_reached_from_the_first, 0, CYCLES);
    tcase_add_test(t, the_page_of_states_shows_these_tables);
    tcase_add_loop_test(t, the_page_of_states_names_every_value_in_order, 0, ENUMERATIONS);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(life_cycle_suite)
