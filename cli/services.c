/*
 * Owns: the list of the API's services that the CLI may call. Constant.
 */
#include "cli/services.h"

#include "pumasi/v1/allocation.pb-c.h"
#include "pumasi/v1/approval.pb-c.h"
#include "pumasi/v1/event.pb-c.h"
#include "pumasi/v1/identity.pb-c.h"
#include "pumasi/v1/lease.pb-c.h"
#include "pumasi/v1/ledger.pb-c.h"
#include "pumasi/v1/loan.pb-c.h"
#include "pumasi/v1/organisation.pb-c.h"
#include "pumasi/v1/pool.pb-c.h"
#include "pumasi/v1/programme.pb-c.h"
#include "pumasi/v1/stage.pb-c.h"
#include "pumasi/v1/statement.pb-c.h"
#include "pumasi/v1/usage.pb-c.h"

#include <string.h>

const ProtobufCServiceDescriptor *service_find(const char *name)
{
    static const ProtobufCServiceDescriptor *const services[] = {
        &pumasi__v1__allocation_service__descriptor,   &pumasi__v1__approval_service__descriptor,
        &pumasi__v1__event_service__descriptor,        &pumasi__v1__identity_service__descriptor,
        &pumasi__v1__lease_service__descriptor,        &pumasi__v1__loan_service__descriptor,
        &pumasi__v1__organisation_service__descriptor, &pumasi__v1__pool_service__descriptor,
        &pumasi__v1__programme_service__descriptor,    &pumasi__v1__statement_service__descriptor,
        &pumasi__v1__usage_service__descriptor,        &pumasi__v1__stage_service__descriptor,
        &pumasi__v1__ledger_service__descriptor,
    };
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        if (strcmp(services[i]->short_name, name) == 0)
            return services[i];
    }
    return NULL;
}

const ProtobufCMethodDescriptor *service_find_method(const ProtobufCServiceDescriptor *service,
                                                     const char *name)
{
    for (unsigned i = 0; service && i < service->n_methods; i++) {
        if (strcmp(service->methods[i].name, name) == 0)
            return &service->methods[i];
    }
    return NULL;
}
