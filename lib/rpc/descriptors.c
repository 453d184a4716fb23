/*
 * Owns the index of a FileDescriptorSet: files in the order of the set, symbols sorted by name.
 * The field numbers are those of google/protobuf/descriptor.proto. Immutable after parsing, so any
 * thread may ask.
 */
#include "lib/rpc/descriptors.h"

#include "lib/rpc/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX    1024
#define SYMBOLS_MAX  65536
#define NAME_MAX_LEN 512
#define NESTING_MAX  16

struct symbol {
    char *name; /* full */
    size_t file;
    bool is_method;
    bool client_streaming;
    bool server_streaming;
};

struct rpc_descriptors {
    struct rpc_descriptor_file *files;
    size_t file_count;
    struct symbol *symbols;
    size_t symbol_count;
};

/* What is being read: where new symbols go, and the scope their names begin with. */
struct scope {
    struct rpc_descriptors *to;
    struct span name; /* "pumasi.v1.Node", or empty */
    int depth;
};

/* The parts of a file that define symbols, by field number. In an enum the values belong to the
 * scope around it. */
enum part { PART_MESSAGE, PART_FIELD, PART_ENUM, PART_ENUM_VALUE, PART_SERVICE, PART_METHOD };

struct part_field {
    uint32_t number;
    enum part part;
};

static const struct part_field FILE_PARTS[] = {
    {4, PART_MESSAGE}, {5, PART_ENUM}, {6, PART_SERVICE}, {7, PART_FIELD}, {0, 0}};
static const struct part_field MESSAGE_PARTS[] = {
    {2, PART_FIELD}, {3, PART_MESSAGE}, {4, PART_ENUM}, {6, PART_FIELD}, {8, PART_FIELD}, {0, 0}};
static const struct part_field ENUM_PARTS[] = {{2, PART_ENUM_VALUE}, {0, 0}};
static const struct part_field SERVICE_PARTS[] = {{2, PART_METHOD}, {0, 0}};
static const struct part_field NO_PARTS[] = {{0, 0}};

static const struct part_field *const PARTS_OF[] = {
    [PART_MESSAGE] = MESSAGE_PARTS, [PART_FIELD] = NO_PARTS,        [PART_ENUM] = ENUM_PARTS,
    [PART_ENUM_VALUE] = NO_PARTS,   [PART_SERVICE] = SERVICE_PARTS, [PART_METHOD] = NO_PARTS,
};

static int corrupt(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, "the descriptor set is damaged: %s", what);
}

/* The content of a field that holds text or a message; the last one wins, absent is empty. */
static struct span content_of(struct span bytes, uint32_t number)
{
    struct rpc_fields fields = rpc_fields_of(bytes);
    struct rpc_field field;
    struct span content = span_of(NULL, 0);
    while (rpc_fields_next(&fields, &field))
        if (field.number == number && field.wire == RPC_WIRE_BYTES)
            content = field.bytes;
    return content;
}

static bool flag_of(struct span bytes, uint32_t number)
{
    struct rpc_fields fields = rpc_fields_of(bytes);
    struct rpc_field field;
    bool flag = false;
    while (rpc_fields_next(&fields, &field))
        if (field.number == number && field.wire == RPC_WIRE_VARINT)
            flag = field.value != 0;
    return flag;
}

static int add_symbol(const struct scope *scope, struct span name, struct symbol **ret,
                      struct err *err)
{
    struct rpc_descriptors *to = scope->to;
    if (!span_is_text(name) || name.len == 0 || scope->name.len + name.len > NAME_MAX_LEN)
        return corrupt(err, "a symbol without a name, or with a bad one");
    if (to->symbol_count == SYMBOLS_MAX)
        return corrupt(err, "too many symbols");
    if ((to->symbol_count & (to->symbol_count - 1)) == 0) {
        size_t cap = to->symbol_count ? to->symbol_count * 2 : 1;
        to->symbols = reallocarray(to->symbols, cap, sizeof(*to->symbols));
        ENSURE(to->symbols);
    }
    struct symbol *symbol = &to->symbols[to->symbol_count];
    *symbol = (struct symbol){.file = to->file_count - 1};
    ENSURE(asprintf(&symbol->name, "%.*s%s%.*s", (int)scope->name.len,
                    scope->name.len ? (const char *)scope->name.data : "",
                    scope->name.len ? "." : "", (int)name.len, (const char *)name.data) > 0);
    to->symbol_count++;
    *ret = symbol;
    return 0;
}

static int read_parts(const struct scope *scope, struct span bytes, const struct part_field *parts,
                      struct err *err);

static int read_part(const struct scope *scope, struct span bytes, enum part part, struct err *err)
{
    struct symbol *symbol = NULL;
    TRY(add_symbol(scope, content_of(bytes, 1), &symbol, err));
    symbol->is_method = part == PART_METHOD;
    if (symbol->is_method) {
        symbol->client_streaming = flag_of(bytes, 5);
        symbol->server_streaming = flag_of(bytes, 6);
    }
    struct scope inner = {
        .to = scope->to, .name = span_text(symbol->name), .depth = scope->depth + 1};
    if (part == PART_ENUM)
        inner.name = scope->name;
    return read_parts(&inner, bytes, PARTS_OF[part], err);
}

static int read_parts(const struct scope *scope, struct span bytes, const struct part_field *parts,
                      struct err *err)
{
    if (scope->depth > NESTING_MAX)
        return corrupt(err, "nested too deep");
    struct rpc_fields fields = rpc_fields_of(bytes);
    struct rpc_field field;
    while (rpc_fields_next(&fields, &field)) {
        const struct part_field *at = parts;
        while (at->number != 0 && at->number != field.number)
            at++;
        if (at->number != 0 && field.wire == RPC_WIRE_BYTES)
            TRY(read_part(scope, field.bytes, at->part, err));
    }
    return fields.bad ? corrupt(err, "malformed bytes") : 0;
}

