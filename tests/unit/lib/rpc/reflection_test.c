/* Server reflection, asked the way grpcurl asks. */
#include "lib/rpc/reflection.h"

#include "lib/rpc/descriptors.h"
#include "lib/rpc/health.h"
#include "tests/unit/lib/rpc/rig.h"

extern const unsigned char proto_descriptors[];
extern const size_t proto_descriptors_len;

#define ASK(what) GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define GOT(what) GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

struct mirror {
    struct rpc_health *health;
    struct rpc_reflection *reflection;
    struct rig rig;
    struct rig_inbox inbox;
    Grpc__Reflection__V1alpha__ServerReflectionResponse *response;
    struct rpc_stream *stream;
};

static void keep(void *arg, ProtobufCMessage *message)
{
    struct mirror *mirror = arg;
    rpc_message_destroy(mirror->response ? &mirror->response->base : NULL);
    mirror->response = (Grpc__Reflection__V1alpha__ServerReflectionResponse *)message;
    yard_note(&mirror->rig.yard, &mirror->inbox.messages);
}

static void keep_end(void *arg, const struct rpc_status *status)
{
    inbox_done(&((struct mirror *)arg)->inbox, status);
}

static void mirror_open(struct mirror *mirror)
{
    struct err err = ERR_INIT;
    memset(mirror, 0, sizeof(*mirror));
    inbox_init(&mirror->inbox);
    struct rig *rig = &mirror->rig;
    pthread_mutex_init(&rig->yard.lock, NULL);
    pthread_cond_init(&rig->yard.changed, NULL);
    rig->runtime = rpc_runtime_create(NULL);
    ck_assert_int_eq(rpc_loop_create(&rig->loop, NULL), 0);
    ck_assert_int_eq(rpc_loop_create(&rig->client_loop, NULL), 0);
    rig->server = rpc_server_create(rig->loop, NULL);
    mirror->health = rpc_health_create();
    struct span set = span_of(proto_descriptors, proto_descriptors_len);
    ck_assert_msg(rpc_reflection_create(set, rig->server, &mirror->reflection, &err) == 0, "%s",
                  err.text);
    struct rpc_service services[] = {rpc_health_service(mirror->health),
                                     rpc_reflection_service(mirror->reflection)};
    rig_add(rig, &services[0]);
    rig_add(rig, &services[1]);
    int port = 0;
    ck_assert_int_eq(rpc_server_listen(rig->server, "127.0.0.1:0", NULL, &port, NULL), 0);
    rpc_server_start(rig->server);
    snprintf(rig->target, sizeof(rig->target), "127.0.0.1:%d", port);
    ck_assert_int_eq(rpc_channel_create(rig->client_loop, rig->target, NULL, &rig->channel, NULL),
                     0);
    struct rpc_stream_handler handler = {.message = keep, .done = keep_end, .arg = mirror};
    ck_assert_int_eq(rpc_stream_open(rig->channel,
                                     (struct rpc_method){INFO, "ServerReflectionInfo"}, NULL,
                                     &handler, &mirror->stream, NULL),
                     0);
}

static void mirror_close(struct mirror *mirror)
{
    rpc_stream_close_send(mirror->stream);
    ck_assert(inbox_wait(&mirror->inbox, 0, true));
    ck_assert_int_eq(mirror->inbox.status.code, RPC_OK);
    rpc_stream_destroy(mirror->stream);
    rig_close(&mirror->rig);
    rpc_message_destroy(mirror->response ? &mirror->response->base : NULL);
    rpc_reflection_destroy(mirror->reflection);
    rpc_health_destroy(mirror->health);
}

/* Asks and waits for the answer, which is borrowed until the next question. */
static const Grpc__Reflection__V1alpha__ServerReflectionResponse *ask(struct mirror *mirror,
                                                                      int what, const char *text)
{
    unsigned before = mirror->inbox.messages;
    Grpc__Reflection__V1alpha__ServerReflectionRequest message =
        GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__INIT;
    message.host = "here";
    message.message_request_case = what;
    message.file_by_filename = (char *)text;
    ck_assert_int_eq(rpc_stream_send(mirror->stream, &message.base, NULL), 0);
    ck_assert(yard_wait(&mirror->rig.yard, &mirror->inbox.messages, before + 1));
    ck_assert_str_eq(mirror->response->valid_host, "here");
    ck_assert_int_eq(mirror->response->original_request->message_request_case, what);
    return mirror->response;
}

START_TEST(the_services_of_the_server_are_listed)
{
    struct mirror mirror;
    mirror_open(&mirror);
    const Grpc__Reflection__V1alpha__ServerReflectionResponse *response =
        ask(&mirror, ASK(LIST_SERVICES), "*");
    ck_assert_int_eq(response->message_response_case, GOT(LIST_SERVICES_RESPONSE));
    ck_assert_uint_eq(response->list_services_response->n_service, 2);
    ck_assert_str_eq(response->list_services_response->service[0]->name, "grpc.health.v1.Health");
    ck_assert_str_eq(response->list_services_response->service[1]->name,
                     "grpc.reflection.v1alpha.ServerReflection");
    mirror_close(&mirror);
}
END_TEST

