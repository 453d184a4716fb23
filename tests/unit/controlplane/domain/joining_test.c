/* Tokens, joining, revoking, and the first user. */
#include "controlplane/domain/joining.h"

#include "tests/support/suite.h"
#include "tests/support/world/expect.h"

EXPECT_WORLD

struct maker {
    enum join_purpose purpose;
    const char *organisation, *name, *role, *pool;
};

static int create(const char *actor, const char *id, const struct maker *m)
{
    struct create_join_token_command r = {.token = {.purpose = m->purpose}};
    r.token.id = id_literal(id);
    r.token.organisation = id_literal(m->organisation);
    memset(r.token.secret_hash, '5', 64);
    memcpy(r.token.name.text, m->name, strlen(m->name));
    if (m->pool)
        r.token.pool = id_literal(m->pool);
    if (m->role) {
        struct id *role = record_list_add(&r.token.roles, sizeof *role);
        *role = id_literal(m->role);
    }
    int rc = world_decide(&w, actor, COMMAND_CREATE_JOIN_TOKEN, &r);
    record_fini(&create_join_token_command_type, &r);
    return rc;
}

static int join(const char *id, char secret, const char *key)
{
    struct join_command r = {.token = id_literal(id),
                             .serial = "0a1b",
                             .key_id = id_literal(key),
                             .public_key = {.len = 3, .data = "key"},
                             .certificate_expires_at = world_at(WORLD_DAY)};
    memset(r.secret_hash, secret, 64);
    return world_decide(&w, "nobody", COMMAND_JOIN, &r);
}

static const struct maker person = {JOIN_USER, "upstage", "park", "org-member", NULL};