static void read_imports(struct rpc_descriptor_file *file)
{
    struct rpc_fields fields = rpc_fields_of(file->bytes);
    struct rpc_field field;
    struct span *imports = NULL;
    while (rpc_fields_next(&fields, &field)) {
        if (field.number != 3 || field.wire != RPC_WIRE_BYTES)
            continue;
        imports = reallocarray(imports, file->import_count + 1, sizeof(*imports));
        ENSURE(imports);
        imports[file->import_count++] = field.bytes;
    }
    file->imports = imports;
}

static int read_file(struct rpc_descriptors *to, struct span bytes, struct err *err)
{
    if (to->file_count == FILES_MAX)
        return corrupt(err, "too many files");
    to->files = reallocarray(to->files, to->file_count + 1, sizeof(*to->files));
    ENSURE(to->files);
    struct rpc_descriptor_file *file = &to->files[to->file_count++];
    *file = (struct rpc_descriptor_file){.name = content_of(bytes, 1), .bytes = bytes};
    if (file->name.len == 0)
        return corrupt(err, "a file without a name");
    read_imports(file);
    struct scope scope = {.to = to, .name = content_of(bytes, 2), .depth = 0};
    return read_parts(&scope, bytes, FILE_PARTS, err);
}

static int read_set(struct rpc_descriptors *to, struct span bytes, struct err *err)
{
    struct rpc_fields fields = rpc_fields_of(bytes);
    struct rpc_field field;
    while (rpc_fields_next(&fields, &field))
        if (field.number == 1 && field.wire == RPC_WIRE_BYTES)
            TRY(read_file(to, field.bytes, err));
    if (fields.bad || to->file_count == 0)
        return corrupt(err, "not a set of files");
    return 0;
}

static int compare_symbols(const void *a, const void *b)
{
    const struct symbol *left = a, *right = b;
    return strcmp(left->name, right->name);
}

int rpc_descriptors_parse(struct span bytes, struct rpc_descriptors **ret, struct err *err)
{
    struct rpc_descriptors *descriptors = calloc(1, sizeof(*descriptors));
    ENSURE(descriptors);
    int rc = read_set(descriptors, bytes, err);
    if (rc < 0) {
        rpc_descriptors_destroy(descriptors);
        return rc;
    }
    if (descriptors->symbol_count > 0)
        qsort(descriptors->symbols, descriptors->symbol_count, sizeof(struct symbol),
              compare_symbols);
    *ret = descriptors;
    return 0;
}

void rpc_descriptors_destroy(struct rpc_descriptors *descriptors)
{
    if (!descriptors)
        return;
    for (size_t i = 0; i < descriptors->symbol_count; i++)
        free(descriptors->symbols[i].name);
    for (size_t i = 0; i < descriptors->file_count; i++)
        free((void *)descriptors->files[i].imports);
    free(descriptors->symbols);
    free(descriptors->files);
    free(descriptors);
}

/* ---- questions ---- */

size_t rpc_descriptors_file_count(const struct rpc_descriptors *d)
{
    return d->file_count;
}

const struct rpc_descriptor_file *rpc_descriptors_find_file(const struct rpc_descriptors *d,
                                                            struct span name)
{
    for (size_t i = 0; i < d->file_count; i++)
        if (span_equal(d->files[i].name, name))
            return &d->files[i];
    return NULL;
}

static const struct symbol *find_symbol(const struct rpc_descriptors *d, struct span name)
{
    size_t low = 0, high = d->symbol_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(span_text(d->symbols[middle].name), name);
        if (order == 0)
            return &d->symbols[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct rpc_descriptor_file *rpc_descriptors_find_symbol(const struct rpc_descriptors *d,
                                                              struct span symbol)
{
    const struct symbol *found = find_symbol(d, symbol);
    return found ? &d->files[found->file] : NULL;
}

static bool kind_fits(enum rpc_kind kind, const struct symbol *method)
{
    bool client = kind == RPC_BIDI;
    bool server = kind != RPC_UNARY;
    return method->client_streaming == client && method->server_streaming == server;
}

static int check_row(const struct rpc_descriptors *d, const struct rpc_service *service,
                     const struct rpc_method_row *row, struct err *err)
{
    char name[NAME_MAX_LEN];
    int len = snprintf(name, sizeof(name), "%s.%s", service->descriptor->name, row->name);
    ENSURE(len > 0 && (size_t)len < sizeof(name));
    const struct symbol *method = find_symbol(d, span_text(name));
    if (!method || !method->is_method)
        return err_set(err, ERR_INVALID, "%s has a row and is in no .proto file", name);
    if (!kind_fits(row->kind, method))
        return err_set(err, ERR_INVALID, "%s streams otherwise than its row says", name);
    return 0;
}

int rpc_descriptors_check_service(const struct rpc_descriptors *d,
                                  const struct rpc_service *service, struct err *err)
{
    for (size_t i = 0; i < service->row_count; i++)
        TRY(check_row(d, service, &service->rows[i], err));
    for (unsigned i = 0; i < service->descriptor->n_methods; i++) {
        const char *name = service->descriptor->methods[i].name;
        size_t row = 0;
        while (row < service->row_count && strcmp(service->rows[row].name, name) != 0)
            row++;
        if (row == service->row_count)
            return err_set(err, ERR_INVALID, "%s.%s has no row", service->descriptor->name, name);
    }
    return 0;
}
