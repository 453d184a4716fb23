/* Messages at the edge: what is refused before protobuf-c sees it. */
#include "lib/rpc/message.h"

#include "etcd/rpc.pb-c.h"
#include "grpc/health.pb-c.h"
#include "grpc/reflection.pb-c.h"
#include "tests/support/suite.h"

#include <string.h>

#define HEALTH  (&grpc__health__v1__health_check_request__descriptor)
#define REQUEST (&grpc__reflection__v1alpha__server_reflection_request__descriptor)
#define ANSWER  (&grpc__reflection__v1alpha__server_reflection_response__descriptor)
#define LIST    (&grpc__reflection__v1alpha__list_service_response__descriptor)
#define RANGE   (&etcdserverpb__range_request__descriptor)

#define BYTES(text) text, sizeof(text) - 1
static const struct {
    const ProtobufCMessageDescriptor *descriptor;
    const char *bytes;
    size_t len;
    int rc;
} CASES[] = {
    {HEALTH, BYTES(""), 0},
    {HEALTH,
     BYTES("\x0a\x05"
           "alice"),
     0},
    {HEALTH, BYTES("\x0a\x06\xed\x92\x88\xec\x95\x97"), 0}, /* 품앗: valid UTF-8 */
    {HEALTH,
     BYTES("\x0a\x07"
           "alice\0x"),
     -ERR_INVALID}, /* would read as "alice" */
    {HEALTH, BYTES("\x0a\x01\0"), -ERR_INVALID},
    {HEALTH, BYTES("\x0a\x02\xc3\x28"), -ERR_INVALID},     /* bad UTF-8 */
    {HEALTH, BYTES("\x0a\x03\xed\xa0\x80"), -ERR_INVALID}, /* a surrogate */
    {HEALTH, BYTES("\x0a\x02\xc0\x80"), -ERR_INVALID},     /* a NUL in disguise */
    {HEALTH,
     BYTES("\x0a\x05"
           "ali"),
     -ERR_INVALID},                            /* cut short */
    {HEALTH, BYTES("\x08\x01"), -ERR_INVALID}, /* a number where text is due */
    {HEALTH, BYTES("\x12\x02\xc3\x28"), 0},    /* an unknown field may hold bytes */
    {HEALTH, BYTES("\x0a\x02ok\x0a\x02\xc3\x28"), -ERR_INVALID}, /* the second one counts */
    {REQUEST, BYTES("\x2a\x03\x0a\x01\0"), -ERR_INVALID},        /* inside another message */
    {REQUEST,
     BYTES("\x2a\x03\x0a\x01"
           "a"),
     0},
    {REQUEST,
     BYTES("\x2a\x03\x0a\x09"
           "a"),
     -ERR_INVALID},
    {RANGE,
     BYTES("\x0a\x03"
           "a\0b"),
     0}, /* bytes are bytes */
};

START_TEST(what_passes_and_what_does_not)
{
    struct err err = ERR_INIT;
    ProtobufCMessage *message = NULL;
    int rc = rpc_message_decode(CASES[_i].descriptor, span_of(CASES[_i].bytes, CASES[_i].len), NULL,
                                &message, &err);
    ck_assert_int_eq(rc, CASES[_i].rc);
    ck_assert((message != NULL) == (rc == 0));
    ck_assert((err.text[0] != '\0') == (rc < 0));
    rpc_message_destroy(message);
}
END_TEST

START_TEST(the_field_is_named)
{
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_message_check(HEALTH, span_of("\x0a\x01\0", 3), &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "service"));
}
END_TEST

/* TxnRequest would be recursive in etcd's own proto; ours has no recursive message. So depth is
 * made with a descriptor that contains itself. */
static ProtobufCFieldDescriptor nested_field;
static const ProtobufCIntRange NESTED_RANGES[] = {{1, 0}, {0, 1}};
static const unsigned NESTED_BY_NAME[] = {0};
static ProtobufCMessageDescriptor nested = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "test.Nested",
    .short_name = "Nested",
    .c_name = "Nested",
    .package_name = "test",
    .sizeof_message = sizeof(ProtobufCMessage) + sizeof(void *),
    .n_fields = 1,
    .fields = &nested_field,
    .fields_sorted_by_name = NESTED_BY_NAME,
    .n_field_ranges = 1,
    .field_ranges = NESTED_RANGES,
};

/* `depth` messages inside each other, innermost last. */
static size_t nest(uint8_t *dst, int depth)
{
    size_t len = 0;
    uint8_t inner[512];
    for (int i = 1; i < depth; i++) {
        memcpy(inner, dst, len);
        size_t at = 0;
        dst[at++] = 0x0a;
        if (len >= 128)
            dst[at++] = (uint8_t)(len & 0x7f) | 0x80;
        dst[at++] = (uint8_t)(len >= 128 ? len >> 7 : len);
        memcpy(dst + at, inner, len);
        len += at;
    }
    return len;
}

