/*
 * The journal: frames of {magic, kind, length, seq, crc} and a payload. The file is the truth; what
 * is pending is also kept in memory, for sending.
 */
#include "nodeagent/agent/journal.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRAME_MAGIC   UINT32_C(0x50554d4a) /* "PUMJ" */
#define LENGTH_MAX    (sizeof(uint32_t) + 2 * JOURNAL_PAYLOAD_MAX)
#define REWRITE_BYTES (1 << 20)
/* The file is at most twice what it has to hold, and one entry. */
#define FILE_BYTES_MAX (2 * LIMIT_JOURNAL_BYTES + 4 * JOURNAL_PAYLOAD_MAX)
#define NAME_PREFIX    "usage-"
#define NAME_SUFFIX    ".journal"

struct frame {
    uint32_t magic;
    uint32_t kind;
    uint32_t length; /* at most LENGTH_MAX */
    uint32_t crc;    /* over kind, length, seq and payload */
    uint64_t seq;
};
_Static_assert(sizeof(struct frame) == 24, "frames have no padding");

struct pending {
    uint64_t seq;
    size_t offset; /* into `bytes` */
    size_t len;
};

struct journal {
    char path[PATH_MAX];
    int fd;
    uint64_t file_bytes;
    bool broken; /* half an entry could not be cut off: nothing may follow it */
    uint64_t next_seq;
    uint64_t acked;
    struct buf bytes; /* payloads of pending intervals, one after the other */
    struct pending *pending;
    size_t pending_count, pending_cap;
    struct buf mark;
};

/* CRC-32 (IEEE 802.3), bit by bit: entries are small and few. */
static uint32_t crc_add(uint32_t crc, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & -(crc & 1));
    }
    return crc;
}

static uint32_t frame_crc(const struct frame *f, struct span payload)
{
    uint32_t crc = UINT32_MAX;
    crc = crc_add(crc, &f->kind, sizeof f->kind);
    crc = crc_add(crc, &f->length, sizeof f->length);
    crc = crc_add(crc, &f->seq, sizeof f->seq);
    return ~crc_add(crc, payload.data, payload.len);
}

/* ---- what is in memory ---- */

static void keep_interval(struct journal *j, uint64_t seq, struct span payload)
{
    if (j->pending_count == j->pending_cap) {
        j->pending_cap = j->pending_cap ? 2 * j->pending_cap : 16;
        j->pending = realloc(j->pending, j->pending_cap * sizeof *j->pending);
        ENSURE(j->pending);
    }
    j->pending[j->pending_count++] =
        (struct pending){.seq = seq, .offset = j->bytes.len, .len = payload.len};
    buf_append(&j->bytes, payload.data, payload.len);
    ENSURE(!j->bytes.full);
    j->next_seq = seq + 1;
}

static void forget_acked(struct journal *j, uint64_t seq)
{
    size_t n = 0;
    if (seq > j->acked)
        j->acked = seq;
    if (j->acked >= j->next_seq)
        j->next_seq = j->acked + 1;
    while (n < j->pending_count && j->pending[n].seq <= j->acked)
        n++;
    if (n == 0)
        return;
    size_t cut = n < j->pending_count ? j->pending[n].offset : j->bytes.len;
    memmove(j->bytes.data, j->bytes.data + cut, j->bytes.len - cut);
    j->bytes.len -= cut;
    j->pending_count -= n;
    memmove(j->pending, j->pending + n, j->pending_count * sizeof *j->pending);
    for (size_t i = 0; i < j->pending_count; i++)
        j->pending[i].offset -= cut;
}

static void keep_mark(struct journal *j, struct span mark)
{
    buf_reset(&j->mark);
    buf_append(&j->mark, mark.data, mark.len);
    ENSURE(!j->mark.full);
}

/* An interval and the mark that goes with it, behind the interval's length. False: not that. */
static bool parts_of(struct span payload, struct span *ret_interval, struct span *ret_mark)
{
    uint32_t length;
    if (payload.len < sizeof length)
        return false;
    memcpy(&length, payload.data, sizeof length);
    size_t left = payload.len - sizeof length;
    if (length > left || length > JOURNAL_PAYLOAD_MAX || left - length > JOURNAL_PAYLOAD_MAX)
        return false;
    *ret_interval = span_of(payload.data + sizeof length, length);
    *ret_mark = span_of(payload.data + sizeof length + length, left - length);
    return true;
}