START_TEST(test_who_may_make_tokens_for_whom)
{
    static const struct {
        const char *actor;
        struct maker maker;
        enum err_code code;
        const char *text;
    } cases[] = {
        {"admin.nipa", {JOIN_USER, "upstage", "a", "org-member", NULL}, ERR_OK, ""},
        {"boss.upstage", {JOIN_USER, "upstage", "b", "org-approver", NULL}, ERR_OK, ""},
        {"boss.upstage",
         {JOIN_USER, "lunit", "c", "org-member", NULL},
         ERR_DENIED,
         "joining lunit"},
        {"op.skt",
         {JOIN_USER, "skt", "d", "org-member", NULL},
         ERR_DENIED,
         "org-member is not for op.skt to give"},
        {"sign.skt", {JOIN_USER, "skt", "e", "supplier-operator", NULL}, ERR_OK, ""},
        {"boss.upstage",
         {JOIN_USER, "upstage", "f", "supplier-operator", NULL},
         ERR_INVALID,
         "no supplier"},
        {"boss.upstage",
         {JOIN_USER, "upstage", "g", "agency-admin", NULL},
         ERR_INVALID,
         "no agency"},
        {"boss.upstage",
         {JOIN_USER, "upstage", "h", "auditor", NULL},
         ERR_DENIED,
         "it needs one of agency-admin"},
        {"admin.nipa", {JOIN_USER, "upstage", "i", "auditor", NULL}, ERR_OK, ""},
        {"boss.upstage",
         {JOIN_USER, "upstage", "j", "king", NULL},
         ERR_INVALID,
         "\"king\" is none of"},
        {"boss.upstage", {JOIN_USER, "upstage", "k", NULL, NULL}, ERR_INVALID, "name at least one"},
        {"boss.upstage",
         {JOIN_USER, "upstage", "", "org-member", NULL},
         ERR_INVALID,
         "name is missing"},
        {"boss.upstage",
         {JOIN_USER, "upstage", "a.b", "org-member", NULL},
         ERR_INVALID,
         "must not hold a dot"},
        {"admin.nipa",
         {JOIN_USER, "nobody", "l", "org-member", NULL},
         ERR_NOT_FOUND,
         "nobody does not exist"},
        {"op.skt", {JOIN_NODE, "skt", "n1", NULL, "skt-b200"}, ERR_OK, ""},
        {"op.skt", {JOIN_NODE, "skt", "n2", NULL, "naver-b200"}, ERR_NOT_FOUND, "skt owns no pool"},
        {"op.skt", {JOIN_NODE, "naver", "n3", NULL, "naver-b200"}, ERR_DENIED, "joining naver"},
        {"op.skt", {JOIN_NODE, "skt", "n4", "auditor", "skt-b200"}, ERR_INVALID, "a node has none"},
        {"op.skt",
         {JOIN_NODE, "skt", "a-name-of-two-and-thirty-letters", NULL, "skt-b200"},
         ERR_OK,
         ""},
        {"op.skt",
         {JOIN_NODE, "skt", "a-name-of-three-and-thirty-letter", NULL, "skt-b200"},
         ERR_INVALID,
         "is longer than the 32 of a node"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[16];
        snprintf(id, sizeof id, "t%zu", i);
        int rc = create(cases[i].actor, id, &cases[i].maker);
        ck_assert_msg(rc == -(int)cases[i].code && strstr(w.err.text, cases[i].text),
                      "case %zu: %d %s", i, rc, w.err.text);
    }
    expect_refused(&w, create("boss.upstage", "t1", &person), ERR_EXISTS, "t1 exists already");
}
END_TEST

/* Who holds a role in its organisation against who may give it there: by hand. The organisation is
 * the agency's and made a supplier, so that nothing but the inviter decides. */
START_TEST(test_nobody_gives_more_than_is_theirs_to_give)
{
    static const struct {
        const char *role;
        const char *givers;
    } cases[] = {
        {"agency-admin", "admin"},
        {"agency-approver", "admin"},
        {"org-member", "admin boss lender"},
        {"org-approver", "admin boss"},
        {"supplier-operator", "admin lender"},
        {"supplier-approver", "admin lender"},
        {"finance", "admin boss lender"},
        {"auditor", "admin"},
    };
    static const char *const makers[] = {"admin", "boss", "lender", "operator"};
    struct apply_organisation_request r = {.organisation = {.agency = true, .supplier = true}};
    r.organisation.id = id_literal("nipa");
    memcpy(r.organisation.name_en, "NIPA", 5);
    struct size_fact *size = record_list_add(&r.organisation.sizes, sizeof *size);
    size->size = SIZE_AGENCY;
    world_must(&w, world_decide(&w, "admin.nipa", COMMAND_APPLY_ORGANISATION, &r));
    record_fini(&apply_organisation_request_type, &r);
    world_make_user(&w, "boss", "nipa", "org-approver");
    world_make_user(&w, "lender", "nipa", "supplier-approver");
    world_make_user(&w, "operator", "nipa", "supplier-operator");
    ck_assert_uint_eq(sizeof cases / sizeof cases[0], ROLE_COUNT);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        for (size_t k = 0; k < 4; k++) {
            char actor[32], id[16];
            struct maker m = {JOIN_USER, "nipa", "new", cases[i].role, NULL};
            snprintf(actor, sizeof actor, "%s.nipa", makers[k]);
            snprintf(id, sizeof id, "t%zu.%zu", i, k);
            bool wanted = strstr(cases[i].givers, makers[k]) != NULL;
            int rc = create(actor, id, &m);
            ck_assert_msg(rc == (wanted ? 0 : -ERR_DENIED), "%s by %s: %s", cases[i].role, actor,
                          w.err.text);
        }
    }
}
END_TEST

START_TEST(test_a_name_that_is_taken_is_for_who_may_give_what_it_has)
{
    static const struct maker admin = {JOIN_USER, "nipa", "admin", "org-member", NULL};
    static const struct maker approver = {JOIN_USER, "nipa", "ok1", "org-member", NULL};
    static const struct maker boss = {JOIN_USER, "upstage", "boss", "org-member", NULL};
    static const struct maker lender = {JOIN_USER, "skt", "sign", "org-member", NULL};
    world_make_user(&w, "boss", "nipa", "org-approver");
    world_make_user(&w, "boss", "skt", "org-approver");
    expect_refused(&w, create("boss.nipa", "t1", &admin), ERR_DENIED, "the name is taken",
                   "agency-admin is not for boss.nipa");
    expect_refused(&w, create("boss.nipa", "t2", &approver), ERR_DENIED, "agency-approver");
    expect_refused(&w, create("boss.skt", "t3", &lender), ERR_DENIED, "supplier-approver");
    expect_ok(&w, create("boss.upstage", "t4", &boss)); /* itself, with less */
    expect_ok(&w, create("admin.nipa", "t5", &boss));
    /* A name that is free again is nobody's. */
    struct revoke_user_request r = {.id = id_literal("ok1.nipa"), .reason = "left"};
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_REVOKE_USER, &r));
    expect_ok(&w, create("boss.nipa", "t6", &approver));
}
END_TEST

