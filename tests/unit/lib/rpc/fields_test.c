/* Protobuf's wire format without a descriptor. */
#include "lib/rpc/fields.h"

#include "tests/support/suite.h"

#include <string.h>

static struct rpc_fields fields_of(const char *bytes, size_t len)
{
    return rpc_fields_of(span_of(bytes, len));
}

START_TEST(every_kind_of_field_is_read)
{
    static const char BYTES[] = "\x08\x96\x01" /* 1: 150 */
                                "\x12\x03"
                                "abc"                                  /* 2: "abc" */
                                "\x19\x01\x02\x03\x04\x05\x06\x07\x08" /* 3: fixed64 */
                                "\x25\x01\x02\x03\x04"                 /* 4: fixed32 */
                                "\x2a\x00";                            /* 5: empty */
    struct rpc_fields fields = fields_of(BYTES, sizeof(BYTES) - 1);
    struct rpc_field field;
    ck_assert(rpc_fields_next(&fields, &field));
    ck_assert_uint_eq(field.number, 1);
    ck_assert_int_eq(field.wire, RPC_WIRE_VARINT);
    ck_assert_uint_eq(field.value, 150);
    ck_assert(rpc_fields_next(&fields, &field));
    ck_assert(span_equal(field.bytes, span_text("abc")));
    ck_assert(rpc_fields_next(&fields, &field));
    ck_assert_int_eq(field.wire, RPC_WIRE_FIXED64);
    ck_assert_uint_eq(field.bytes.len, 8);
    ck_assert(rpc_fields_next(&fields, &field));
    ck_assert_int_eq(field.wire, RPC_WIRE_FIXED32);
    ck_assert_uint_eq(field.bytes.len, 4);
    ck_assert(rpc_fields_next(&fields, &field));
    ck_assert_uint_eq(field.number, 5);
    ck_assert_uint_eq(field.bytes.len, 0);
    ck_assert(!rpc_fields_next(&fields, &field));
    ck_assert(!fields.bad);
}
END_TEST

START_TEST(the_largest_numbers_are_read)
{
    static const char BYTES[] = "\xf8\xff\xff\xff\x0f" /* field 536870911 */
                                "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    struct rpc_fields fields = fields_of(BYTES, sizeof(BYTES) - 1);
    struct rpc_field field;
    ck_assert(rpc_fields_next(&fields, &field));
    ck_assert_uint_eq(field.number, 536870911);
    ck_assert_uint_eq(field.value, UINT64_MAX);
}
END_TEST

#define BAD(bytes)                                                                                 \
    {                                                                                              \
        bytes, sizeof(bytes) - 1                                                                   \
    }
static const struct {
    const char *bytes;
    size_t len;
} MALFORMED[] = {
    BAD("\x08"),                                         /* no value */
    BAD("\x08\x80"),                                     /* a varint without an end */
    BAD("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* eleven bytes of key */
    BAD("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), /* more than 64 bits */
    BAD("\x12\x05"
        "abc"),                                          /* longer than what is there */
    BAD("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* a huge length */
    BAD("\x19\x01\x02\x03"),                             /* a fixed64 cut short */
    BAD("\x25\x01\x02"),                                 /* a fixed32 cut short */
    BAD("\x00\x01"),                                     /* field number 0 */
    BAD("\x80\x80\x80\x80\x10\x01"),                     /* field number 2^29 */
    BAD("\x0b"),                                         /* a group */
    BAD("\x0c"),                                         /* the end of one */
    BAD("\x0e\x01"),                                     /* wire type 6 */
    BAD("\x0f\x01"),                                     /* wire type 7 */
};

START_TEST(malformed_bytes_are_told_from_the_end)
{
    struct rpc_fields fields = fields_of(MALFORMED[_i].bytes, MALFORMED[_i].len);
    struct rpc_field field;
    ck_assert(!rpc_fields_next(&fields, &field));
    ck_assert(fields.bad);
    ck_assert(!rpc_fields_next(&fields, &field));
}
END_TEST

START_TEST(nothing_is_a_message_without_fields)
{
    struct rpc_fields fields = fields_of(NULL, 0);
    struct rpc_field field;
    ck_assert(!rpc_fields_next(&fields, &field));
    ck_assert(!fields.bad);
}
END_TEST

static Suite *fields_suite(void)
{
    Suite *suite = suite_create("lib/rpc/fields");
    TCase *tc = tcase_create("fields");
    tcase_add_test(tc, every_kind_of_field_is_read);
    tcase_add_test(tc, the_largest_numbers_are_read);
    tcase_add_loop_test(tc, malformed_bytes_are_told_from_the_end, 0,
                        sizeof(MALFORMED) / sizeof(MALFORMED[0]));
    tcase_add_test(tc, nothing_is_a_message_without_fields);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(fields_suite)
