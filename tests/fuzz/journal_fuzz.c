/*
 * Whatever a journal's file holds, it opens; what it says stays said when it is opened again; and
 * it can be written on. The first byte says how the rest becomes a file: an even one takes it as it
 * is, an odd one makes frames with right checksums of it (kind, number of two bytes, length,
 * payload), of whose end so many bytes are cut off as the byte's other bits say.
 */
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "nodeagent/agent/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX 65536
#define HEADER   4 /* of a frame in the input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t crc32_of(const struct buf *b, size_t from)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = from; i < b->len; i++) {
        crc ^= (uint8_t)b->data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & -(crc & 1));
    }
    return ~crc;
}

/* One frame as journal.c lays it out; the checksum is over kind, length, number and payload. */
static void put_frame(struct buf *file, uint32_t kind, uint64_t seq, struct span payload)
{
    CLEANUP_BUF struct buf summed = {.data = NULL};
    const uint32_t magic = UINT32_C(0x50554d4a);
    const uint32_t length = (uint32_t)payload.len;
    buf_init(&summed, FILE_MAX);
    buf_append(&summed, &kind, sizeof kind);
    buf_append(&summed, &length, sizeof length);
    buf_append(&summed, &seq, sizeof seq);
    buf_append(&summed, payload.data, payload.len);
    const uint32_t crc = crc32_of(&summed, 0);
    buf_append(file, &magic, sizeof magic);
    buf_append(file, &kind, sizeof kind);
    buf_append(file, &length, sizeof length);
    buf_append(file, &crc, sizeof crc);
    buf_append(file, &seq, sizeof seq);
    buf_append(file, payload.data, payload.len);
}

static void make_file(struct span input, struct buf *file)
{
    uint8_t how = input.data[0];
    size_t at = 1;
    if (how % 2 == 0) {
        buf_append(file, input.data + 1, input.len - 1);
        return;
    }
    while (input.len - at >= HEADER) {
        const uint8_t *head = input.data + at;
        size_t left = input.len - at - HEADER;
        size_t len = head[3] < left ? head[3] : left;
        put_frame(file, head[0] % JOURNAL_KIND_END, (uint64_t)head[1] << 8 | head[2],
                  span_of(head + HEADER, len));
        at += HEADER + len;
    }
    size_t cut = how / 2 < file->len ? how / 2 : file->len;
    file->len -= cut;
}

/* All that a journal says, as text. */
static void say(const struct journal *j, struct buf *dst)
{
    uint64_t seq = 0;
    struct span payload;
    struct span mark = journal_last_mark(j);
    buf_printf(dst, "next %llu mark %zu ", (unsigned long long)journal_next_seq(j), mark.len);
    buf_append(dst, mark.data, mark.len);
    while (journal_next_pending(j, seq, &seq, &payload)) {
        buf_printf(dst, " %llu:%zu ", (unsigned long long)seq, payload.len);
        buf_append(dst, payload.data, payload.len);
    }
}

static struct journal *open_and_say(const char *dir, struct buf *said)
{
    struct journal *j = NULL;
    struct err err = ERR_INIT;
    buf_init(said, 4 * FILE_MAX);
    int rc = journal_open(dir, "boot", &j, &err);
    ENSURE(rc == 0 || rc == -ERR_CORRUPT);
    if (rc == 0)
        say(j, said);
    return j;
}

static void write_on(struct journal *j)
{
    uint64_t seq;
    uint64_t wanted = journal_next_seq(j);
    ENSURE(journal_add(j, span_text("one more"), span_text("and its mark"), &seq, NULL) == 0 &&
           seq == wanted);
    ENSURE(journal_mark(j, span_text("mark"), NULL) == 0);
    ENSURE(journal_ack(j, seq, NULL) == 0);
    ENSURE(journal_next_seq(j) == seq + 1);
    struct span payload;
    ENSURE(!journal_next_pending(j, 0, &seq, &payload));
}

static void fuzz_directory(const char *dir)
{
    CLEANUP_BUF struct buf first = {.data = NULL};
    CLEANUP_BUF struct buf second = {.data = NULL};
    struct journal *j = open_and_say(dir, &first);
    if (!j) {
        char aside[JOURNAL_ASIDE_CAP];
        ENSURE(journal_salvage(dir, "boot", &j, aside, NULL) == 0 && unlink(aside) == 0);
        say(j, &first);
    }
    journal_close(j);
    j = open_and_say(dir, &second);
    ENSURE(j && span_equal(buf_span(&first), buf_span(&second)));
    write_on(j);
    journal_close(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char dir[] = "/dev/shm/journal-XXXXXX"; /* in memory: there is a sync for each entry */
    char path[64];
    CLEANUP_BUF struct buf file = {.data = NULL};
    if (size == 0 || size > FILE_MAX / 8)
        return 0;
    ENSURE(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/usage-boot.journal", dir);
    buf_init(&file, FILE_MAX);
    make_file(span_of(data, size), &file);
    ENSURE(!file.full && file_write(path, buf_span(&file), 0600, NULL) == 0);
    fuzz_directory(dir);
    (void)unlink(path);
    ENSURE(rmdir(dir) == 0);
    return 0;
}