START_TEST(test_whoever_invites_renews_itself)
{
    static const struct maker self = {JOIN_USER, "skt", "sign", "org-approver", NULL};
    static const struct maker again = {JOIN_USER, "skt", "op", "supplier-operator", NULL};
    struct create_join_token_command r = {.token = {.purpose = JOIN_USER}};
    static const char *const both[] = {"supplier-approver", "org-approver"};
    r.token.id = id_literal("t1");
    r.token.organisation = id_literal("skt");
    r.token.name = id_literal("sign");
    memset(r.token.secret_hash, '5', 64);
    for (size_t i = 0; i < 2; i++)
        *(struct id *)record_list_add(&r.token.roles, sizeof(struct id)) = id_literal(both[i]);
    expect_refused(&w, create("sign.skt", "t0", &self), ERR_DENIED, "org-approver");
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_CREATE_JOIN_TOKEN, &r));
    expect_ok(&w, join("t1", '5', "key-1"));
    r.token.id = id_literal("t2");
    expect_ok(&w, world_decide(&w, "sign.skt", COMMAND_CREATE_JOIN_TOKEN, &r));
    expect_ok(&w, join("t2", '5', "key-2"));
    expect_refused(&w, create("op.skt", "t3", &again), ERR_DENIED, "supplier-operator");
    record_fini(&create_join_token_command_type, &r);
}
END_TEST

START_TEST(test_a_token_is_worth_what_its_maker_may_when_it_is_used)
{
    static const struct maker member = {JOIN_USER, "upstage", "yoon", "org-member", NULL};
    static const struct maker colleague = {JOIN_USER, "nipa", "late", "org-member", NULL};
    static const struct maker node = {JOIN_NODE, "skt", "n1", NULL, "skt-b200"};
    world_make_user(&w, "other", "upstage", "org-approver");
    world_make_user(&w, "boss", "nipa", "org-approver");
    expect_ok(&w, create("other.upstage", "t1", &member));
    expect_ok(&w, create("boss.nipa", "t2", &colleague));
    expect_ok(&w, create("op.skt", "t3", &node));
    struct revoke_user_request r = {.id = id_literal("other.upstage"), .reason = "left"};
    expect_ok(&w, world_decide(&w, "boss.upstage", COMMAND_REVOKE_USER, &r));
    expect_refused(&w, join("t1", '5', "key-1"), ERR_UNAUTHENTICATED,
                   "other.upstage, who made the join token, is revoked");
    /* The name has gone to somebody of more importance in the meantime. */
    world_make_user(&w, "late", "nipa", "agency-approver");
    expect_refused(&w, join("t2", '5', "key-2"), ERR_DENIED, "the name is taken");
    r.id = id_literal("op.skt");
    expect_ok(&w, world_decide(&w, "sign.skt", COMMAND_REVOKE_USER, &r));
    expect_refused(&w, join("t3", '5', "key-3"), ERR_UNAUTHENTICATED, "op.skt");
}
END_TEST

START_TEST(test_an_administrator_who_became_less_lets_nobody_into_other_organisations)
{
    static const struct maker member = {JOIN_USER, "upstage", "yoon", "org-member", NULL};
    static const struct maker less = {JOIN_USER, "nipa", "second", "org-approver", NULL};
    world_make_user(&w, "second", "nipa", "agency-admin");
    expect_ok(&w, create("second.nipa", "t1", &member));
    expect_ok(&w, create("admin.nipa", "t2", &less));
    expect_ok(&w, join("t2", '5', "key-2"));
    expect_refused(&w, join("t1", '5', "key-1"), ERR_DENIED, "not for second.nipa to give");
}
END_TEST

