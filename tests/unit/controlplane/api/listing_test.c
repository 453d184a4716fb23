/* controlplane/api/listing.h over the whole way: pages, filters, and what one may not see. */
#include "controlplane/api/listing.h"

#include "tests/unit/controlplane/api/rig.h"

#define SITES   25
#define SERVICE (&pumasi__v1__pool_service__descriptor)

static const struct rpc_method list_sites = {SERVICE, "ListSites"};
static const struct rpc_method list_pools = {SERVICE, "ListPools"};
static const struct rpc_method get_pool = {SERVICE, "GetPool"};

static void make_sites(struct rig *r)
{
    for (int i = 0; i < SITES; i++) {
        char id[32];
        struct err err;
        (void)snprintf(id, sizeof id, "site-%02d", i);
        rig_expect(rig_apply_site(r, "admin.nipa", id, i % 2 ? "skt" : "other", &err), ERR_OK,
                   &err);
    }
}

static Pumasi__V1__ListSitesReply *list(struct rig *r, uint32_t page_size, const char *token,
                                        const char *field, const char *value)
{
    Pumasi__V1__ListRequest request = PUMASI__V1__LIST_REQUEST__INIT;
    Pumasi__V1__Filter filter = PUMASI__V1__FILTER__INIT;
    Pumasi__V1__Filter *filters[] = {&filter};
    filter.field = (char *)field;
    filter.value = (char *)value;
    request.page_size = page_size;
    request.page_token = (char *)token;
    request.n_filters = field ? 1 : 0;
    request.filters = filters;
    return (Pumasi__V1__ListSitesReply *)rig_must(r, "admin.nipa", list_sites, &request.base);
}

