#include "lib/etcd/maintenance.h"

#include "lib/base/text.h"
#include "lib/etcd/call.h"
#include "lib/etcd/outcome.h"
#include "lib/rpc/message.h"

#include <etcd/rpc.pb-c.h>

/* Owns the messages of housekeeping. Stateless. */

int etcd_status(struct etcd_client *client, unsigned timeout_ms, struct etcd_status *ret,
                struct err *err)
{
    const Etcdserverpb__StatusRequest request = ETCDSERVERPB__STATUS_REQUEST__INIT;
    const struct etcd_call_spec spec = {
        .method = {&etcdserverpb__maintenance__descriptor, "Status"},
        .message = &request.base,
        .repeat = ETCD_REPEAT_READ,
        .timeout_ms = timeout_ms,
    };
    struct rpc_status status;
    ProtobufCMessage *message = NULL;
    etcd_call_wait(client, &spec, &status, &message);
    if (message == NULL)
        return etcd_set_err(err, &status);
    const Etcdserverpb__StatusResponse *reply = (Etcdserverpb__StatusResponse *)message;
    *ret = (struct etcd_status){
        .revision = reply->header != NULL ? reply->header->revision : 0,
        .size_bytes = reply->dbsize,
        .leader = reply->leader,
    };
    text_cut(ret->version, sizeof(ret->version), reply->version);
    text_cut(ret->alarm, sizeof(ret->alarm), reply->n_errors > 0 ? reply->errors[0] : "");
    rpc_message_destroy(message);
    return 0;
}

int etcd_compact(struct etcd_client *client, int64_t revision, unsigned timeout_ms, struct err *err)
{
    Etcdserverpb__CompactionRequest request = ETCDSERVERPB__COMPACTION_REQUEST__INIT;
    request.revision = revision;
    const struct etcd_call_spec spec = {
        .method = {&etcdserverpb__kv__descriptor, "Compact"},
        .message = &request.base,
        .repeat = ETCD_REPEAT_WRITE,
        .timeout_ms = timeout_ms,
    };
    struct rpc_status status;
    ProtobufCMessage *reply = NULL;
    etcd_call_wait(client, &spec, &status, &reply);
    rpc_message_destroy(reply);
    return status.code == RPC_OK ? 0 : etcd_set_err(err, &status);
}
