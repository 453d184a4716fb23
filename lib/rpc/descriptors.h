#ifndef PUMASI_LIB_RPC_DESCRIPTORS_H
#define PUMASI_LIB_RPC_DESCRIPTORS_H

#include "lib/base/err.h"
#include "lib/base/span.h"
#include "lib/rpc/server.h"

#include <stddef.h>

/*
 * The .proto files of the build as protoc describes them (a FileDescriptorSet): which files there
 * are, what they import, and which symbols they define. Read by hand from the wire format; only
 * names are kept, the files stay bytes. Immutable after parsing.
 */
struct rpc_descriptors;

/* One file; everything is borrowed from the set. */
struct rpc_descriptor_file {
    struct span name;  /* "pumasi/v1/node.proto" */
    struct span bytes; /* its FileDescriptorProto, as it stands in the set */
    const struct span *imports;
    size_t import_count;
};

/* bytes must outlive the result. ERR_CORRUPT: not a FileDescriptorSet, or a file too large for
 * the fixed limits inside. */
MUST_CHECK int rpc_descriptors_parse(struct span bytes, struct rpc_descriptors **ret,
                                     struct err *err);
void rpc_descriptors_destroy(struct rpc_descriptors *descriptors); /* NULL is fine */

size_t rpc_descriptors_file_count(const struct rpc_descriptors *d);

/* NULL when there is none. Symbols are full names without a leading dot: packages don't count;
 * services, methods, messages (nested too), fields, enums and their values do. */
const struct rpc_descriptor_file *rpc_descriptors_find_file(const struct rpc_descriptors *d,
                                                            struct span name);
const struct rpc_descriptor_file *rpc_descriptors_find_symbol(const struct rpc_descriptors *d,
                                                              struct span symbol);

/* Compares a server's table with the .proto file: ERR_INVALID names the first row whose kind is
 * another than the file's `stream` words say, a method without a row, or a row without a method. */
MUST_CHECK int rpc_descriptors_check_service(const struct rpc_descriptors *d,
                                             const struct rpc_service *service, struct err *err);

#endif
