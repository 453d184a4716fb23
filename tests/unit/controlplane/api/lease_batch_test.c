/* controlplane/api/lease_batch.h: many bookings in one call. What is booked needs a world and is
 * tested in system/t2300; here are the ways that an item or the whole call is refused. */
#include "controlplane/api/lease_batch.h"

#include "pumasi/v1/lease.pb-c.h"
#include "tests/unit/controlplane/api/rig.h"

#define ITEMS (LIMIT_BATCH_ITEMS + 1)

static const struct rpc_method book_leases = {&pumasi__v1__lease_service__descriptor, "BookLeases"};

struct many {
    Pumasi__V1__BookLeasesRequest request;
    Pumasi__V1__RequestHead head;
    Pumasi__V1__BookLeaseRequest items[ITEMS];
    Pumasi__V1__BookLeaseRequest *list[ITEMS];
};

static void fill(struct many *m, size_t n)
{
    pumasi__v1__book_leases_request__init(&m->request);
    pumasi__v1__request_head__init(&m->head);
    for (size_t i = 0; i < n; i++) {
        pumasi__v1__book_lease_request__init(&m->items[i]);
        m->items[i].allocation = "allocation-1";
        m->items[i].gpus = 1;
        m->items[i].length_s = 3600;
        m->list[i] = &m->items[i];
    }
    m->head.request_id = "many";
    m->request.head = &m->head;
    m->request.n_items = n;
    m->request.items = m->list;
}

static void refused(struct rig *r, struct many *m, enum err_code code, const char *text)
{
    struct err err = ERR_INIT;
    ProtobufCMessage *reply = NULL;
    rig_expect(rig_call(r, "op.skt", book_leases, &m->request.base, &reply, &err), code, &err);
    ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
}

START_TEST(each_item_has_its_own_outcome)
{
    struct rig r;
    static struct many m;
    rig_open(&r);
    fill(&m, LIMIT_BATCH_ITEMS);
    m.items[3].allocation = "allocation-3";
    Pumasi__V1__BookLeasesReply *reply =
        (Pumasi__V1__BookLeasesReply *)rig_must(&r, "op.skt", book_leases, &m.request.base);
    ck_assert_uint_eq(reply->n_items, LIMIT_BATCH_ITEMS);
    for (size_t i = 0; i < reply->n_items; i++) {
        const Pumasi__V1__BookLeasesItem *item = reply->items[i];
        ck_assert_ptr_null(item->reply);
        /* a supplier's operator may not book: or what it names does not exist for it */
        ck_assert_msg(strcmp(item->error, "denied") == 0 || strcmp(item->error, "not-found") == 0,
                      "%s", item->error);
        ck_assert_uint_gt(strlen(item->message), 0);
    }
    rpc_message_destroy(&reply->base);
    rig_close(&r);
}
END_TEST

START_TEST(none_and_too_many_are_refused)
{
    struct rig r;
    static struct many m;
    rig_open(&r);
    fill(&m, 0);
    refused(&r, &m, ERR_INVALID, "items: 0 bookings, not 1 to 256");
    fill(&m, ITEMS);
    refused(&r, &m, ERR_INVALID, "items: 257 bookings, not 1 to 256");
    rig_close(&r);
}
END_TEST

START_TEST(an_item_that_cannot_be_read_refuses_the_call_and_is_named)
{
    struct rig r;
    static struct many m;
    ProtobufCMessageUnknownField unknown = {
        .tag = 4711, .wire_type = PROTOBUF_C_WIRE_TYPE_VARINT, .len = 1, .data = (uint8_t[]){1}};
    rig_open(&r);
    fill(&m, 3);
    m.items[2].allocation = "No Name";
    refused(&r, &m, ERR_INVALID, "items[2]: allocation");
    fill(&m, 3);
    m.items[1].base.n_unknown_fields = 1;
    m.items[1].base.unknown_fields = &unknown;
    refused(&r, &m, ERR_INVALID, "4711");
    rig_close(&r);
}
END_TEST

START_TEST(the_id_of_the_call_must_leave_room_for_a_number)
{
    struct rig r;
    static struct many m;
    rig_open(&r);
    fill(&m, 1);
    m.head.request_id = "a12345678901234567890123456789012345678901234567890123456789012";
    ck_assert_uint_eq(strlen(m.head.request_id), 63);
    refused(&r, &m, ERR_INVALID, "head.request_id");
    m.head.request_id = "Not An Id";
    refused(&r, &m, ERR_INVALID, "head.request_id");
    rig_close(&r);
}
END_TEST

static Suite *lease_batch_suite(void)
{
    Suite *s = suite_create("controlplane/api/lease_batch");
    TCase *t = tcase_create("lease_batch");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, each_item_has_its_own_outcome);
    tcase_add_test(t, none_and_too_many_are_refused);
    tcase_add_test(t, an_item_that_cannot_be_read_refuses_the_call_and_is_named);
    tcase_add_test(t, the_id_of_the_call_must_leave_room_for_a_number);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(lease_batch_suite)