static bool take_interval(struct journal *j, uint64_t seq, struct span interval)
{
    if (seq != j->next_seq || interval.len > JOURNAL_PAYLOAD_MAX)
        return false;
    keep_interval(j, seq, interval);
    return true;
}

/* False: whole, but nothing that we write there. */
static bool take_in(struct journal *j, const struct frame *f, struct span payload)
{
    struct span interval, mark;
    switch ((enum journal_kind)f->kind) {
    case JOURNAL_INTERVAL:
        return take_interval(j, f->seq, payload);
    case JOURNAL_METERED:
        if (!parts_of(payload, &interval, &mark) || !take_interval(j, f->seq, interval))
            return false;
        keep_mark(j, mark);
        return true;
    case JOURNAL_MARK:
        if (payload.len > JOURNAL_PAYLOAD_MAX)
            return false;
        keep_mark(j, payload);
        return true;
    case JOURNAL_ACK:
        forget_acked(j, f->seq);
        return true;
    case JOURNAL_NEXT:
        if (f->seq < j->next_seq)
            return false;
        j->next_seq = f->seq;
        return true;
    case JOURNAL_KIND_END:
        break;
    }
    return false;
}

/* ---- the file ---- */

static bool frame_at(struct span file, size_t at, struct frame *ret, struct span *ret_payload)
{
    if (file.len - at < sizeof *ret)
        return false;
    memcpy(ret, file.data + at, sizeof *ret);
    if (ret->magic != FRAME_MAGIC || ret->kind == 0 || ret->kind >= JOURNAL_KIND_END ||
        ret->length > LENGTH_MAX || ret->length > file.len - at - sizeof *ret)
        return false;
    *ret_payload = span_of(file.data + at + sizeof *ret, ret->length);
    return ret->crc == frame_crc(ret, *ret_payload);
}

static int failed(const struct journal *j, const char *what, struct err *err)
{
    return err_set(err, ERR_IO, "%s: %s: %s", j->path, what, strerror(errno));
}

/* Whether a whole entry begins anywhere behind the first byte. */
static bool holds_entry(struct span tail)
{
    const uint32_t magic = FRAME_MAGIC;
    struct frame frame;
    struct span payload;
    for (size_t at = 1; at < tail.len; at++) {
        const uint8_t *found = memmem(tail.data + at, tail.len - at, &magic, sizeof magic);
        if (!found)
            return false;
        at = (size_t)(found - tail.data);
        if (frame_at(tail, at, &frame, &payload))
            return true;
    }
    return false;
}

/* What a crash can have left of the last append: nothing but zeros, or the beginning of one entry
 * with zeros behind it. Anything else was written and is damaged. */
static bool is_torn(struct span tail)
{
    struct frame frame = {.magic = 0};
    uint32_t magic = FRAME_MAGIC;
    while (tail.len > 0 && tail.data[tail.len - 1] == 0)
        tail.len--;
    size_t known = tail.len < sizeof frame ? tail.len : sizeof frame;
    if (known > 0)
        memcpy(&frame, tail.data, known);
    if (memcmp(&frame, &magic, known < sizeof magic ? known : sizeof magic) != 0)
        return false;
    return tail.len <= sizeof frame ||
           (frame.length <= LENGTH_MAX && tail.len - sizeof frame <= frame.length);
}

static int read_back(struct journal *j, struct err *err)
{
    struct buf file;
    struct frame frame;
    struct span payload;
    size_t at = 0;
    buf_init(&file, FILE_BYTES_MAX);
    int rc = file_read(j->path, &file, err);
    while (rc == 0 && frame_at(buf_span(&file), at, &frame, &payload)) {
        if (!take_in(j, &frame, payload))
            rc = err_set(err, ERR_CORRUPT, "%s: the entry at byte %zu does not belong there",
                         j->path, at);
        at += sizeof frame + frame.length;
    }
    bool torn = rc == 0 && at < file.len;
    struct span tail = span_of(file.data + at, file.len - at);
    if (torn && (!is_torn(tail) || holds_entry(tail)))
        rc = err_set(err, ERR_CORRUPT, "%s: damaged at byte %zu", j->path, at);
    buf_fini(&file);
    if (rc < 0)
        return rc;
    if (torn && (ftruncate(j->fd, (off_t)at) < 0 || fsync(j->fd) < 0))
        return failed(j, "cutting off a torn entry", err);
    j->file_bytes = at;
    return 0;
}

