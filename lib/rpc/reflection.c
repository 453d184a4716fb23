/* Owns the reflection service: answers are made in the arena of the call from borrowed bytes of
 * the descriptor set. Nothing changes after creation. */
#include "lib/rpc/reflection.h"

#include "grpc/reflection.pb-c.h"
#include "lib/rpc/descriptors.h"
#include "lib/rpc/server_call.h"

#include <stdlib.h>

/* Short names for what protoc-c calls at length. */
#define Request         Grpc__Reflection__V1alpha__ServerReflectionRequest
#define Response        Grpc__Reflection__V1alpha__ServerReflectionResponse
#define FileResponse    Grpc__Reflection__V1alpha__FileDescriptorResponse
#define ListResponse    Grpc__Reflection__V1alpha__ListServiceResponse
#define ServiceResponse Grpc__Reflection__V1alpha__ServiceResponse
#define ErrorResponse   Grpc__Reflection__V1alpha__ErrorResponse
#define ASKED(what)     GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define ANSWER(what)    GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

struct rpc_reflection {
    struct rpc_descriptors *descriptors;
    const struct rpc_server *server;
};

/* One question and the answer in the making. */
struct exchange {
    const struct rpc_reflection *reflection;
    struct arena *arena;
    Response *response;
};

/* An array that grows with the imports of a file, each file once. */
struct closure {
    const struct rpc_descriptor_file **files;
    size_t count;
    size_t cap;
};

static int no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, "the answer needs more memory than one request may use");
}

/* ---- answers; each returns 0 with the response filled, or negative when memory is out ---- */

static int answer_error(struct exchange *x, enum err_code code, const char *text, struct err *err)
{
    ErrorResponse *error = arena_alloc(x->arena, sizeof(*error));
    if (!error)
        return no_memory(err);
    grpc__reflection__v1alpha__error_response__init(error);
    error->error_code = err_grpc_status(code);
    error->error_message = (char *)text;
    x->response->message_response_case = ANSWER(ERROR_RESPONSE);
    x->response->error_response = error;
    return 0;
}

static int answer_list(struct exchange *x, struct err *err)
{
    size_t count = 0;
    while (rpc_server_service_name(x->reflection->server, count))
        count++;
    ListResponse *list = arena_alloc(x->arena, sizeof(*list));
    ServiceResponse *items = arena_array(x->arena, count + 1, sizeof(*items));
    ServiceResponse **refs = arena_array(x->arena, count + 1, sizeof(*refs));
    if (!list || !items || !refs)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        grpc__reflection__v1alpha__service_response__init(&items[i]);
        items[i].name = (char *)rpc_server_service_name(x->reflection->server, i);
        refs[i] = &items[i];
    }
    grpc__reflection__v1alpha__list_service_response__init(list);
    list->n_service = count;
    list->service = refs;
    x->response->message_response_case = ANSWER(LIST_SERVICES_RESPONSE);
    x->response->list_services_response = list;
    return 0;
}

/* The closure's capacity is the number of files, and no file is in it twice. */
static void closure_add(struct closure *closure, const struct rpc_descriptor_file *file)
{
    for (size_t i = 0; i < closure->count; i++)
        if (closure->files[i] == file)
            return;
    ENSURE(closure->count < closure->cap);
    closure->files[closure->count++] = file;
}

static int answer_file(struct exchange *x, const struct rpc_descriptor_file *file, struct err *err)
{
    if (!file)
        return answer_error(x, ERR_NOT_FOUND, "there is no such file or symbol", err);
    const struct rpc_descriptors *d = x->reflection->descriptors;
    struct closure all = {.cap = rpc_descriptors_file_count(d)};
    all.files = arena_array(x->arena, all.cap, sizeof(*all.files));
    FileResponse *answer = arena_alloc(x->arena, sizeof(*answer));
    ProtobufCBinaryData *bytes = arena_array(x->arena, all.cap, sizeof(*bytes));
    if (!all.files || !answer || !bytes)
        return no_memory(err);
    closure_add(&all, file);
    for (size_t i = 0; i < all.count; i++) {
        const struct rpc_descriptor_file *at = all.files[i];
        bytes[i] = (ProtobufCBinaryData){.data = (uint8_t *)at->bytes.data, .len = at->bytes.len};
        for (size_t k = 0; k < at->import_count; k++) {
            const struct rpc_descriptor_file *import = rpc_descriptors_find_file(d, at->imports[k]);
            if (import)
                closure_add(&all, import);
        }
    }
    grpc__reflection__v1alpha__file_descriptor_response__init(answer);
    answer->n_file_descriptor_proto = all.count;
    answer->file_descriptor_proto = bytes;
    x->response->message_response_case = ANSWER(FILE_DESCRIPTOR_RESPONSE);
    x->response->file_descriptor_response = answer;
    return 0;
}

static int answer(struct exchange *x, const Request *request, struct err *err)
{
    const struct rpc_descriptors *d = x->reflection->descriptors;
    switch ((int)request->message_request_case) {
    case ASKED(LIST_SERVICES):
        return answer_list(x, err);
    case ASKED(FILE_BY_FILENAME):
        return answer_file(x, rpc_descriptors_find_file(d, span_text(request->file_by_filename)),
                           err);
    case ASKED(FILE_CONTAINING_SYMBOL):
        return answer_file(
            x, rpc_descriptors_find_symbol(d, span_text(request->file_containing_symbol)), err);
    default:
        return answer_error(x, ERR_UNSUPPORTED, "extensions are not supported", err);
    }
}

/* ---- the service ---- */

static int respond(struct rpc_call *call, const Request *request,
                   const struct rpc_reflection *reflection, struct err *err)
{
    Response response = GRPC__REFLECTION__V1ALPHA__SERVER_REFLECTION_RESPONSE__INIT;
    response.valid_host = request->host;
    response.original_request = (Request *)request;
    struct exchange x = {
        .reflection = reflection, .arena = rpc_call_arena(call), .response = &response};
    TRY(answer(&x, request, err));
    return rpc_call_send(call, &response.base, err);
}

static void handle_info(struct rpc_call *call, const ProtobufCMessage *request, void *arg)
{
    struct err err = ERR_INIT;
    if (!request)
        rpc_call_end(call);
    else if (respond(call, (const Request *)request, arg, &err) < 0)
        rpc_call_fail(call, &err);
    else
        rpc_call_next(call);
}

struct rpc_service rpc_reflection_service(struct rpc_reflection *reflection)
{
    static const struct rpc_method_row ROWS[] = {{.name = "ServerReflectionInfo",
                                                  .kind = RPC_BIDI,
                                                  .max_request_bytes = 4096,
                                                  .handler = handle_info}};
    return (struct rpc_service){.descriptor =
                                    &grpc__reflection__v1alpha__server_reflection__descriptor,
                                .rows = ROWS,
                                .row_count = sizeof(ROWS) / sizeof(ROWS[0]),
                                .arg = reflection};
}

int rpc_reflection_create(struct span set, const struct rpc_server *server,
                          struct rpc_reflection **ret, struct err *err)
{
    struct rpc_descriptors *descriptors;
    TRY(rpc_descriptors_parse(set, &descriptors, err));
    struct rpc_reflection *reflection = calloc(1, sizeof(*reflection));
    ENSURE(reflection);
    reflection->descriptors = descriptors;
    reflection->server = server;
    *ret = reflection;
    return 0;
}

void rpc_reflection_destroy(struct rpc_reflection *reflection)
{
    if (!reflection)
        return;
    rpc_descriptors_destroy(reflection->descriptors);
    free(reflection);
}