/* Follows the tokens to the end; returns how many there were, and checks that they rise. */
static int walk(struct rig *r, uint32_t page_size, const char *field, const char *value)
{
    char token[ID_CAP] = "";
    char last[ID_CAP] = "";
    int n = 0;
    do {
        Pumasi__V1__ListSitesReply *page = list(r, page_size, token, field, value);
        ck_assert_uint_le(page->n_items, page_size);
        for (size_t i = 0; i < page->n_items; i++, n++) {
            ck_assert_int_lt(strcmp(last, page->items[i]->id), 0);
            (void)snprintf(last, sizeof last, "%s", page->items[i]->id);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
        ck_assert(token[0] == '\0' || page->n_items == page_size);
        rpc_message_destroy(&page->base);
    } while (token[0]);
    return n;
}

START_TEST(pages_of_any_size_give_everything_once_and_in_order)
{
    struct rig r;
    rig_open(&r);
    make_sites(&r);
    for (uint32_t size = 1; size <= SITES + 2; size += 3)
        ck_assert_int_eq(walk(&r, size, NULL, NULL), SITES + 1);
    ck_assert_int_eq(walk(&r, SITES + 1, NULL, NULL), SITES + 1); /* fits exactly: one page */
    ck_assert_int_eq(walk(&r, 4, "operator", "skt"), SITES / 2 + 1);
    ck_assert_int_eq(walk(&r, 1000, "operator", "nobody"), 0);
    rig_close(&r);
}
END_TEST

START_TEST(a_token_of_something_that_is_gone_goes_on_behind_it)
{
    struct rig r;
    rig_open(&r);
    make_sites(&r);
    Pumasi__V1__ListSitesReply *page = list(&r, 2, "site-03x", NULL, NULL);
    ck_assert_uint_eq(page->n_items, 2);
    ck_assert_str_eq(page->items[0]->id, "site-04");
    ck_assert_str_eq(page->next_page_token, "site-05");
    rpc_message_destroy(&page->base);
    page = list(&r, 2, "zzz", NULL, NULL);
    ck_assert_uint_eq(page->n_items, 0);
    ck_assert_str_eq(page->next_page_token, "");
    rpc_message_destroy(&page->base);
    page = list(&r, 0, "", NULL, NULL); /* 0 is a hundred */
    ck_assert_uint_eq(page->n_items, SITES + 1);
    rpc_message_destroy(&page->base);
    rig_close(&r);
}
END_TEST

static void expect_bad(struct rig *r, const Pumasi__V1__ListRequest *request, enum err_code code,
                       const char *names)
{
    struct err err;
    ProtobufCMessage *reply = NULL;
    rig_expect(rig_call(r, "admin.nipa", list_sites, &request->base, &reply, &err), code, &err);
    ck_assert_msg(strstr(err.text, names) != NULL, "%s", err.text);
}

START_TEST(bad_requests_name_what_is_wrong)
{
    struct rig r;
    rig_open(&r);
    Pumasi__V1__ListRequest size = PUMASI__V1__LIST_REQUEST__INIT;
    size.page_size = 1001;
    expect_bad(&r, &size, ERR_INVALID, "page_size");
    Pumasi__V1__ListRequest token = PUMASI__V1__LIST_REQUEST__INIT;
    token.page_token = "../secret";
    expect_bad(&r, &token, ERR_INVALID, "page_token");
    Pumasi__V1__Filter filter = PUMASI__V1__FILTER__INIT;
    Pumasi__V1__Filter *filters[9] = {&filter, &filter, &filter, &filter, &filter,
                                      &filter, &filter, &filter, &filter};
    Pumasi__V1__ListRequest unknown = PUMASI__V1__LIST_REQUEST__INIT;
    filter.field = "colour";
    unknown.n_filters = 1;
    unknown.filters = filters;
    expect_bad(&r, &unknown, ERR_INVALID, "colour");
    filter.field = "operator";
    unknown.n_filters = 9;
    expect_bad(&r, &unknown, ERR_LIMIT, "filters");
    rig_close(&r);
}
END_TEST

/* An organisation that takes about half a megabyte of a reply: 5000 dated facts. */
#define FACTS 5000
#define LARGE 40

static void make_large(struct rig *r, const char *id)
{
    static Pumasi__V1__SizeFact facts[FACTS];
    static Pumasi__V1__SizeFact *all[FACTS];
    Pumasi__V1__ApplyOrganisationRequest request = PUMASI__V1__APPLY_ORGANISATION_REQUEST__INIT;
    Pumasi__V1__Organisation o = PUMASI__V1__ORGANISATION__INIT;
    for (int64_t i = 0; i < FACTS; i++) {
        pumasi__v1__size_fact__init(&facts[i]);
        facts[i].from = 1764547200 + i;
        facts[i].size = "sme";
        all[i] = &facts[i];
    }
    o.id = o.name_en = o.name_ko = (char *)id;
    o.n_sizes = FACTS;
    o.sizes = all;
    request.organisation = &o;
    rpc_message_destroy(rig_must(
        r, "admin.nipa",
        (struct rpc_method){&pumasi__v1__organisation_service__descriptor, "ApplyOrganisation"},
        &request.base));
}

START_TEST(a_page_ends_where_the_memory_of_a_request_does)
{
    struct rig r;
    Pumasi__V1__ListRequest request = PUMASI__V1__LIST_REQUEST__INIT;
    char token[ID_CAP] = "";
    size_t n = 0, pages = 0;
    rig_open(&r);
    for (int i = 0; i < LARGE; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "large-%02d", i);
        make_large(&r, id);
    }
    request.page_size = 1000;
    do {
        request.page_token = token;
        Pumasi__V1__ListOrganisationsReply *page = (Pumasi__V1__ListOrganisationsReply *)rig_must(
            &r, "admin.nipa",
            (struct rpc_method){&pumasi__v1__organisation_service__descriptor, "ListOrganisations"},
            &request.base);
        n += page->n_items;
        pages++;
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
        rpc_message_destroy(&page->base);
    } while (token[0]);
    ck_assert_uint_eq(n, LARGE + 3); /* and the rig's own */
    ck_assert_uint_gt(pages, 1);
    rig_close(&r);
}
END_TEST

