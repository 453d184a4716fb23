#ifndef PUMASI_LIB_GRANT_BYTES_H
#define PUMASI_LIB_GRANT_BYTES_H

#include "lib/base/id.h"
#include "lib/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The primitives of the signed layouts (docs/spec/grant.md section 1): big-endian numbers, short
 * texts behind a length byte, fixed runs of bytes. Writer and reader remember the first failure,
 * so that a codec is a straight list of fields and asks once at the end.
 */
struct byte_writer {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool failed; /* did not fit */
};

void put_u8(struct byte_writer *w, uint8_t v);
void put_u16(struct byte_writer *w, uint16_t v);
void put_u32(struct byte_writer *w, uint32_t v);
void put_u64(struct byte_writer *w, uint64_t v);
void put_bytes(struct byte_writer *w, const void *data, size_t n);
void put_text(struct byte_writer *w, const char *text); /* at most 255 bytes */

/* `failed` names the field that was wrong, NULL while all is well; after it every take gives 0. */
struct byte_reader {
    struct span rest;
    const char *failed;
};

uint8_t take_u8(struct byte_reader *r, const char *what);
uint16_t take_u16(struct byte_reader *r, const char *what);
uint32_t take_u32(struct byte_reader *r, const char *what);
uint64_t take_u64(struct byte_reader *r, const char *what);
void take_bytes(struct byte_reader *r, const char *what, void *dst, size_t n);
/* Into dst[cap], zero-filled; longer than cap - 1 or a NUL inside fails. */
void take_text(struct byte_reader *r, const char *what, char *dst, size_t cap);
/* A good id, or none where optional. */
void take_id(struct byte_reader *r, const char *what, bool optional, struct id *ret);
/* The very bytes `expected`. */
void take_literal(struct byte_reader *r, const char *what, const char *expected);

#endif