static int sync_directory(const struct journal *j, const char *directory, struct err *err)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(j, directory, err);
    int rc = fsync(fd);
    close(fd);
    return rc < 0 ? failed(j, directory, err) : 0;
}

static int path_of(const char *directory, const char *boot_id, char ret[PATH_MAX], struct err *err)
{
    int n = snprintf(ret, PATH_MAX, "%s/" NAME_PREFIX "%s" NAME_SUFFIX, directory, boot_id);
    if (n < 0 || n >= PATH_MAX || strchr(boot_id, '/'))
        return err_set(err, ERR_INVALID, "agent.state_dir %s is too long", directory);
    return 0;
}

static struct journal *create(void)
{
    struct journal *j = calloc(1, sizeof *j);
    ENSURE(j);
    j->fd = -1;
    j->next_seq = 1;
    buf_init(&j->bytes, LIMIT_JOURNAL_BYTES + JOURNAL_PAYLOAD_MAX);
    buf_init(&j->mark, JOURNAL_PAYLOAD_MAX);
    return j;
}

int journal_open(const char *directory, const char *boot_id, struct journal **ret, struct err *err)
{
    struct journal *j = create();
    int rc = path_of(directory, boot_id, j->path, err);
    if (rc == 0) {
        j->fd = open(j->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        rc = j->fd < 0 ? failed(j, "open", err) : read_back(j, err);
    }
    if (rc == 0)
        rc = sync_directory(j, directory, err);
    if (rc < 0) {
        journal_close(j);
        return rc;
    }
    *ret = j;
    return 0;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    buf_fini(&j->bytes);
    buf_fini(&j->mark);
    free(j->pending);
    free(j);
}

void journal_remove(struct journal *j)
{
    (void)unlink(j->path);
    journal_close(j);
}

static void frame_put(struct buf *dst, enum journal_kind kind, uint64_t seq, struct span payload)
{
    struct frame frame = {
        .magic = FRAME_MAGIC, .kind = kind, .length = (uint32_t)payload.len, .seq = seq};
    frame.crc = frame_crc(&frame, payload);
    buf_append(dst, &frame, sizeof frame);
    buf_append(dst, payload.data, payload.len);
}

/* What the file has to hold: what was acknowledged, what is pending, the mark. */
static uint64_t live_bytes(const struct journal *j)
{
    return (j->pending_count + 2) * sizeof(struct frame) + j->bytes.len + j->mark.len;
}

static int rewrite(struct journal *j, struct err *err)
{
    struct buf bytes;
    buf_init(&bytes, FILE_BYTES_MAX);
    uint64_t next = j->acked + 1;
    frame_put(&bytes, JOURNAL_ACK, j->acked, span_of(NULL, 0));
    for (size_t i = 0; i < j->pending_count; i++) {
        const struct pending *p = &j->pending[i];
        if (p->seq != next)
            frame_put(&bytes, JOURNAL_NEXT, p->seq, span_of(NULL, 0));
        frame_put(&bytes, JOURNAL_INTERVAL, p->seq, span_of(j->bytes.data + p->offset, p->len));
        next = p->seq + 1;
    }
    if (j->next_seq != next)
        frame_put(&bytes, JOURNAL_NEXT, j->next_seq, span_of(NULL, 0));
    if (j->mark.len)
        frame_put(&bytes, JOURNAL_MARK, 0, buf_span(&j->mark));
    ENSURE(!bytes.full);
    int rc = file_write(j->path, buf_span(&bytes), 0600, err);
    if (rc == 0) {
        if (j->fd >= 0)
            close(j->fd);
        j->file_bytes = bytes.len;
        j->fd = open(j->path, O_RDWR | O_APPEND | O_CLOEXEC);
        j->broken = j->fd < 0;
    }
    buf_fini(&bytes);
    return rc;
}

/* ---- salvage ---- */

/* Where the next whole entry begins behind that byte, or the end. */
static size_t next_entry(struct span file, size_t at)
{
    struct frame frame;
    struct span payload;
    do
        at++;
    while (at < file.len && !frame_at(file, at, &frame, &payload));
    return at;
}

/* An entry of a file with holes: what it says of its own number is believed. True: it has a number,
 * the highest so far. */
static bool take_over(struct journal *j, const struct frame *f, struct span payload)
{
    bool interval = f->kind == JOURNAL_INTERVAL || f->kind == JOURNAL_METERED;
    if (f->seq > INT64_MAX)
        return false;
    if (interval && f->seq > j->next_seq)
        j->next_seq = f->seq;
    return take_in(j, f, payload) && (interval || f->kind == JOURNAL_NEXT);
}

static void take_what_is_whole(struct journal *j, struct span file)
{
    struct frame frame;
    struct span payload;
    uint64_t hidden = 0; /* numbers that may lie in holes behind the highest */
    size_t at = 0;
    while (at < file.len) {
        if (frame_at(file, at, &frame, &payload)) {
            hidden = take_over(j, &frame, payload) ? 0 : hidden;
            at += sizeof frame + frame.length;
            continue;
        }
        size_t end = next_entry(file, at);
        hidden += (end - at) / sizeof frame + 1;
        keep_mark(j, span_of(NULL, 0));
        at = end;
    }
    j->next_seq += hidden;
}

/* Gives the damaged file another name beside its own. */
static int set_aside(const struct journal *j, char dst[JOURNAL_ASIDE_CAP], struct err *err)
{
    for (int i = 1; i < 100; i++) {
        (void)snprintf(dst, JOURNAL_ASIDE_CAP, "%s.damaged-%d", j->path, i);
        if (link(j->path, dst) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return failed(j, "setting it aside", err);
}

int journal_salvage(const char *directory, const char *boot_id, struct journal **ret,
                    char ret_aside[JOURNAL_ASIDE_CAP], struct err *err)
{
    struct buf file;
    struct journal *j = create();
    buf_init(&file, FILE_BYTES_MAX);
    int rc = path_of(directory, boot_id, j->path, err);
    if (rc == 0)
        rc = file_read(j->path, &file, err);
    if (rc == 0)
        rc = set_aside(j, ret_aside, err);
    if (rc == 0) {
        take_what_is_whole(j, buf_span(&file));
        rc = rewrite(j, err);
    }
    buf_fini(&file);
    if (rc == 0 && j->broken)
        rc = failed(j, "open", err);
    if (rc < 0) {
        journal_close(j);
        return rc;
    }
    *ret = j;
    return 0;
}

/* Writes the file anew when most of it is past. A disk without room for both keeps the old one. */
static void tidy(struct journal *j)
{
    if (j->file_bytes <= REWRITE_BYTES || j->file_bytes <= 2 * live_bytes(j))
        return;
    int rc = rewrite(j, NULL);
    (void)rc;
}

/* Appends one frame in one write and syncs. A short or failed write is cut off again. */
static int append(struct journal *j, enum journal_kind kind, uint64_t seq, struct span payload,
                  struct err *err)
{
    ENSURE(payload.len <= LENGTH_MAX);
    if (j->broken)
        return err_set(err, ERR_IO, "%s: can't be appended to: start the agent anew", j->path);
    if (j->file_bytes + sizeof(struct frame) + payload.len > FILE_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "%s is full", j->path);
    struct buf bytes;
    buf_init(&bytes, sizeof(struct frame) + LENGTH_MAX);
    frame_put(&bytes, kind, seq, payload);
    ssize_t written = write(j->fd, bytes.data, bytes.len);
    int rc = 0;
    if (written != (ssize_t)bytes.len || fdatasync(j->fd) < 0) {
        if (written >= 0 && written != (ssize_t)bytes.len)
            errno = ENOSPC;
        rc = failed(j, "append", err);
        j->broken = ftruncate(j->fd, (off_t)j->file_bytes) < 0;
    } else {
        j->file_bytes += bytes.len;
    }
    buf_fini(&bytes);
    return rc;
}

static int append_metered(struct journal *j, uint64_t seq, struct span interval, struct span mark,
                          struct err *err)
{
    uint32_t length = (uint32_t)interval.len;
    CLEANUP_BUF struct buf payload;
    buf_init(&payload, LENGTH_MAX);
    buf_append(&payload, &length, sizeof length);
    buf_append(&payload, interval.data, interval.len);
    buf_append(&payload, mark.data, mark.len);
    ENSURE(!payload.full);
    return append(j, JOURNAL_METERED, seq, buf_span(&payload), err);
}

int journal_add(struct journal *j, struct span interval, struct span mark, uint64_t *ret_seq,
                struct err *err)
{
    uint64_t seq = j->next_seq;
    ENSURE(interval.len <= JOURNAL_PAYLOAD_MAX && mark.len <= JOURNAL_PAYLOAD_MAX);
    if (live_bytes(j) + interval.len + sizeof(struct frame) > LIMIT_JOURNAL_BYTES)
        return err_set(err, ERR_LIMIT,
                       "%s is full: the control plane has not acknowledged %zu intervals", j->path,
                       j->pending_count);
    TRY(append_metered(j, seq, interval, mark, err));
    keep_interval(j, seq, interval);
    keep_mark(j, mark);
    tidy(j);
    *ret_seq = seq;
    return 0;
}

uint64_t journal_next_seq(const struct journal *j)
{
    return j->next_seq;
}

int journal_mark(struct journal *j, struct span mark, struct err *err)
{
    if (span_equal(mark, buf_span(&j->mark)))
        return 0;
    ENSURE(mark.len <= JOURNAL_PAYLOAD_MAX);
    TRY(append(j, JOURNAL_MARK, 0, mark, err));
    keep_mark(j, mark);
    tidy(j);
    return 0;
}

struct span journal_last_mark(const struct journal *j)
{
    return buf_span(&j->mark);
}

int journal_ack(struct journal *j, uint64_t seq, struct err *err)
{
    if (seq <= j->acked)
        return 0;
    if (seq >= j->next_seq)
        return err_set(err, ERR_INVALID, "interval %llu acknowledged, but only %llu were written",
                       (unsigned long long)seq, (unsigned long long)j->next_seq - 1);
    TRY(append(j, JOURNAL_ACK, seq, span_of(NULL, 0), err));
    forget_acked(j, seq);
    tidy(j);
    return 0;
}

bool journal_next_pending(const struct journal *j, uint64_t seq, uint64_t *ret_seq,
                          struct span *ret_interval)
{
    for (size_t i = 0; i < j->pending_count; i++) {
        if (j->pending[i].seq <= seq)
            continue;
        *ret_seq = j->pending[i].seq;
        *ret_interval = span_of(j->bytes.data + j->pending[i].offset, j->pending[i].len);
        return true;
    }
    return false;
}

/* The boot id in the name of a journal, or false. */
static bool boot_of(const char *name, char ret[NAME_MAX])
{
    size_t prefix = strlen(NAME_PREFIX);
    size_t suffix = strlen(NAME_SUFFIX);
    size_t len = strlen(name);
    if (len <= prefix + suffix || strncmp(name, NAME_PREFIX, prefix) != 0 ||
        strcmp(name + len - suffix, NAME_SUFFIX) != 0)
        return false;
    (void)snprintf(ret, NAME_MAX, "%.*s", (int)(len - prefix - suffix), name + prefix);
    return true;
}

int journal_each_other(const char *directory, const char *boot_id, journal_visit_fn visit,
                       void *arg, struct err *err)
{
    char boot[NAME_MAX];
    DIR *dir = opendir(directory);
    if (!dir)
        return err_set(err, ERR_IO, "%s: %s", directory, strerror(errno));
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (boot_of(entry->d_name, boot) && strcmp(boot, boot_id) != 0)
            visit(boot, arg);
    }
    closedir(dir);
    return 0;
}