static size_t count_pools(struct rig *r, const char *who)
{
    Pumasi__V1__ListRequest request = PUMASI__V1__LIST_REQUEST__INIT;
    Pumasi__V1__ListPoolsReply *reply =
        (Pumasi__V1__ListPoolsReply *)rig_must(r, who, list_pools, &request.base);
    size_t n = reply->n_items;
    rpc_message_destroy(&reply->base);
    return n;
}

START_TEST(what_one_may_not_see_does_not_exist)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    rig_open(&r);
    Pumasi__V1__GetRequest request = PUMASI__V1__GET_REQUEST__INIT;
    request.id = "skt-b200";
    rpc_message_destroy(rig_must(&r, "op.skt", get_pool, &request.base));
    rpc_message_destroy(rig_must(&r, "admin.nipa", get_pool, &request.base));
    rig_expect(rig_call(&r, "op.other", get_pool, &request.base, &reply, &err), ERR_NOT_FOUND,
               &err);
    char hidden[ERR_TEXT_MAX];
    (void)snprintf(hidden, sizeof hidden, "%s", err.text);
    request.id = "skt-b201";
    rig_expect(rig_call(&r, "op.other", get_pool, &request.base, &reply, &err), ERR_NOT_FOUND,
               &err);
    /* the same words but for the name: nobody learns which names are taken */
    ck_assert_uint_eq(strlen(hidden), strlen(err.text));
    ck_assert_uint_eq(count_pools(&r, "op.skt"), 1);
    ck_assert_uint_eq(count_pools(&r, "op.other"), 0);
    rig_close(&r);
}
END_TEST

START_TEST(a_page_is_filled_from_what_may_be_seen_alone)
{
    struct rig r;
    rig_open(&r);
    rig_join(&r, "user", "fin", "skt", "finance");
    rig_join(&r, "user", "kim", "other", "finance");
    Pumasi__V1__ListRequest request = PUMASI__V1__LIST_REQUEST__INIT;
    request.page_size = 1;
    CLEANUP_BUF struct buf seen;
    buf_init(&seen, 256);
    char token[ID_CAP] = "";
    do { /* users stand in one order: admin.nipa, fin.skt, kim.other, op.other, op.skt */
        request.page_token = token;
        Pumasi__V1__ListUsersReply *page = (Pumasi__V1__ListUsersReply *)rig_must(
            &r, "op.other",
            (struct rpc_method){&pumasi__v1__identity_service__descriptor, "ListUsers"},
            &request.base);
        for (size_t i = 0; i < page->n_items; i++) {
            ck_assert_str_eq(page->items[i]->organisation, "other");
            buf_append_text(&seen, page->items[i]->name);
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
        rpc_message_destroy(&page->base);
    } while (token[0]);
    ck_assert_str_eq(seen.data, "kimop");
    rig_close(&r);
}
END_TEST

START_TEST(without_a_certificate_nothing_is_listed)
{
    struct rig r;
    struct err err;
    ProtobufCMessage *reply = NULL;
    rig_open(&r);
    Pumasi__V1__ListRequest request = PUMASI__V1__LIST_REQUEST__INIT;
    rig_expect(rig_call(&r, NULL, list_pools, &request.base, &reply, &err), ERR_UNAUTHENTICATED,
               &err);
    rig_close(&r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api/listing");
    TCase *c = tcase_create("listing");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, pages_of_any_size_give_everything_once_and_in_order);
    tcase_add_test(c, a_token_of_something_that_is_gone_goes_on_behind_it);
    tcase_add_test(c, bad_requests_name_what_is_wrong);
    tcase_add_test(c, a_page_ends_where_the_memory_of_a_request_does);
    tcase_add_test(c, what_one_may_not_see_does_not_exist);
    tcase_add_test(c, a_page_is_filled_from_what_may_be_seen_alone);
    tcase_add_test(c, without_a_certificate_nothing_is_listed);
    suite_add_tcase(s, c);
    return s;
}
SUITE_MAIN(suite)
