#include "lib/etcd/child.h"

#include "lib/etcd/client.h"
#include "lib/etcd/kv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Owns the etcd process. The supervisor thread forks it, because PR_SET_PDEATHSIG follows the
 * forking *thread*: it lives as long as the child object, so the signal comes exactly when this
 * process dies. That thread alone waits for the process; others ask under the mutex.
 */
#define DEFAULT_PROGRAM  "/usr/bin/etcd"
#define CLIENT_SOCKET    "etcd.client:0" /* etcd wants host:port even for a unix socket */
#define PEER_SOCKET      "etcd.peer:0"
#define DATA_DIR_MAX     80
#define PATH_CAP         512
#define URL_CAP          128
#define STOP_GRACE_MS    10000
#define PAUSE_MIN_MS     100
#define PAUSE_MAX_MS     10000
#define LIVED_LONG_MS    10000 /* after such a life the pause starts from the minimum again */
#define PROBE_MS         250   /* of one readiness read, so that an early death is noticed */
#define CONNECT_PAUSE_MS 5
#define EVENT_TEXT_CAP   256

struct etcd_child {
    struct env env;
    etcd_child_fn on_event;
    void *ud;
    int log_fd;
    char program[PATH_CAP];
    char data_dir[PATH_CAP]; /* <data_dir>/etcd */
    char run_dir[PATH_CAP];  /* <data_dir>/etcd-run */
    char client_url[URL_CAP];
    char endpoint[PATH_CAP];
    int lock_fd;
    int stop_fd;  /* readable: the supervisor is to end */
    int ended_fd; /* readable: the process has ended at least once */
    pthread_t supervisor;
    bool supervised;

    pthread_mutex_t mutex;
    pid_t pid;                     /* 0: none */
    char last_end[EVENT_TEXT_CAP]; /* how the last process ended */
};

const char *etcd_child_event_name(enum etcd_child_event event)
{
    static const char *const names[ETCD_CHILD_EVENT_COUNT] = {"started", "died", "failed"};
    ENSURE((unsigned)event < ETCD_CHILD_EVENT_COUNT);
    return names[event];
}

static void tell(struct etcd_child *child, enum etcd_child_event event, const char *text)
{
    if (child->on_event != NULL)
        child->on_event(event, text, child->ud);
}

static void raise_flag(int event_fd)
{
    uint64_t one = 1;
    ssize_t n = write(event_fd, &one, sizeof(one));
    ENSURE(n == sizeof(one));
}

/* True if fd becomes readable within timeout_ms (-1: any time). */
static bool wait_readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n;
    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    return n > 0;
}

/* ---- the process ---- */

/* Runs in the forked child: only what is safe between fork and exec. */
_Noreturn static void become_etcd(const struct etcd_child *child, pid_t parent, char *const argv[])
{
    char *const envp[] = {"PATH=/usr/bin:/bin", NULL};
    sigset_t none;
    sigemptyset(&none);
    bool ready = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
                 sigprocmask(SIG_SETMASK, &none, NULL) == 0 && chdir(child->run_dir) == 0;
    int null_fd = open("/dev/null", O_RDWR);
    int log_fd = child->log_fd >= 0 ? child->log_fd : null_fd;
    ready = ready && null_fd >= 0 && dup2(log_fd, STDERR_FILENO) >= 0 &&
            dup2(null_fd, STDIN_FILENO) >= 0 && dup2(null_fd, STDOUT_FILENO) >= 0 &&
            syscall(SYS_close_range, 3U, ~0U, 0U) == 0;
    if (ready)
        execve(child->program, argv, envp);
    _exit(127);
}

static void unlink_sockets(const struct etcd_child *child)
{
    static const char *const names[] = {CLIENT_SOCKET, PEER_SOCKET};
    char path[PATH_CAP + sizeof(CLIENT_SOCKET)];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", child->run_dir, names[i]);
        (void)unlink(path); /* left by a SIGKILL; mostly not there */
    }
}

