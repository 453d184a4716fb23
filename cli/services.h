#ifndef PUMASI_CLI_SERVICES_H
#define PUMASI_CLI_SERVICES_H

struct ProtobufCServiceDescriptor;
struct ProtobufCMethodDescriptor;

/* The services of pumasi.v1 by their short names ("LeaseService"), and their methods. NULL when
 * there is none. Static. */
const struct ProtobufCServiceDescriptor *service_find(const char *name);
const struct ProtobufCMethodDescriptor *
service_find_method(const struct ProtobufCServiceDescriptor *service, const char *name);

#endif
