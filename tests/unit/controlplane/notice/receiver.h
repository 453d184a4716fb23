#ifndef PUMASI_TESTS_UNIT_CONTROLPLANE_NOTICE_RECEIVER_H
#define PUMASI_TESTS_UNIT_CONTROLPLANE_NOTICE_RECEIVER_H

#include "tests/support/suite.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A webhook's other end on loopback: answers the i-th request with statuses[i], the last for ever,
 * and keeps the last one's text. */
#define RECEIVER_TEXT 4096

struct receiver {
    int fd;
    char url[64];
    const int *statuses;
    size_t n;
    pthread_t thread;
    atomic_uint calls;
    char text[RECEIVER_TEXT];
};

static inline void receiver_answer(struct receiver *r, int fd)
{
    char reply[96];
    size_t len = 0;
    ssize_t got;
    /* Headers and body come in one or two pieces; a body ends with a brace. */
    while ((got = read(fd, r->text + len, sizeof r->text - 1 - len)) > 0) {
        len += (size_t)got;
        r->text[len] = '\0';
        if (strstr(r->text, "\r\n\r\n") && r->text[len - 1] == '}')
            break;
    }
    unsigned call = atomic_fetch_add(&r->calls, 1);
    int status = r->statuses[call < r->n ? call : r->n - 1];
    int n = snprintf(reply, sizeof reply,
                     "HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
    got = write(fd, reply, (size_t)n);
    (void)got;
    close(fd);
}

static inline void *receiver_run(void *arg)
{
    struct receiver *r = arg;
    for (;;) {
        int fd = accept(r->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        receiver_answer(r, fd);
    }
}

static inline void receiver_open(struct receiver *r, const int *statuses, size_t n)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    *r = (struct receiver){.statuses = statuses, .n = n};
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(r->fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(r->fd, 8), 0);
    ck_assert_int_eq(getsockname(r->fd, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d/hook", ntohs(address.sin_port));
    ck_assert_int_eq(pthread_create(&r->thread, NULL, receiver_run, r), 0);
}

static inline void receiver_close(struct receiver *r)
{
    shutdown(r->fd, SHUT_RDWR);
    pthread_join(r->thread, NULL);
    close(r->fd);
}

#endif
