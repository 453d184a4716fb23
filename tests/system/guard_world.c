/* Makes nodes for the tests of the guard, and cleans up after them. Every failure to make something
 * is fatal: a test on half a world proves nothing. */
#include "tests/system/guard_world.h"

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/pki/sign.h"
#include "tests/system/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAJOR_STAND_IN 4

#define NEED(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("Bail out! %s:%d: %s: %s\n", __FILE__, __LINE__, #cond, strerror(errno));       \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

uint64_t boot_now_ns(void)
{
    struct env env = env_real();
    return (uint64_t)env_boot(&env).ns;
}

void wait_until_ns(uint64_t boot_ns)
{
    uint64_t fired;
    int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(boot_ns / 1000000000),
                                           .tv_nsec = (long)(boot_ns % 1000000000)}};
    NEED(fd >= 0 && timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
    NEED(read(fd, &fired, sizeof fired) == (ssize_t)sizeof fired);
    close(fd);
}

static void join_path(char *dst, size_t cap, const char *dir, const char *name)
{
    int n = snprintf(dst, cap, "%s/%s", dir, name);
    NEED(n > 0 && (size_t)n < cap);
}

static void write_text(const char *dir, const char *name, const char *text)
{
    char path[256];
    join_path(path, sizeof path, dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    NEED(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static struct key *make_key(const char *dir, const char *sub)
{
    struct key *key;
    char path[128];
    CLEANUP_BUF struct buf pem;
    buf_init(&pem, KEY_PEM_MAX);
    join_path(path, sizeof path, dir, sub);
    NEED(mkdir(path, 0700) == 0);
    NEED(key_generate(&key, NULL) == 0);
    struct public_key public = key_public(key);
    NEED(public_key_format(&public, &pem, NULL) == 0);
    write_text(path, "key.pem", pem.data);
    return key;
}

static void read_boot_id(uint8_t dst[GRANT_BOOT_BYTES])
{
    CLEANUP_BUF struct buf text;
    buf_init(&text, 64);
    NEED(file_read("/proc/sys/kernel/random/boot_id", &text, NULL) == 0);
    NEED(grant_boot_parse(span_of(text.data, text.len - (text.len > 0)), dst, NULL) == 0);
}

/* The mount point of the cgroup2 hierarchy; false when there is none. */
static bool find_cgroup2(char dst[96])
{
    char line[1024], type[32];
    FILE *mounts = fopen("/proc/mounts", "re");
    bool found = false;
    NEED(mounts != NULL);
    while (!found && fgets(line, sizeof line, mounts))
        found = sscanf(line, "%*s %95s %31s", dst, type) == 2 && strcmp(type, "cgroup2") == 0;
    fclose(mounts);
    return found;
}

const char *world_device(const struct world *w, unsigned i, char dst[96])
{
    (void)snprintf(dst, 96, "%s/gpu%u", w->dir, i);
    return dst;
}

static void write_settings(const struct world *w, unsigned first_minor)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "[node]\nid = %s\nowner = skt\npools = skt-b200\n"
                   "[guard]\ncgroup_root = %s\nsocket = %s/socket\nstate_dir = %s/state\n"
                   "kill_timeout = 1\n"
                   "[devices]\ngated = c 4:%u, c 4:%u, c 4:%u, c 4:%u\n"
                   "[keys]\ncontrol_plane = %s/cp\nowner = %s/owner\n",
                   w->node, w->guarded, w->dir, w->dir, first_minor, first_minor + 1,
                   first_minor + 2, first_minor + 3, w->dir, w->dir);
    write_text(w->dir, "guard.conf", text);
}

void world_init(struct world *w, const char *name, unsigned first_minor, enum world_root root)
{
    char mount[96], path[96];
    memset(w, 0, sizeof *w);
    if (geteuid() != 0)
        tap_skip("needs root");
    if (!find_cgroup2(mount))
        tap_skip("no cgroup2 hierarchy is mounted");
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/pumasi-guard-XXXXXX");
    NEED(mkdtemp(w->dir) != NULL && chmod(w->dir, 0711) == 0);
    (void)snprintf(w->node, sizeof w->node, "node-%s-%d", name, (int)getpid());
    w->kind = root;
    (void)snprintf(w->root, sizeof w->root, "%s/pumasi-test-%d", root == WORLD_V1 ? w->dir : mount,
                   (int)getpid());
    (void)snprintf(w->outside, sizeof w->outside, "%s/outside", w->root);
    NEED(mkdir(w->root, 0755) == 0 && mkdir(w->outside, 0755) == 0);
    (void)snprintf(w->guarded, sizeof w->guarded, "%s", root == WORLD_REAL ? mount : w->root);
    for (unsigned i = 0; i < WORLD_DEVICES; i++) {
        world_device(w, i, path);
        NEED(mknod(path, S_IFCHR | 0666, makedev(MAJOR_STAND_IN, first_minor + i)) == 0);
        NEED(chmod(path, 0666) == 0);
        int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0) {
            world_fini(w);
            tap_skip("no openable stand-ins for devices (virtual terminals)");
        }
        close(fd);
    }
    w->control_plane = make_key(w->dir, "cp");
    w->lender = make_key(w->dir, "owner");
    w->stranger = make_key(w->dir, "stranger");
    read_boot_id(w->boot_id);
    write_settings(w, first_minor);
}

