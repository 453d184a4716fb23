/* The correspondence between kinds of table fields and types of message fields. No state. */
#include "lib/wire/shape.h"

static const struct {
    ProtobufCType type;
    bool repeated;
} kinds[FIELD_KIND_COUNT] = {
    [FIELD_BOOL] = {PROTOBUF_C_TYPE_BOOL, false},
    [FIELD_U32] = {PROTOBUF_C_TYPE_UINT32, false},
    [FIELD_U64] = {PROTOBUF_C_TYPE_UINT64, false},
    [FIELD_I64] = {PROTOBUF_C_TYPE_INT64, false},
    [FIELD_ENUM] = {PROTOBUF_C_TYPE_STRING, false},
    [FIELD_ID] = {PROTOBUF_C_TYPE_STRING, false},
    [FIELD_TEXT] = {PROTOBUF_C_TYPE_STRING, false},
    [FIELD_BYTES] = {PROTOBUF_C_TYPE_BYTES, false},
    [FIELD_INSTANT] = {PROTOBUF_C_TYPE_INT64, false},
    [FIELD_WON] = {PROTOBUF_C_TYPE_INT64, false},
    [FIELD_SHARE] = {PROTOBUF_C_TYPE_INT64, false},
    [FIELD_RECORD] = {PROTOBUF_C_TYPE_MESSAGE, false},
    [FIELD_LIST] = {PROTOBUF_C_TYPE_MESSAGE, true},
    [FIELD_ID_LIST] = {PROTOBUF_C_TYPE_STRING, true},
};

bool shape_matches(const struct field *f, const ProtobufCFieldDescriptor *fd)
{
    ENSURE((int)f->kind >= 0 && f->kind < FIELD_KIND_COUNT);
    if (fd->type != kinds[f->kind].type || (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return false;
    return kinds[f->kind].repeated == (fd->label == PROTOBUF_C_LABEL_REPEATED);
}

const ProtobufCFieldDescriptor *shape_counterpart(const struct field *f,
                                                  const ProtobufCMessageDescriptor *descriptor)
{
    const ProtobufCFieldDescriptor *fd =
        protobuf_c_message_descriptor_get_field_by_name(descriptor, f->name);

    ENSURE(fd && shape_matches(f, fd));
    return fd;
}

static int check_field(const struct record_type *type, const struct field *f,
                       const ProtobufCMessageDescriptor *descriptor, struct err *err)
{
    const ProtobufCFieldDescriptor *fd =
        protobuf_c_message_descriptor_get_field_by_name(descriptor, f->name);

    if (!fd)
        return err_set(err, ERR_INVALID, "%s.%s is not in %s", type->name, f->name,
                       descriptor->name);
    if (!shape_matches(f, fd))
        return err_set(err, ERR_INVALID, "%s.%s is of another kind in %s", type->name, f->name,
                       descriptor->name);
    if (!f->type)
        return 0;
    int rc = shape_check(f->type, shape_inner(fd), err);
    return rc < 0 ? err_prefix(err, rc, "%s.%s", type->name, f->name) : 0;
}

int shape_check(const struct record_type *type, const ProtobufCMessageDescriptor *descriptor,
                struct err *err)
{
    for (const struct field *f = type->fields; f->name; f++)
        TRY(check_field(type, f, descriptor, err));
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (!record_field(type, descriptor->fields[i].name))
            return err_set(err, ERR_INVALID, "%s of %s is not in the table of %s",
                           descriptor->fields[i].name, descriptor->name, type->name);
    return 0;
}
