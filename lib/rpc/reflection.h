#ifndef PUMASI_LIB_RPC_REFLECTION_H
#define PUMASI_LIB_RPC_REFLECTION_H

#include "lib/base/err.h"
#include "lib/base/span.h"
#include "lib/rpc/server.h"

/*
 * Server reflection, grpc.reflection.v1alpha.ServerReflection: lets grpcurl and its like list the
 * services and read the .proto files of the build. Answers list_services (those of the server),
 * file_by_filename and file_containing_symbol (the file and everything it imports); extensions
 * are unimplemented; what is not known is answered with NOT_FOUND inside the stream.
 */
struct rpc_reflection;

/* set: a FileDescriptorSet (proto_descriptors[] of the build), which must outlive the result.
 * server: whose services are listed; the result must outlive it. ERR_CORRUPT: a bad set. */
MUST_CHECK int rpc_reflection_create(struct span set, const struct rpc_server *server,
                                     struct rpc_reflection **ret, struct err *err);
void rpc_reflection_destroy(struct rpc_reflection *reflection); /* NULL is fine */

/* The service for rpc_server_add(). Its methods have role 0. */
struct rpc_service rpc_reflection_service(struct rpc_reflection *reflection);

#endif
