/*
 * Binding a loopback address or a socket file. Names are not looked up: what is not plainly this
 * machine's is refused. A listener with fd -1 holds nothing; one with a socket path owns that file.
 */
#include "controlplane/console/listener.h"

#include "lib/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIX_PREFIX  "unix:"
#define BACKLOG      64
#define SOCKET_MODE  0660
#define HOST_CAP     32
#define ADDRESS_RULE "127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:/PATH"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un file;
};

/* ---- reading the address ---- */

static int refuse(const char *text, struct err *err)
{
    return err_set(err, ERR_INVALID, "address \"%s\" is not one of %s", text, ADDRESS_RULE);
}

static int parse_file(const char *text, union address *ret, socklen_t *ret_len, struct err *err)
{
    const char *path = text + strlen(UNIX_PREFIX);
    size_t len = strlen(path);
    if (path[0] != '/' || len >= sizeof ret->file.sun_path)
        return err_set(err, ERR_INVALID,
                       "address \"%s\": a socket's path begins with / and has "
                       "at most %zu bytes",
                       text, sizeof ret->file.sun_path - 1);
    ret->file = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->file.sun_path, path, len);
    *ret_len = sizeof ret->file;
    return 0;
}

/* The host is bounded, without its brackets; 127.0.0.0/8 and ::1 pass. */
static bool read_host(const char *host, in_port_t port, union address *ret, socklen_t *ret_len)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (strcmp(host, "[::1]") == 0 && inet_pton(AF_INET6, "::1", &v6) == 1) {
        ret->v6 =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = v6};
        *ret_len = sizeof ret->v6;
        return true;
    }
    const char *digits = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (inet_pton(AF_INET, digits, &v4) != 1 || ntohl(v4.s_addr) >> 24 != IN_LOOPBACKNET)
        return false;
    ret->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port, .sin_addr = v4};
    *ret_len = sizeof ret->v4;
    return true;
}

static int parse(const char *text, union address *ret, socklen_t *ret_len, struct err *err)
{
    char host[HOST_CAP];
    int64_t port;
    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return parse_file(text, ret, ret_len, err);
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return refuse(text, err);
    TRY(text_to_i64(span_text(colon + 1), "port", 0, UINT16_MAX, &port, err));
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    return read_host(host, htons((uint16_t)port), ret, ret_len) ? 0 : refuse(text, err);
}

/* ---- binding ---- */

/* Nobody answers at the socket file: its owner died without removing it. */
static bool is_left_over(const union address *a, socklen_t len)
{
    struct stat st;
    if (lstat(a->file.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, &a->any, len) < 0 && errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return refused;
}

/* The mode is set on the socket before it is bound, so that the file never has another. */
static int bind_file(int fd, const union address *a, socklen_t len)
{
    if (fchmod(fd, SOCKET_MODE) < 0)
        return -1;
    if (bind(fd, &a->any, len) == 0)
        return 0;
    if (errno != EADDRINUSE || !is_left_over(a, len)) {
        errno = EADDRINUSE;
        return -1;
    }
    (void)unlink(a->file.sun_path);
    return bind(fd, &a->any, len);
}

static int bind_any(int fd, const union address *a, socklen_t len)
{
    int on = 1;
    if (a->any.sa_family == AF_UNIX)
        return bind_file(fd, a, len);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return -1;
    return bind(fd, &a->any, len);
}

/* The address as it was written, with the port that the kernel gave. */
static void describe(struct listener *l, const char *text)
{
    union address a;
    socklen_t len = sizeof a;
    if (l->is_unix || getsockname(l->fd, &a.any, &len) < 0) {
        (void)snprintf(l->text, sizeof l->text, "%s", text);
        return;
    }
    const char *colon = strrchr(text, ':');
    in_port_t port = a.any.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port;
    (void)snprintf(l->text, sizeof l->text, "%.*s:%u", (int)(colon - text), text, ntohs(port));
}

int listener_open(const char *address, struct listener *ret, struct err *err)
{
    union address a;
    socklen_t len;
    TRY(parse(address, &a, &len, err));
    struct listener l = {.is_unix = a.any.sa_family == AF_UNIX};
    l.fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l.fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "%s: %s", address, strerror(errno));
    if (bind_any(l.fd, &a, len) < 0 || listen(l.fd, BACKLOG) < 0) {
        int rc = err_set(err, ERR_UNAVAILABLE, "%s: %s", address, strerror(errno));
        close(l.fd);
        return rc;
    }
    if (l.is_unix)
        l.socket = a.file;
    describe(&l, address);
    ENSURE(l.is_unix == (l.socket.sun_path[0] != '\0'));
    *ret = l;
    return 0;
}

int listener_detach(struct listener *l)
{
    int fd = l->fd;
    ENSURE(fd >= 0);
    l->fd = -1;
    return fd;
}

void listener_close(struct listener *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    if (l->socket.sun_path[0] != '\0')
        (void)unlink(l->socket.sun_path);
    l->socket.sun_path[0] = '\0';
}
