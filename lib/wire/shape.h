#ifndef PUMASI_LIB_WIRE_SHAPE_H
#define PUMASI_LIB_WIRE_SHAPE_H

#include "lib/base/record.h"

#include <protobuf-c/protobuf-c.h>

/* Which field of a message stands for which field of a table. */

/* Whether the two have kinds that belong together; sub-records are not looked into. */
bool shape_matches(const struct field *f, const ProtobufCFieldDescriptor *fd);

/* The counterpart of the field. That there is a matching one is a promise of table and .proto. */
const ProtobufCFieldDescriptor *shape_counterpart(const struct field *f,
                                                  const ProtobufCMessageDescriptor *descriptor);

/* wire_check() of wire.h. */
MUST_CHECK int shape_check(const struct record_type *type,
                           const ProtobufCMessageDescriptor *descriptor, struct err *err);

/* Where a message keeps the field's value, and for a repeated field the number of its values. */
static inline void *shape_value(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *fd)
{
    return (char *)m + fd->offset;
}
static inline size_t *shape_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *fd)
{
    return (size_t *)(void *)((char *)m + fd->quantifier_offset);
}

/* The descriptor of the message that the field holds. */
static inline const ProtobufCMessageDescriptor *shape_inner(const ProtobufCFieldDescriptor *fd)
{
    return (const ProtobufCMessageDescriptor *)fd->descriptor;
}

#endif