uint32_t world_minor(const struct world *w, unsigned i)
{
    char path[96];
    struct stat st;
    NEED(stat(world_device(w, i, path), &st) == 0);
    return minor(st.st_rdev);
}

static void exec_guard(const struct world *w, const char *argument, const char *setting)
{
    char program[512], config[128];
    const char *bin = getenv("PUMASI_BIN_DIR"); /* run by hand: from the top of the tree */
    join_path(program, sizeof program, bin ? bin : "build/dev/bin", "pumasi-guard");
    join_path(config, sizeof config, w->dir, "guard.conf");
    execl(program, "pumasi-guard", "--config", config, argument, setting, (char *)NULL);
    NEED(false);
}

/* Does the guard's log say that, behind the byte? */
static bool log_says(const struct world *w, size_t from, const char *what)
{
    char path[96];
    CLEANUP_BUF struct buf text;
    buf_init(&text, 1 << 20);
    join_path(path, sizeof path, w->dir, "guard.log");
    if (file_read(path, &text, NULL) < 0 || text.len <= from)
        return false;
    return memmem(text.data + from, text.len - from, what, strlen(what)) != NULL;
}

bool world_log_has(const struct world *w, const char *what)
{
    for (int i = 0; i < 1000 && !log_says(w, 0, what); i++)
        wait_until_ns(boot_now_ns() + 5000000);
    return log_says(w, 0, what);
}

static void wait_ready(struct world *w, size_t from)
{
    int status;
    for (int i = 0; i < 4000 && !log_says(w, from, "guard.ready"); i++) {
        NEED(waitpid(w->guard, &status, WNOHANG) == 0);
        wait_until_ns(boot_now_ns() + 5000000);
    }
    NEED(log_says(w, from, "guard.ready"));
}

void world_start(struct world *w, const char *setting)
{
    char socket_path[96], path[96];
    struct err err = ERR_INIT;
    struct stat st;
    join_path(path, sizeof path, w->dir, "guard.log");
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    NEED(log >= 0 && fstat(log, &st) == 0);
    fflush(stdout);
    w->guard = fork();
    if (w->guard == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(log, 2);
        exec_guard(w, setting ? "--set" : NULL, setting);
    }
    close(log);
    wait_ready(w, (size_t)st.st_size);
    join_path(socket_path, sizeof socket_path, w->dir, "socket");
    if (guard_client_connect(socket_path, 20000, &w->client, &err) < 0)
        tap_note("%s", err.text);
    NEED(w->client != NULL && guard_client_watch(w->client, 0, NULL) == 0);
}

int world_stop(struct world *w, int signal_number)
{
    int status = 0;
    NEED(kill(w->guard, signal_number) == 0 && waitpid(w->guard, &status, 0) == w->guard);
    w->guard = 0;
    guard_client_destroy(w->client);
    w->client = NULL;
    return status;
}