START_TEST(test_the_last_administrator_does_not_join_again_as_less)
{
    static const struct maker less = {JOIN_USER, "nipa", "admin", "org-member", NULL};
    static const struct maker same = {JOIN_USER, "nipa", "admin", "agency-admin", NULL};
    struct revoke_user_request r = {.id = id_literal("second.nipa"), .reason = "left"};
    expect_refused(&w, create("admin.nipa", "t1", &less), ERR_STATE, "the last agency-admin");
    expect_ok(&w, create("admin.nipa", "t2", &same));
    world_make_user(&w, "second", "nipa", "agency-admin");
    expect_ok(&w, create("second.nipa", "t3", &less));
    expect_ok(&w, world_decide(&w, "admin.nipa", COMMAND_REVOKE_USER, &r));
    expect_refused(&w, join("t3", '5', "key-3"), ERR_UNAUTHENTICATED, "is revoked");
    expect_ok(&w, join("t2", '5', "key-2"));
}
END_TEST

START_TEST(test_a_node_is_invited_by_who_runs_it)
{
    static const struct maker node = {JOIN_NODE, "skt", "n1", NULL, "skt-b200"};
    world_make_user(&w, "boss", "skt", "org-approver");
    expect_refused(&w, create("boss.skt", "t1", &node), ERR_DENIED, "for a node it takes one of");
    expect_ok(&w, create("sign.skt", "t2", &node));
    expect_ok(&w, create("admin.nipa", "t3", &node));
}
END_TEST

START_TEST(test_a_token_is_used_once_in_its_ten_minutes_by_its_secret)
{
    expect_ok(&w, create("boss.upstage", "t1", &person));
    ck_assert_int_eq(state_next_due(w.state).s, world_at(JOINING_TOKEN_S).s);
    expect_refused(&w, join("t1", '6', "key-1"), ERR_UNAUTHENTICATED, "is not good");
    expect_refused(&w, join("t9", '5', "key-1"), ERR_UNAUTHENTICATED, "is not good");
    expect_ok(&w, join("t1", '5', "key-1"));
    expect_refused(&w, join("t1", '5', "key-2"), ERR_UNAUTHENTICATED, "used already");
    struct id id = id_literal("park.upstage");
    const struct user *u = state_find(w.state, ENTITY_USER, &id);
    ck_assert_int_eq(u->state, USER_ACTIVE);
    ck_assert_uint_eq(user_roles(u), ROLE_BIT(ROLE_ORG_MEMBER));
    ck_assert_str_eq(u->serial, "0a1b");
    ck_assert_int_eq(u->expires_at.s, world_at(WORLD_DAY).s);
    expect_ok(&w, create("boss.upstage", "t2", &person));
    w.now = world_at(JOINING_TOKEN_S);
    expect_refused(&w, join("t2", '5', "key-2"), ERR_UNAUTHENTICATED, "is over");
    world_due(&w);
    struct id token = id_literal("t2");
    ck_assert_ptr_null(state_find(w.state, ENTITY_JOIN_TOKEN, &token)); /* the used one is kept */
    token = id_literal("t1");
    ck_assert_ptr_nonnull(state_find(w.state, ENTITY_JOIN_TOKEN, &token));
}
END_TEST

START_TEST(test_who_joins_again_has_another_key_and_the_same_name)
{
    expect_ok(&w, create("boss.upstage", "t1", &person));
    expect_ok(&w, join("t1", '5', "key-1"));
    struct id id = id_literal("park.upstage");
    struct instant created = w.now;
    w.now = world_at(60);
    expect_ok(&w, create("boss.upstage", "t2", &person));
    expect_ok(&w, join("t2", '5', "key-2"));
    const struct user *u = state_find(w.state, ENTITY_USER, &id);
    ck_assert_str_eq(u->key_id.text, "key-2");
    ck_assert_int_eq(u->created_at.s, created.s);
}
END_TEST

START_TEST(test_a_node_that_joins_again_keeps_its_devices_and_its_pool)
{
    world_make_node(&w, "n1", "skt-b200", 8);
    struct maker again = {JOIN_NODE, "skt", "n1", NULL, "skt-b200"};
    struct maker other = {JOIN_NODE, "naver", "n1", NULL, "naver-b200"};
    expect_refused(&w, create("op.naver", "t1", &other), ERR_EXISTS,
                   "taken by another pool's node");
    expect_ok(&w, create("op.skt", "t2", &again));
    expect_ok(&w, join("t2", '5', "key-new"));
    ck_assert_str_eq(world_node(&w, "n1")->key_id.text, "key-new");
    ck_assert_uint_eq(world_node(&w, "n1")->devices.n, 8);
}
END_TEST

