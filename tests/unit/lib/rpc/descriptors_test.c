/* The index of the .proto files, over those of the build itself. */
#include "lib/rpc/descriptors.h"

#include "grpc/health.pb-c.h"
#include "grpc/reflection.pb-c.h"
#include "tests/support/suite.h"

#include <string.h>

extern const unsigned char proto_descriptors[];
extern const size_t proto_descriptors_len;

static struct rpc_descriptors *of_the_build(void)
{
    struct rpc_descriptors *d = NULL;
    struct err err = ERR_INIT;
    ck_assert_msg(
        rpc_descriptors_parse(span_of(proto_descriptors, proto_descriptors_len), &d, &err) == 0,
        "%s", err.text);
    return d;
}

static const struct {
    const char *symbol;
    const char *file;
} SYMBOLS[] = {
    {"grpc.health.v1.Health", "grpc/health.proto"},
    {"grpc.health.v1.Health.Check", "grpc/health.proto"},
    {"grpc.health.v1.HealthCheckRequest", "grpc/health.proto"},
    {"grpc.health.v1.HealthCheckRequest.service", "grpc/health.proto"},
    {"grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health.proto"},
    {"grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health.proto"}, /* beside its enum */
    {"grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING", NULL},
    {"grpc.reflection.v1alpha.ServerReflection", "grpc/reflection.proto"},
    {"grpc.reflection.v1alpha.ServerReflectionRequest.message_request", "grpc/reflection.proto"},
    {"grpc.health.v1", NULL}, /* packages don't count */
    {".grpc.health.v1.Health", NULL},
    {"Health", NULL},
    {"", NULL},
    {"zzz", NULL},
};

START_TEST(a_symbol_is_found_in_its_file)
{
    struct rpc_descriptors *d = of_the_build();
    const struct rpc_descriptor_file *file =
        rpc_descriptors_find_symbol(d, span_text(SYMBOLS[_i].symbol));
    ck_assert((file != NULL) == (SYMBOLS[_i].file != NULL));
    if (file)
        ck_assert(span_equal(file->name, span_text(SYMBOLS[_i].file)));
    rpc_descriptors_destroy(d);
}
END_TEST

START_TEST(a_file_is_found_by_its_name)
{
    struct rpc_descriptors *d = of_the_build();
    const struct rpc_descriptor_file *file =
        rpc_descriptors_find_file(d, span_text("grpc/health.proto"));
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(file->bytes.len, 100);
    ck_assert_uint_eq(file->import_count, 0);
    ck_assert_ptr_null(rpc_descriptors_find_file(d, span_text("health.proto")));
    ck_assert_uint_gt(rpc_descriptors_file_count(d), 2);
    rpc_descriptors_destroy(d);
    rpc_descriptors_destroy(NULL);
}
END_TEST

START_TEST(imports_are_known_and_present)
{
    struct rpc_descriptors *d = of_the_build();
    const struct rpc_descriptor_file *file =
        rpc_descriptors_find_file(d, span_text("pumasi/v1/lease.proto"));
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(file->import_count, 0);
    for (size_t i = 0; i < file->import_count; i++)
        ck_assert_ptr_nonnull(rpc_descriptors_find_file(d, file->imports[i]));
    rpc_descriptors_destroy(d);
}
END_TEST

/* ---- tables against files ---- */

static void nothing(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    (void)call;
    (void)request;
    (void)arg;
}

#define HEALTH (&grpc__health__v1__health__descriptor)
#define INFO   (&grpc__reflection__v1alpha__server_reflection__descriptor)

static const struct rpc_method_row RIGHT[] = {{"Check", RPC_UNARY, 0, 0, nothing},
                                              {"Watch", RPC_SERVER_STREAM, 0, 0, nothing}};
static const struct rpc_method_row WRONG_KIND[] = {{"Check", RPC_UNARY, 0, 0, nothing},
                                                   {"Watch", RPC_UNARY, 0, 0, nothing}};