static pid_t spawn(struct etcd_child *child)
{
    unlink_sockets(child);
    /* clang-format off */
    const char *const argv[] = {
        "etcd", "--name", "default", "--data-dir", child->data_dir,
        "--listen-client-urls", child->client_url, "--advertise-client-urls", child->client_url,
        "--listen-peer-urls", "unix://" PEER_SOCKET,
        "--initial-advertise-peer-urls", "unix://" PEER_SOCKET,
        "--initial-cluster", "default=unix://" PEER_SOCKET,
        "--snapshot-count", "10000", "--quota-backend-bytes", "8589934592",
        "--backend-batch-limit", "1000",
        "--auto-compaction-mode", "revision", "--auto-compaction-retention", "10000",
        "--max-txn-ops", "512", "--max-request-bytes", "4194304",
        "--grpc-keepalive-min-time", "1s",
        "--heartbeat-interval", "10", "--election-timeout", "100", /* one node: no network */
        "--logger", "zap", "--log-level", "warn", "--log-outputs", "stderr", NULL};
    /* clang-format on */
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become_etcd(child, parent, (char *const *)argv);
    return pid;
}

/* "ended with code 1", "ended by signal 9". A stop by SIGTERM ends in signal 15: etcd raises it
 * again when it is done. */
static void describe_end(int status, char dst[EVENT_TEXT_CAP])
{
    if (WIFSIGNALED(status))
        snprintf(dst, EVENT_TEXT_CAP, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == 127)
        snprintf(dst, EVENT_TEXT_CAP, "could not be executed");
    else
        snprintf(dst, EVENT_TEXT_CAP, "ended with code %d", WEXITSTATUS(status));
}

static void set_pid(struct etcd_child *child, pid_t pid, const char *end)
{
    pthread_mutex_lock(&child->mutex);
    child->pid = pid;
    if (end != NULL)
        snprintf(child->last_end, sizeof(child->last_end), "%s", end);
    pthread_mutex_unlock(&child->mutex);
}

/* ---- the supervisor ---- */

static int open_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0U);
    ENSURE(fd >= 0); /* the process is ours and not yet waited for */
    return fd;
}

static void reap(struct etcd_child *child, pid_t pid)
{
    int status = 0;
    pid_t got;
    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    char end[EVENT_TEXT_CAP];
    describe_end(status, end);
    set_pid(child, 0, end);
    raise_flag(child->ended_fd);
}

/* Waits for the end of the process or for the order to stop it; true: it was stopped. */
static bool attend(struct etcd_child *child, pid_t pid)
{
    int pidfd = open_pidfd(pid);
    struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN},
                          {.fd = child->stop_fd, .events = POLLIN}};
    while (poll(p, 2, -1) < 0)
        ENSURE(errno == EINTR);
    bool stopped = p[0].revents == 0;
    if (stopped) {
        (void)kill(pid, SIGTERM);
        if (!wait_readable(pidfd, STOP_GRACE_MS))
            (void)kill(pid, SIGKILL);
    }
    reap(child, pid);
    close(pidfd);
    return stopped;
}

static void *supervise(void *arg)
{
    struct etcd_child *child = arg;
    int pause_ms = PAUSE_MIN_MS;
    char text[2 * EVENT_TEXT_CAP];
    for (;;) {
        int64_t born_ns = env_boot(&child->env).ns;
        pid_t pid = spawn(child);
        if (pid > 0) {
            set_pid(child, pid, NULL);
            snprintf(text, sizeof(text), "etcd runs as process %d", (int)pid);
            tell(child, ETCD_CHILD_STARTED, text);
            if (attend(child, pid))
                return NULL;
            if (env_boot(&child->env).ns - born_ns > LIVED_LONG_MS * INT64_C(1000000))
                pause_ms = PAUSE_MIN_MS;
            snprintf(text, sizeof(text), "etcd, process %d, %s; started again in %d ms", (int)pid,
                     child->last_end, pause_ms);
            tell(child, ETCD_CHILD_DIED, text);
        } else {
            snprintf(text, sizeof(text), "no process for etcd: errno %d; tried again in %d ms",
                     errno, pause_ms);
            tell(child, ETCD_CHILD_FAILED, text);
        }
        if (wait_readable(child->stop_fd, pause_ms))
            return NULL;
        pause_ms = 2 * pause_ms < PAUSE_MAX_MS ? 2 * pause_ms : PAUSE_MAX_MS;
    }
}

/* ---- preparing ---- */

static int make_dir(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return err_set(err, ERR_IO, "%s: can't be made: errno %d", path, errno);
}

