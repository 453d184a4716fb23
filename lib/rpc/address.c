/* Owns the reading of listen addresses. No state, any thread. */
#include "lib/rpc/address.h"

#include "lib/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int parse_unix(const char *path, struct rpc_address *ret, struct err *err)
{
    struct rpc_address address = {.is_unix = true};
    if (path[0] == '\0')
        return err_set(err, ERR_INVALID, "a socket file needs a path");
    if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return err_set(err, ERR_INVALID, "the path of a socket file is too long: %s", path);
    TRY(text_set(address.host, sizeof(address.host), span_text(path), "socket file", err));
    *ret = address;
    return 0;
}

int rpc_address_parse(const char *text, struct rpc_address *ret, struct err *err)
{
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, ret, err);
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text)
        return err_set(err, ERR_INVALID, "address %s is not host:port", text);
    const char *host = text;
    size_t len = (size_t)(colon - text);
    if (host[0] == '[') {
        if (len < 3 || host[len - 1] != ']')
            return err_set(err, ERR_INVALID, "address %s has an open bracket", text);
        host++;
        len -= 2;
    } else if (memchr(host, ':', len)) {
        return err_set(err, ERR_INVALID, "address %s needs brackets: [host]:port", text);
    }
    struct rpc_address address = {.is_unix = false};
    int64_t port;
    TRY(text_to_i64(span_text(colon + 1), "port", 0, 65535, &port, err));
    TRY(text_set(address.host, sizeof(address.host), span_of(host, len), "host", err));
    address.port = (uint16_t)port;
    *ret = address;
    return 0;
}

bool rpc_address_is_local(const struct rpc_address *address)
{
    if (address->is_unix || strcmp(address->host, "localhost") == 0)
        return true;
    struct in_addr v4;
    if (inet_pton(AF_INET, address->host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    struct in6_addr v6;
    return inet_pton(AF_INET6, address->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static int try_bind(const struct addrinfo *info, const char *host, struct err *err)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot make a socket: %s", strerror(errno));
    int yes = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    int failed = bind(fd, info->ai_addr, info->ai_addrlen) != 0 ? errno : 0;
    close(fd);
    if (failed)
        return err_set(err, ERR_UNAVAILABLE, "cannot listen on %s: %s", host, strerror(failed));
    return 0;
}

int rpc_address_try_bind(const struct rpc_address *address, struct err *err)
{
    if (address->is_unix)
        return 0;
    char port[8];
    snprintf(port, sizeof(port), "%u", address->port);
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int failed = getaddrinfo(address->host, port, &hints, &list);
    if (failed)
        return err_set(err, ERR_UNAVAILABLE, "cannot find %s: %s", address->host,
                       gai_strerror(failed));
    int rc = try_bind(list, address->host, err);
    freeaddrinfo(list);
    return rc;
}