static const struct rpc_method_row WRONG_TOO[] = {{"Check", RPC_BIDI, 0, 0, nothing},
                                                  {"Watch", RPC_SERVER_STREAM, 0, 0, nothing}};
static const struct rpc_method_row MISSING[] = {{"Check", RPC_UNARY, 0, 0, nothing}};
static const struct rpc_method_row UNKNOWN[] = {{"Chekc", RPC_UNARY, 0, 0, nothing}};
static const struct rpc_method_row BIDI[] = {{"ServerReflectionInfo", RPC_BIDI, 0, 0, nothing}};
static const struct rpc_method_row HALF[] = {
    {"ServerReflectionInfo", RPC_SERVER_STREAM, 0, 0, nothing}};

static const struct {
    struct rpc_service service;
    const char *text; /* NULL: fits */
} TABLES[] = {
    {{HEALTH, RIGHT, 2, NULL}, NULL},
    {{HEALTH, WRONG_KIND, 2, NULL}, "Health.Watch streams otherwise"},
    {{HEALTH, WRONG_TOO, 2, NULL}, "Health.Check streams otherwise"},
    {{HEALTH, MISSING, 1, NULL}, "Watch has no row"},
    {{HEALTH, UNKNOWN, 1, NULL}, "Chekc"},
    {{INFO, BIDI, 1, NULL}, NULL},
    {{INFO, HALF, 1, NULL}, "streams otherwise"},
};

START_TEST(a_table_is_compared_with_its_file)
{
    struct rpc_descriptors *d = of_the_build();
    struct err err = ERR_INIT;
    int rc = rpc_descriptors_check_service(d, &TABLES[_i].service, &err);
    ck_assert_int_eq(rc, TABLES[_i].text ? -ERR_INVALID : 0);
    if (TABLES[_i].text)
        ck_assert_msg(strstr(err.text, TABLES[_i].text), "%s", err.text);
    rpc_descriptors_destroy(d);
}
END_TEST

/* ---- damage ---- */

START_TEST(what_is_no_set_is_corrupt)
{
    struct rpc_descriptors *d = NULL;
    ck_assert_int_eq(rpc_descriptors_parse(span_of(NULL, 0), &d, NULL), -ERR_CORRUPT);
    ck_assert_int_eq(rpc_descriptors_parse(span_text("hello"), &d, NULL), -ERR_CORRUPT);
    ck_assert_int_eq(rpc_descriptors_parse(span_of("\x0a\x00", 2), &d, NULL), -ERR_CORRUPT);
    ck_assert_int_eq(
        rpc_descriptors_parse(span_of(proto_descriptors, proto_descriptors_len - 1), &d, NULL),
        -ERR_CORRUPT);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(damaged_sets_do_no_harm)
{
    size_t len = proto_descriptors_len;
    unsigned char *mangled = malloc(len);
    for (size_t i = 0; i < 2000; i++) {
        memcpy(mangled, proto_descriptors, len);
        mangled[(i * 7919) % len] ^= (unsigned char)(1u << (i % 8));
        struct rpc_descriptors *d = NULL;
        if (rpc_descriptors_parse(span_of(mangled, len / (1 + i % 16)), &d, NULL) == 0)
            rpc_descriptors_destroy(d);
    }
    free(mangled);
}
END_TEST

static Suite *descriptors_suite(void)
{
    Suite *suite = suite_create("lib/rpc/descriptors");
    TCase *tc = tcase_create("descriptors");
    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, a_symbol_is_found_in_its_file, 0, sizeof(SYMBOLS) / sizeof(SYMBOLS[0]));
    tcase_add_test(tc, a_file_is_found_by_its_name);
    tcase_add_test(tc, imports_are_known_and_present);
    tcase_add_loop_test(tc, a_table_is_compared_with_its_file, 0,
                        sizeof(TABLES) / sizeof(TABLES[0]));
    tcase_add_test(tc, what_is_no_set_is_corrupt);
    tcase_add_test(tc, damaged_sets_do_no_harm);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(descriptors_suite)