START_TEST(test_a_key_is_needed)
{
    struct join_command r = {.token = id_literal("t1")};
    memset(r.secret_hash, '5', 64);
    expect_ok(&w, create("boss.upstage", "t1", &person));
    expect_refused(&w, world_decide(&w, "nobody", COMMAND_JOIN, &r), ERR_INVALID, "public key");
}
END_TEST

START_TEST(test_revoking)
{
    struct revoke_user_request r = {.id = id_literal("kim.upstage"), .reason = "left"};
    expect_refused(&w, world_decide(&w, "boss.lunit", COMMAND_REVOKE_USER, &r), ERR_NOT_FOUND,
                   "does not exist");
    expect_ok(&w, world_decide(&w, "boss.upstage", COMMAND_REVOKE_USER, &r));
    ck_assert_str_eq(w.changes.answer.state.text, "revoked");
    expect_refused(&w, world_decide(&w, "boss.upstage", COMMAND_REVOKE_USER, &r), ERR_STATE,
                   "is revoked already");
    world_make_user(&w, "boss", "nipa", "org-approver");
    r.id = id_literal("ok1.nipa");
    expect_refused(&w, world_decide(&w, "boss.nipa", COMMAND_REVOKE_USER, &r), ERR_DENIED,
                   "agency-approver is not for boss.nipa");
    r.id = id_literal("admin.nipa");
    expect_refused(&w, world_decide(&w, "admin.nipa", COMMAND_REVOKE_USER, &r), ERR_STATE,
                   "the last agency-admin");
    world_make_user(&w, "second", "nipa", "agency-admin");
    expect_ok(&w, world_decide(&w, "second.nipa", COMMAND_REVOKE_USER, &r));
}
END_TEST

static int renew(const char *actor, const char *key, int64_t days)
{
    struct renew_certificate_command r = {.serial = "0b",
                                          .key_id = id_literal(key),
                                          .public_key = {.len = 3, .data = "new"},
                                          .certificate_expires_at = world_at(days * WORLD_DAY)};
    return world_decide(&w, actor, COMMAND_RENEW_CERTIFICATE, &r);
}

static const struct user *user_of(const char *name)
{
    struct id id = id_literal(name);
    return state_find(w.state, ENTITY_USER, &id);
}

START_TEST(test_a_renewed_certificate_for_the_same_key_changes_its_end_alone)
{
    struct id key = user_of("kim.upstage")->key_id;
    expect_ok(&w, renew("kim.upstage", key.text, 90));
    const struct user *kim = user_of("kim.upstage");
    ck_assert_str_eq(kim->serial, "0b");
    ck_assert_int_eq(kim->expires_at.s, world_at(90 * WORLD_DAY).s);
    ck_assert_uint_eq(kim->former_keys.n, 0);
}
END_TEST

START_TEST(test_a_key_whose_place_is_taken_stays_known)
{
    struct id before = user_of("kim.upstage")->key_id;
    expect_ok(&w, renew("kim.upstage", "00000000000000aa", 90));
    const struct user *kim = user_of("kim.upstage");
    ck_assert_str_eq(kim->key_id.text, "00000000000000aa");
    const struct key_fact *fact = key_facts_find(&kim->former_keys, &before);
    ck_assert_ptr_nonnull(fact);
    ck_assert_int_eq(fact->from.s, kim->created_at.s);
    ck_assert_int_eq(fact->to.s, w.now.s);
    expect_ok(&w, create("admin.nipa", "again",
                         &(struct maker){JOIN_USER, "upstage", "kim", "org-member", NULL}));
    expect_ok(&w, join("again", '5', "00000000000000bb"));
    ck_assert_uint_eq(user_of("kim.upstage")->former_keys.n, 2);
}
END_TEST