static const struct {
    int what;
    const char *text;
    const char *first; /* the file that must come first; NULL: not found */
    bool with_imports;
} FILES[] = {
    {ASK(FILE_BY_FILENAME), "grpc/health.proto", "grpc/health.proto", false},
    {ASK(FILE_CONTAINING_SYMBOL), "grpc.health.v1.Health", "grpc/health.proto", false},
    {ASK(FILE_CONTAINING_SYMBOL), "grpc.health.v1.Health.Check", "grpc/health.proto", false},
    {ASK(FILE_BY_FILENAME), "pumasi/v1/lease.proto", "pumasi/v1/lease.proto", true},
    {ASK(FILE_BY_FILENAME), "health.proto", NULL, false},
    {ASK(FILE_CONTAINING_SYMBOL), "grpc.health.v1", NULL, false},
    {ASK(FILE_CONTAINING_SYMBOL), "etcdserverpb.KV", NULL, false}, /* not published */
    {ASK(FILE_CONTAINING_SYMBOL), "", NULL, false},
};

/* The name of a FileDescriptorProto: it has to stand alone as a set of one. */
static struct span file_name(const ProtobufCBinaryData *file)
{
    ck_assert_uint_gt(file->len, 3);
    ck_assert_uint_eq(file->data[0], 0x0a);
    return span_of(file->data + 2, file->data[1]);
}

START_TEST(a_file_comes_with_all_it_imports)
{
    struct mirror mirror;
    mirror_open(&mirror);
    const Grpc__Reflection__V1alpha__ServerReflectionResponse *response =
        ask(&mirror, FILES[_i].what, FILES[_i].text);
    if (!FILES[_i].first) {
        ck_assert_int_eq(response->message_response_case, GOT(ERROR_RESPONSE));
        ck_assert_int_eq(response->error_response->error_code, RPC_NOT_FOUND);
    } else {
        ck_assert_int_eq(response->message_response_case, GOT(FILE_DESCRIPTOR_RESPONSE));
        const Grpc__Reflection__V1alpha__FileDescriptorResponse *files =
            response->file_descriptor_response;
        ck_assert(
            span_equal(file_name(&files->file_descriptor_proto[0]), span_text(FILES[_i].first)));
        ck_assert((files->n_file_descriptor_proto > 1) == FILES[_i].with_imports);
    }
    mirror_close(&mirror);
}
END_TEST

START_TEST(one_stream_takes_many_questions_and_survives_bad_ones)
{
    struct mirror mirror;
    mirror_open(&mirror);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(ask(&mirror, ASK(FILE_BY_FILENAME), "nothing")->message_response_case,
                         GOT(ERROR_RESPONSE));
        ck_assert_int_eq(
            ask(&mirror, ASK(ALL_EXTENSION_NUMBERS_OF_TYPE), "x")->error_response->error_code,
            RPC_UNIMPLEMENTED);
        ck_assert_int_eq(ask(&mirror, ASK(LIST_SERVICES), "")->message_response_case,
                         GOT(LIST_SERVICES_RESPONSE));
    }
    mirror_close(&mirror);
}
END_TEST

START_TEST(the_tables_of_this_room_fit_their_files)
{
    struct rpc_descriptors *d = NULL;
    struct err err = ERR_INIT;
    ck_assert_int_eq(
        rpc_descriptors_parse(span_of(proto_descriptors, proto_descriptors_len), &d, NULL), 0);
    struct rpc_service health = rpc_health_service(NULL), info = rpc_reflection_service(NULL);
    ck_assert_msg(rpc_descriptors_check_service(d, &health, &err) == 0, "%s", err.text);
    ck_assert_msg(rpc_descriptors_check_service(d, &info, &err) == 0, "%s", err.text);
    rpc_descriptors_destroy(d);
}
END_TEST

START_TEST(a_damaged_set_is_corrupt)
{
    struct rpc_reflection *reflection = NULL;
    ck_assert_int_eq(rpc_reflection_create(span_text("nothing"), NULL, &reflection, NULL),
                     -ERR_CORRUPT);
    ck_assert_ptr_null(reflection);
    rpc_reflection_destroy(NULL);
}
END_TEST

static Suite *reflection_suite(void)
{
    Suite *suite = suite_create("lib/rpc/reflection");
    TCase *tc = tcase_create("reflection");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_services_of_the_server_are_listed);
    tcase_add_loop_test(tc, a_file_comes_with_all_it_imports, 0, sizeof(FILES) / sizeof(FILES[0]));
    tcase_add_test(tc, one_stream_takes_many_questions_and_survives_bad_ones);
    tcase_add_test(tc, the_tables_of_this_room_fit_their_files);
    tcase_add_test(tc, a_damaged_set_is_corrupt);
    suite_add_tcase(suite, tc);
    return suite;
}

SUITE_MAIN(reflection_suite)