int world_run(const struct world *w, const char *option)
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        NEED(freopen("/dev/null", "w", stdout) != NULL);
        exec_guard(w, option, NULL);
    }
    NEED(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int remove_any(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (kind == FTW_DP)
        (void)rmdir(path);
    else
        (void)unlink(path);
    return 0;
}

static int remove_cgroup(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return kind == FTW_DP ? remove_any(path, st, kind, ftw) : 0;
}

static void remove_cgroups(const char *path)
{
    char kill_path[192];
    join_path(kill_path, sizeof kill_path, path, "cgroup.kill");
    if (access(kill_path, F_OK) == 0)
        write_text(path, "cgroup.kill", "1");
    for (int i = 0; i < 200 && access(path, F_OK) == 0; i++) {
        (void)nftw(path, remove_cgroup, 8, FTW_DEPTH | FTW_PHYS);
        wait_until_ns(boot_now_ns() + 5000000);
    }
}

void world_fini(struct world *w)
{
    static const char *const parents[] = {"/sys/fs/cgroup/devices", "/sys/fs/cgroup/freezer"};
    char base[192];
    if (w->guard > 0)
        (void)world_stop(w, SIGKILL);
    if (w->kind != WORLD_V1)
        (void)world_run(w, "--detach");
    (void)snprintf(base, sizeof base, "%s/pumasi-%s", w->guarded, w->node);
    if (access(base, F_OK) == 0)
        remove_cgroups(base);
    remove_cgroups(w->root);
    for (size_t i = 0; w->kind == WORLD_V1 && i < 2; i++) {
        (void)snprintf(base, sizeof base, "%s/pumasi-%s", parents[i], w->node);
        (void)nftw(base, remove_cgroup, 8, FTW_DEPTH | FTW_PHYS);
    }
    (void)nftw(w->dir, remove_any, 8, FTW_DEPTH | FTW_PHYS);
    key_destroy(w->control_plane);
    key_destroy(w->lender);
    key_destroy(w->stranger);
}

bool world_find(struct world *w, const char *lease, struct guard_lease *ret)
{
    for (uint64_t i = 0; guard_client_list(w->client, i, ret, NULL) == 0; i = ret->index + 1) {
        if (strcmp(ret->lease.text, lease) == 0)
            return true;
    }
    return false;
}

struct grant world_grant(struct world *w, const char *lease, unsigned device, uint64_t ttl_ms)
{
    struct grant g;
    uint64_t made_ns;
    struct env env = env_real();
    memset(&g, 0, sizeof g);
    struct public_key public = key_public(w->control_plane);
    g.lease = id_literal(lease);
    g.organisation = id_literal("skt");
    g.project = id_literal("own-work");
    g.node = id_literal(w->node);
    g.key = public_key_id(&public);
    memcpy(g.boot_id, w->boot_id, sizeof g.boot_id);
    g.fence = ++w->fence;
    g.seq = ++w->seq;
    NEED(guard_client_nonce(w->client, g.nonce, &made_ns, NULL) == 0);
    g.issued_at = env_now(&env);
    g.ends_at = instant_add(g.issued_at, 3600);
    g.ttl_ms = ttl_ms;
    g.isolation = GRANT_ISOLATION_WHOLE;
    g.share = share_gpus(1);
    g.uids[0] = WORLD_TENANT_UID;
    g.uid_count = 1;
    g.devices[0] = (struct grant_device){MAJOR_STAND_IN, world_minor(w, device), "GPU-stand-in"};
    g.device_count = 1;
    return g;
}

struct permit world_permit(const struct world *w, struct grant *g)
{
    struct permit p;
    struct public_key public = key_public(w->lender);
    memset(&p, 0, sizeof p);
    g->loan = p.loan = id_literal("loan-1");
    g->project = p.borrower = id_literal("sovereign-1");
    g->organisation = id_literal("kaist");
    p.lender = id_literal("skt");
    p.pool = id_literal("skt-b200");
    p.key = public_key_id(&public);
    p.window = (struct window){instant_add(g->issued_at, -3600), instant_add(g->ends_at, 3600)};
    p.max_share = share_gpus(2);
    p.isolations = 1u << GRANT_ISOLATION_WHOLE;
    p.silence_tolerance_s = 60;
    return p;
}

int world_install(struct world *w, const struct grant *g, const struct key *key,
                  const struct permit *permit, const struct key *lender, struct err *err)
{
    struct guard_install install;
    memset(&install, 0, sizeof install);
    NEED(grant_encode(g, &install.grant, NULL) == 0);
    NEED(sign_bytes(key, span_of(install.grant.data, install.grant.len), &install.signature,
                    NULL) == 0);
    if (permit) {
        NEED(permit_encode(permit, &install.permit, NULL) == 0);
        NEED(sign_bytes(lender, span_of(install.permit.data, install.permit.len),
                        &install.permit_signature, NULL) == 0);
    }
    return guard_client_install(w->client, &install, NULL, err);
}

struct grant world_lease(struct world *w, const char *lease, unsigned device, uint64_t ttl_ms,
                         struct actor *ret_tenant)
{
    struct err err = ERR_INIT;
    struct grant g = world_grant(w, lease, device, ttl_ms);
    int rc = world_install(w, &g, w->control_plane, NULL, NULL, &err);
    /* What was on the device before may still be on its way back. */
    for (int i = 0; i < 4000 && rc == -ERR_CONFLICT; i++) {
        wait_until_ns(boot_now_ns() + 5000000);
        rc = world_install(w, &g, w->control_plane, NULL, NULL, &err);
    }
    if (rc < 0)
        tap_note("%s", err.text);
    NEED(rc == 0);
    err = ERR_INIT;
    *ret_tenant = actor_start(NULL);
    if (guard_client_move(w->client, &g.lease, ret_tenant->pid, &err) < 0)
        tap_note("%s", err.text);
    NEED(err.code == ERR_OK);
    return g;
}

bool world_event(struct world *w, const char *lease, enum guard_event_kind kind,
                 struct guard_event *ret)
{
    uint64_t end_ns = boot_now_ns() + UINT64_C(20000000000);
    bool any;
    while (boot_now_ns() < end_ns) {
        struct pollfd ready = {.fd = guard_client_event_fd(w->client), .events = POLLIN};
        if (poll(&ready, 1, 1000) <= 0)
            continue;
        if (guard_client_next_event(w->client, ret, &any, NULL) < 0)
            return false;
        if (any && ret->kind == kind && strcmp(ret->lease.text, lease) == 0)
            return true;
    }
    return false;
}

/* What a test tells an actor; the answer is one int. */
struct order {
    char what; /* o open, d drop, f fork, p pass, t take, e end */
    int n;
    char path[112];
};

#define HELD_MAX 16

static int do_open(const char *path, int held[HELD_MAX], int *count)
{
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    NEED(*count < HELD_MAX);
    held[(*count)++] = fd;
    return 0;
}

static void send_fd(int socket, int fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    *c = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    NEED(sendmsg(socket, &message, 0) == 1);
}

static int receive_fd(int socket)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    char byte;
    int fd = -1;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    NEED(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void fork_idle(int n)
{
    for (int i = 0; i < n; i++) {
        if (fork() == 0) {
            for (;;)
                pause();
        }
    }
}

static _Noreturn void actor_main(int socket)
{
    int held[HELD_MAX], count = 0;
    struct order order;
    while (recv(socket, &order, sizeof order, 0) == (ssize_t)sizeof order && order.what != 'e') {
        int answer = 0;
        if (order.what == 'o')
            answer = do_open(order.path, held, &count);
        if (order.what == 'f')
            fork_idle(order.n);
        if (order.what == 't')
            held[count++] = receive_fd(socket);
        while (order.what == 'd' && count > 0)
            close(held[--count]);
        if (order.what == 'p')
            send_fd(socket, held[0]);
        else
            NEED(send(socket, &answer, sizeof answer, 0) == (ssize_t)sizeof answer);
    }
    _exit(0);
}

struct actor actor_start(const char *cgroup)
{
    int pair[2], ready;
    NEED(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    fflush(stdout);
    struct actor a = {.pid = fork(), .fd = pair[0]};
    NEED(a.pid >= 0);
    if (a.pid == 0) {
        close(pair[0]);
        if (cgroup)
            write_text(cgroup, "cgroup.procs", "0");
        NEED(setgid(WORLD_TENANT_UID) == 0 && setuid(WORLD_TENANT_UID) == 0);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        ready = 0;
        NEED(send(pair[1], &ready, sizeof ready, 0) == (ssize_t)sizeof ready);
        actor_main(pair[1]);
    }
    close(pair[1]);
    NEED(recv(a.fd, &ready, sizeof ready, 0) == (ssize_t)sizeof ready);
    return a;
}

static void tell(struct actor *a, char what, int n, const char *path)
{
    struct order order = {.what = what, .n = n};
    (void)snprintf(order.path, sizeof order.path, "%s", path);
    NEED(send(a->fd, &order, sizeof order, MSG_NOSIGNAL) == (ssize_t)sizeof order);
}

static int answer(struct actor *a)
{
    int value = -1;
    NEED(recv(a->fd, &value, sizeof value, 0) == (ssize_t)sizeof value);
    return value;
}

int actor_open(struct actor *a, const char *path)
{
    tell(a, 'o', 0, path);
    return answer(a);
}

void actor_drop(struct actor *a)
{
    tell(a, 'd', 0, "");
    (void)answer(a);
}

void actor_fork(struct actor *a, int n)
{
    tell(a, 'f', n, "");
    (void)answer(a);
}

void actor_pass(struct actor *from, struct actor *to)
{
    tell(from, 'p', 0, "");
    int fd = receive_fd(from->fd);
    tell(to, 't', 0, "");
    send_fd(to->fd, fd);
    close(fd);
    (void)answer(to);
}

bool actor_killed(struct actor *a)
{
    int status = 0;
    NEED(waitpid(a->pid, &status, 0) == a->pid);
    close(a->fd);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void actor_end(struct actor *a)
{
    tell(a, 'e', 0, "");
    (void)actor_killed(a);
}

bool freeze_v1(pid_t pid, char dir[96])
{
    char path[160], text[32];
    (void)snprintf(dir, 96, "/sys/fs/cgroup/freezer/pumasi-test-%d", (int)getpid());
    if (mkdir(dir, 0755) < 0)
        return false;
    (void)snprintf(text, sizeof text, "%d", (int)pid);
    const char *const files[][2] = {{"cgroup.procs", text}, {"freezer.state", "FROZEN"}};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", dir, files[i][0]);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool ok = fd >= 0 && write(fd, files[i][1], strlen(files[i][1])) > 0;
        close(fd);
        if (!ok)
            return false;
    }
    return true;
}