START_TEST(test_a_node_renews_for_itself_and_its_leases_go_on)
{
    struct id n1 = id_literal("n1");
    world_make_node(&w, "n1", "skt-b200", 8);
    const struct node *node = state_find(w.state, ENTITY_NODE, &n1);
    struct id before = node->key_id;
    expect_ok(&w, renew("node:n1", "00000000000000cc", 30));
    node = state_find(w.state, ENTITY_NODE, &n1);
    ck_assert_int_eq(node->expires_at.s, world_at(30 * WORLD_DAY).s);
    ck_assert(id_is_none(&before) || key_facts_find(&node->former_keys, &before) != NULL);
    ck_assert_int_eq(node->state, NODE_IN_SERVICE);
}
END_TEST

START_TEST(test_a_renewal_needs_a_key)
{
    struct renew_certificate_command r = {.serial = "0b"};
    expect_refused(&w, world_decide(&w, "kim.upstage", COMMAND_RENEW_CERTIFICATE, &r), ERR_INVALID,
                   "public key is missing");
}
END_TEST

START_TEST(test_the_first_user_comes_once_and_is_an_administrator)
{
    struct bootstrap_command r = {.organisation = {.id = id_literal("other"), .name_en = "O"},
                                  .user = {.name = id_literal("root")}};
    struct size_fact *size = record_list_add(&r.organisation.sizes, sizeof *size);
    size->size = SIZE_AGENCY;
    expect_refused(&w, world_decide(&w, "service", COMMAND_BOOTSTRAP, &r), ERR_EXISTS,
                   "there are users already");
    struct world empty = {.state = state_create(), .now = WORLD_START};
    changes_init(&empty.changes);
    expect_refused(&empty, world_decide(&empty, "service", COMMAND_BOOTSTRAP, &r), ERR_INVALID,
                   "has to be an agency-admin");
    struct id *role = record_list_add(&r.user.roles, sizeof *role);
    *role = id_literal("agency-admin");
    expect_ok(&empty, world_decide(&empty, "service", COMMAND_BOOTSTRAP, &r));
    struct id id = id_literal("root.other"), organisation = id_literal("other");
    const struct organisation *o = state_find(empty.state, ENTITY_ORGANISATION, &organisation);
    ck_assert_ptr_nonnull(state_find(empty.state, ENTITY_USER, &id));
    ck_assert(o->agency);
    world_fini(&empty);
    record_fini(&bootstrap_command_type, &r);
}
END_TEST

static Suite *joining_suite(void)
{
    Suite *s = suite_create("joining");
    TCase *c = tcase_create("joining");
    tcase_add_checked_fixture(c, expect_setup, expect_teardown);
    tcase_add_test(c, test_who_may_make_tokens_for_whom);
    tcase_add_test(c, test_nobody_gives_more_than_is_theirs_to_give);
    tcase_add_test(c, test_a_name_that_is_taken_is_for_who_may_give_what_it_has);
    tcase_add_test(c, test_whoever_invites_renews_itself);
    tcase_add_test(c, test_a_token_is_worth_what_its_maker_may_when_it_is_used);
    tcase_add_test(c, test_an_administrator_who_became_less_lets_nobody_into_other_organisations);
    tcase_add_test(c, test_the_last_administrator_does_not_join_again_as_less);
    tcase_add_test(c, test_a_node_is_invited_by_who_runs_it);
    tcase_add_test(c, test_a_token_is_used_once_in_its_ten_minutes_by_its_secret);
    tcase_add_test(c, test_who_joins_again_has_another_key_and_the_same_name);
    tcase_add_test(c, test_a_node_that_joins_again_keeps_its_devices_and_its_pool);
    tcase_add_test(c, test_a_key_is_needed);
    tcase_add_test(c, test_revoking);
    tcase_add_test(c, test_a_renewed_certificate_for_the_same_key_changes_its_end_alone);
    tcase_add_test(c, test_a_key_whose_place_is_taken_stays_known);
    tcase_add_test(c, test_a_node_renews_for_itself_and_its_leases_go_on);
    tcase_add_test(c, test_a_renewal_needs_a_key);
    tcase_add_test(c, test_the_first_user_comes_once_and_is_an_administrator);
    suite_add_tcase(s, c);
    return s;
}

SUITE_MAIN(joining_suite)