/* One process at a time: a second would unlink the first one's sockets. */
static int take_lock(struct etcd_child *child, struct err *err)
{
    char path[PATH_CAP + 8];
    snprintf(path, sizeof(path), "%s/lock", child->run_dir);
    child->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (child->lock_fd < 0)
        return err_set(err, ERR_IO, "%s: can't be opened: errno %d", path, errno);
    if (flock(child->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(err, ERR_UNAVAILABLE, "%s: another process runs this etcd", path);
    return 0;
}

static int make_dirs(struct etcd_child *child, const char *data_dir, struct err *err)
{
    if (data_dir == NULL || data_dir[0] != '/' || strlen(data_dir) >= PATH_CAP - 16)
        return err_set(err, ERR_INVALID, "etcd: data_dir must be an absolute path");
    snprintf(child->data_dir, sizeof(child->data_dir), "%s/etcd", data_dir);
    snprintf(child->run_dir, sizeof(child->run_dir), "%s/etcd-run", data_dir);
    TRY(make_dir(child->data_dir, err));
    TRY(make_dir(child->run_dir, err));
    return take_lock(child, err);
}

/* "127.0.0.1:2379" as an address; only loopback: there is no TLS. */
static int parse_listen(const char *listen, struct sockaddr_in *ret, struct err *err)
{
    char host[INET_ADDRSTRLEN] = "";
    int port = -1;
    char rest;
    struct sockaddr_in address = {.sin_family = AF_INET};
    bool good = sscanf(listen, "%15[0-9.]:%5d%c", host, &port, &rest) == 2 && port >= 0 &&
                port <= 65535 && inet_pton(AF_INET, host, &address.sin_addr) == 1 &&
                ntohl(address.sin_addr.s_addr) >> 24 == 127;
    if (!good)
        return err_set(err, ERR_INVALID, "etcd: listen \"%s\": want 127.x.x.x:port", listen);
    address.sin_port = htons((uint16_t)port);
    *ret = address;
    return 0;
}

/* Replaces port 0 by one that is free now. */
static int pick_port(struct sockaddr_in *address, struct err *err)
{
    socklen_t len = sizeof(*address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool picked = fd >= 0 && bind(fd, (struct sockaddr *)address, len) == 0 &&
                  getsockname(fd, (struct sockaddr *)address, &len) == 0;
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (!picked)
        return err_set(err, ERR_UNAVAILABLE, "etcd: no port to listen on: errno %d", number);
    return 0;
}

static int choose_endpoint(struct etcd_child *child, const struct etcd_child_options *options,
                           struct err *err)
{
    if (options->listen == NULL) {
        if (strlen(options->data_dir) > DATA_DIR_MAX)
            return err_set(err, ERR_INVALID, "etcd: data_dir is longer than %d bytes",
                           DATA_DIR_MAX);
        snprintf(child->client_url, sizeof(child->client_url), "unix://%s", CLIENT_SOCKET);
        snprintf(child->endpoint, sizeof(child->endpoint), "unix:%s/etcd-run/%s", options->data_dir,
                 CLIENT_SOCKET);
        return 0;
    }
    struct sockaddr_in address;
    char host[INET_ADDRSTRLEN];
    TRY(parse_listen(options->listen, &address, err));
    if (address.sin_port == 0)
        TRY(pick_port(&address, err));
    inet_ntop(AF_INET, &address.sin_addr, host, sizeof(host));
    snprintf(child->endpoint, sizeof(child->endpoint), "%s:%d", host, ntohs(address.sin_port));
    snprintf(child->client_url, sizeof(child->client_url), "http://%s:%d", host,
             ntohs(address.sin_port));
    return 0;
}

static int prepare(struct etcd_child *child, const struct etcd_child_options *options,
                   struct err *err)
{
    const char *program = options->program != NULL ? options->program : DEFAULT_PROGRAM;
    if (access(program, X_OK) < 0)
        return err_set(err, ERR_IO, "%s: can't be executed: install etcd-server", program);
    snprintf(child->program, sizeof(child->program), "%s", program);
    child->stop_fd = eventfd(0, EFD_CLOEXEC);
    child->ended_fd = eventfd(0, EFD_CLOEXEC);
    if (child->stop_fd < 0 || child->ended_fd < 0)
        return err_set(err, ERR_IO, "etcd: no descriptor left");
    TRY(make_dirs(child, options->data_dir, err));
    TRY(choose_endpoint(child, options, err));
    if (pthread_create(&child->supervisor, NULL, supervise, child) != 0)
        return err_set(err, ERR_IO, "etcd: no thread left");
    child->supervised = true;
    return 0;
}

/* ---- readiness ---- */

static int ended_err(struct etcd_child *child, struct err *err)
{
    pthread_mutex_lock(&child->mutex);
    int rc =
        err_set(err, ERR_UNAVAILABLE, "etcd %s while starting: look at its log", child->last_end);
    pthread_mutex_unlock(&child->mutex);
    return rc;
}

static bool can_connect(const struct etcd_child *child)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in inet;
    struct sockaddr *address = (struct sockaddr *)&local;
    socklen_t len = sizeof(local);
    if (strncmp(child->endpoint, "unix:", 5) == 0) {
        snprintf(local.sun_path, sizeof(local.sun_path), "%s", child->endpoint + 5);
    } else {
        if (parse_listen(child->endpoint, &inet, NULL) < 0)
            return false;
        address = (struct sockaddr *)&inet;
        len = sizeof(inet);
    }
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, address, len) == 0;
    if (fd >= 0)
        close(fd);
    return connected;
}

static int ignore_kv(const struct etcd_kv *kv, void *ud)
{
    (void)kv;
    (void)ud;
    return 0;
}

/* Reads a key, linearizable, until that works. Connects by hand first: a gRPC channel that finds
 * nobody there pauses for a second. */
static int wait_ready(struct etcd_child *child, struct rpc_loop *loop, unsigned timeout_ms,
                      struct err *err)
{
    int64_t deadline_ns = env_boot(&child->env).ns + timeout_ms * INT64_C(1000000);
    while (!can_connect(child)) {
        if (wait_readable(child->ended_fd, CONNECT_PAUSE_MS))
            return ended_err(child, err);
        if (env_boot(&child->env).ns >= deadline_ns)
            return err_set(err, ERR_UNAVAILABLE, "etcd does not listen after %u ms", timeout_ms);
    }
    const struct etcd_client_options options = {
        .endpoints = child->endpoint, .loop = loop, .env = child->env};
    struct etcd_client *client = NULL;
    TRY(etcd_client_create(&options, &client, err));
    int64_t revision;
    int rc;
    do {
        rc = etcd_get(client, span_text("/"), PROBE_MS, ignore_kv, NULL, &revision, err);
        if (rc < 0 && wait_readable(child->ended_fd, 0)) {
            rc = ended_err(child, err);
            break;
        }
    } while (rc < 0 && env_boot(&child->env).ns < deadline_ns);
    etcd_client_destroy(client);
    return rc;
}

int etcd_child_start(const struct etcd_child_options *options, unsigned timeout_ms,
                     struct etcd_child **ret, struct err *err)
{
    ENSURE(timeout_ms >= 1 && timeout_ms <= ETCD_TIMEOUT_MAX_MS && options->loop != NULL);
    struct etcd_child *child = calloc(1, sizeof(*child));
    ENSURE(child != NULL);
    child->env = options->env;
    child->on_event = options->on_event;
    child->ud = options->ud;
    child->log_fd = options->log_fd;
    child->lock_fd = child->stop_fd = child->ended_fd = -1;
    pthread_mutex_init(&child->mutex, NULL);
    int rc = prepare(child, options, err);
    if (rc == 0)
        rc = wait_ready(child, options->loop, timeout_ms, err);
    if (rc < 0) {
        etcd_child_destroy(child);
        return rc;
    }
    *ret = child;
    return 0;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void etcd_child_destroy(struct etcd_child *child)
{
    if (child == NULL)
        return;
    if (child->supervised) {
        raise_flag(child->stop_fd);
        pthread_join(child->supervisor, NULL);
    }
    close_fd(child->lock_fd);
    close_fd(child->stop_fd);
    close_fd(child->ended_fd);
    pthread_mutex_destroy(&child->mutex);
    free(child);
}

const char *etcd_child_endpoint(const struct etcd_child *child)
{
    return child->endpoint;
}

pid_t etcd_child_pid(struct etcd_child *child)
{
    pthread_mutex_lock(&child->mutex);
    pid_t pid = child->pid;
    pthread_mutex_unlock(&child->mutex);
    return pid;
}
