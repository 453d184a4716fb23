#include "lib/etcd/client_internal.h"

#include "lib/base/buf.h"
#include "lib/base/limits.h"
#include "lib/base/span.h"
#include "lib/base/text.h"
#include "lib/rpc/address.h"
#include "lib/rpc/channel.h"

#include <arpa/inet.h>
#include <stdlib.h>

/*
 * Owns the channel and the timers. The channel's rules (all servers in turn, pings, "hasleader")
 * are here and nowhere else. Threads: see the header.
 */
#define DEFAULT_ATTEMPT_MS   1000
#define DEFAULT_KEEPALIVE_MS 10000
#define KEEPALIVE_TIMEOUT_MS 3000
#define PAUSE_MIN_MS         20
#define PAUSE_MAX_MS         1000
#define TARGET_BYTES_MAX     1024
#define ENDPOINT_CAP         280

int64_t etcd_client_now_ms(const struct etcd_client *client)
{
    return env_boot(&client->env).ns / 1000000;
}

int64_t etcd_client_pause_ms(const struct etcd_client *client, unsigned attempt)
{
    int64_t whole = PAUSE_MAX_MS;
    if (attempt < 6)
        whole = (int64_t)PAUSE_MIN_MS << attempt;
    uint16_t dice;
    client->env.random(client->env.world, (uint8_t *)&dice, sizeof(dice));
    return whole / 2 + dice % (whole / 2 + 1);
}

/* gRPC would look for what is no address for as long as it is let. */
static int check_endpoint(const char *text, bool one_of_several, struct err *err)
{
    struct rpc_address address;
    struct in_addr ignored;
    if (strstr(text, "://"))
        return err_set(err, ERR_INVALID, "HOST:PORT is expected, without http://");
    if (strpbrk(text, " \t\r\n"))
        return err_set(err, ERR_INVALID, "HOST:PORT is expected, without blanks");
    TRY(rpc_address_parse(text, &address, err));
    if (!address.is_unix && address.port == 0)
        return err_set(err, ERR_INVALID, "port 0 is none to call");
    if (one_of_several && inet_pton(AF_INET, address.host, &ignored) != 1)
        return err_set(err, ERR_INVALID,
                       "several endpoints must each be an IPv4 address with a port");
    return 0;
}

/* One endpoint is a gRPC target as it stands; several become "ipv4:a,b,c". */
static int make_target(const char *endpoints, struct buf *ret, struct err *err)
{
    if (endpoints == NULL || endpoints[0] == '\0')
        return err_set(err, ERR_INVALID, "etcd: no endpoint given");
    bool several = strchr(endpoints, ',') != NULL;
    for (const char *at = endpoints;; at++) {
        char one[ENDPOINT_CAP];
        size_t len = strcspn(at, ",");
        TRY(text_set(one, sizeof(one), span_of(at, len), "etcd: endpoint", err));
        int rc = check_endpoint(one, several, err);
        if (rc < 0)
            return err_prefix(err, rc, "etcd: endpoint \"%s\"", one);
        at += len;
        if (*at == '\0')
            break;
    }
    if (several)
        buf_append_text(ret, "ipv4:");
    buf_append_text(ret, endpoints);
    return ret->full ? err_set(err, ERR_INVALID, "etcd: list of endpoints too long") : 0;
}

static int make_channel(struct etcd_client *client, const struct etcd_client_options *options,
                        struct err *err)
{
    CLEANUP_BUF struct buf target;
    buf_init(&target, TARGET_BYTES_MAX);
    TRY(make_target(options->endpoints, &target, err));
    bool several = strchr(target.data, ',') != NULL;
    if (several && options->tls != NULL && options->tls_name == NULL)
        return err_set(err, ERR_INVALID,
                       "etcd: several endpoints with TLS need a name that stands in all their "
                       "certificates");
    const struct rpc_metadata has_leader = {.key = "hasleader", .value = "true"};
    const struct rpc_channel_options channel = {
        .tls = options->tls,
        .tls_name = options->tls_name,
        .balance = RPC_BALANCE_ROUND_ROBIN,
        .keepalive_ms = options->keepalive_ms ? options->keepalive_ms : DEFAULT_KEEPALIVE_MS,
        .keepalive_timeout_ms = KEEPALIVE_TIMEOUT_MS,
        .metadata = &has_leader,
        .metadata_count = 1,
        .max_receive_bytes = LIMIT_REPLY_BYTES,
        .own_connection = true,
    };
    return rpc_channel_create(options->loop, target.data, &channel, &client->channel, err);
}

int etcd_client_create(const struct etcd_client_options *options, struct etcd_client **ret,
                       struct err *err)
{
    ENSURE(options->loop != NULL && options->env.boot != NULL);
    struct etcd_client *client = calloc(1, sizeof(*client));
    ENSURE(client != NULL);
    client->loop = options->loop;
    client->env = options->env;
    client->attempt_ms = options->attempt_ms ? options->attempt_ms : DEFAULT_ATTEMPT_MS;
    int rc = etcd_timers_create(&client->env, &client->timers, err);
    if (rc == 0)
        rc = make_channel(client, options, err);
    if (rc < 0) {
        etcd_client_destroy(client);
        return rc;
    }
    *ret = client;
    return 0;
}

void etcd_client_destroy(struct etcd_client *client)
{
    if (client == NULL)
        return;
    ENSURE(atomic_load(&client->handles) == 0);
    /* The timers first: a pausing call sees `closing` and ends, and nothing can be started on the
     * channel any more when that goes. */
    atomic_store(&client->closing, true);
    if (client->timers != NULL)
        etcd_timers_close(client->timers);
    rpc_channel_destroy(client->channel);
    etcd_timers_destroy(client->timers);
    free(client);
}