START_TEST(nesting_is_bounded)
{
    nested_field = (ProtobufCFieldDescriptor){.name = "inner",
                                              .id = 1,
                                              .label = PROTOBUF_C_LABEL_OPTIONAL,
                                              .type = PROTOBUF_C_TYPE_MESSAGE,
                                              .offset = sizeof(ProtobufCMessage),
                                              .descriptor = &nested};
    uint8_t bytes[512];
    size_t len = nest(bytes, RPC_MESSAGE_DEPTH_MAX);
    ck_assert_int_eq(rpc_message_check(&nested, span_of(bytes, len), NULL), 0);
    len = nest(bytes, RPC_MESSAGE_DEPTH_MAX + 1);
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_message_check(&nested, span_of(bytes, len), &err), -ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "nested"));
}
END_TEST

START_TEST(a_message_in_an_arena_goes_with_it)
{
    struct arena *arena = arena_create(4096 * 4);
    ProtobufCMessage *message = NULL;
    ck_assert_int_eq(rpc_message_decode(HEALTH,
                                        span_of("\x0a\x05"
                                                "alice",
                                                7),
                                        arena, &message, NULL),
                     0);
    ck_assert_str_eq(((Grpc__Health__V1__HealthCheckRequest *)message)->service, "alice");
    arena_destroy(arena);
}
END_TEST

/* Two bytes on the wire become a whole struct in memory: the arena ends it. */
START_TEST(a_message_that_outgrows_its_arena_is_refused)
{
    enum { EMPTY = 50000 };
    uint8_t *bytes = malloc(EMPTY * 2);
    for (size_t i = 0; i < EMPTY; i++)
        memcpy(bytes + i * 2, "\x0a\x00", 2);
    struct arena *arena = arena_create(1 << 20);
    ProtobufCMessage *message = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(rpc_message_decode(LIST, span_of(bytes, EMPTY * 2), arena, &message, &err),
                     -ERR_LIMIT);
    ck_assert_ptr_null(message);
    arena_destroy(arena);
    arena = arena_create(32 << 20);
    ck_assert_int_eq(rpc_message_decode(LIST, span_of(bytes, EMPTY * 2), arena, &message, &err), 0);
    ck_assert_uint_eq(((Grpc__Reflection__V1alpha__ListServiceResponse *)message)->n_service,
                      EMPTY);
    arena_destroy(arena);
    free(bytes);
}
END_TEST

/* Whatever is cut off or flipped, nothing is read outside and nothing leaks. */
START_TEST(mangled_messages_do_no_harm)
{
    Grpc__Reflection__V1alpha__ServerReflectionRequest inner =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__INIT;
    inner.host = "host";
    inner.message_request_case = 3;
    inner.file_by_filename = "file";
    Grpc__Reflection__V1alpha__ServerReflectionResponse whole =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_RESPONSE__INIT;
    whole.valid_host = "valid";
    whole.original_request = &inner;
    uint8_t bytes[256];
    size_t len = protobuf_c_message_pack(&whole.base, bytes);
    for (size_t i = 0; i < len * 8; i++) {
        uint8_t mangled[256];
        memcpy(mangled, bytes, len);
        mangled[i / 8] ^= (uint8_t)(1u << (i % 8));
        ProtobufCMessage *message = NULL;
        if (rpc_message_decode(ANSWER, span_of(mangled, len), NULL, &message, NULL) == 0)
            rpc_message_destroy(message);
        uint8_t *cut = malloc(i / 8 + 1);
        memcpy(cut, bytes, i / 8);
        if (rpc_message_decode(ANSWER, span_of(cut, i / 8), NULL, &message, NULL) == 0)
            rpc_message_destroy(message);
        free(cut);
    }
    rpc_message_destroy(NULL);
}
END_TEST

static Suite *message_suite(void)
{
    Suite *suite = suite_create("lib/rpc/message");
    TCase *tc = tcase_create("message");
    tcase_add_loop_test(tc, what_passes_and_what_does_not, 0, sizeof(CASES) / sizeof(CASES[0]));
    tcase_add_test(tc, the_field_is_named);
    tcase_add_test(tc, nesting_is_bounded);
    tcase_add_test(tc, a_message_in_an_arena_goes_with_it);
    tcase_add_test(tc, a_message_that_outgrows_its_arena_is_refused);
    tcase_add_test(tc, mangled_messages_do_no_harm);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(message_suite)
