#ifndef PUMASI_LIB_BASE_RECORD_H
#define PUMASI_LIB_BASE_RECORD_H

#include "lib/base/err.h"
#include "lib/base/frac.h"
#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/share.h"
#include "lib/base/won.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Records: plain structs that a const table describes, so that copying, comparing, freeing,
 * storing and showing them is written once. A record is plain C memory: numbers, one-member
 * structs and inline text, plus lists (a pointer and a count) of sub-records.
 *
 * The table of a record names the same fields as the protobuf message of the same name
 * (proto/pumasi/v1); lib/wire carries values between the two by field name and a test compares
 * them. Nothing in this header knows protobuf.
 *
 * Ownership: a record owns its lists. record_copy() makes a deep copy, record_fini() frees what a
 * record owns (not the struct itself) and zeroes it. Lists grow only by record_list_add(), which
 * keeps room for the next power of two; an entry leaves by moving the rest down and counting one
 * less.
 */
enum field_kind {
    FIELD_BOOL,    /* bool                       <-> bool */
    FIELD_U32,     /* uint32_t                   <-> uint32 */
    FIELD_U64,     /* uint64_t                   <-> uint64 */
    FIELD_I64,     /* int64_t                    <-> int64 */
    FIELD_ENUM,    /* an enum of int size, `names` <-> string (the name) */
    FIELD_ID,      /* struct id                  <-> string */
    FIELD_TEXT,    /* char[size]                 <-> string */
    FIELD_BYTES,   /* struct blob: see below     <-> bytes */
    FIELD_INSTANT, /* struct instant             <-> int64, unix seconds; NEVER <-> 0 */
    FIELD_WON,     /* struct won                 <-> int64, won */
    FIELD_SHARE,   /* struct share               <-> int64, units of 1/7000 GPU */
    FIELD_RECORD,  /* a struct inline            <-> message */
    FIELD_LIST,    /* struct list of structs     <-> repeated message */
    FIELD_ID_LIST, /* struct list of struct id   <-> repeated string */
    FIELD_KIND_COUNT
};

/* Names of an enum's values, in order; the first is the zero value. */
struct enum_names {
    const char *const *names;
    int count;
};
const char *enum_name(const struct enum_names *names, int value); /* "?" when out of range */
/* ERR_INVALID names `what`, the value and the names that exist. */
MUST_CHECK int enum_parse(const struct enum_names *names, struct span text, const char *what,
                          int *ret, struct err *err);

/* Bytes of bounded size inside a record. */
#define BLOB_CAP 512
struct blob {
    uint32_t len;
    uint8_t data[BLOB_CAP];
};

struct list {
    void *items; /* n structs in a row, NULL when n = 0 */
    size_t n;
};

struct record_type;

struct field {
    const char *name;
    enum field_kind kind;
    uint32_t offset;
    uint32_t size;                  /* FIELD_TEXT: capacity with NUL */
    const struct record_type *type; /* FIELD_RECORD, FIELD_LIST */
    const struct enum_names *names; /* FIELD_ENUM */
};

struct record_type {
    const char *name; /* "lease"; the message is the same in CamelCase */
    size_t size;
    const struct field *fields; /* name = NULL ends the table */
};

/* Rows for tables:  static const struct field lease_fields[] = { F_ID(struct lease, id), ... } */
#define F_(s, f, k, ...)                                                                           \
    {                                                                                              \
        .name = #f, .kind = (k), .offset = (uint32_t)offsetof(s, f),                               \
        .size = (uint32_t)sizeof(((s *)0)->f), __VA_ARGS__                                         \
    }
#define F_BOOL(s, f)      F_(s, f, FIELD_BOOL)
#define F_U32(s, f)       F_(s, f, FIELD_U32)
#define F_U64(s, f)       F_(s, f, FIELD_U64)
#define F_I64(s, f)       F_(s, f, FIELD_I64)
#define F_ENUM(s, f, n)   F_(s, f, FIELD_ENUM, .names = (n))
#define F_ID(s, f)        F_(s, f, FIELD_ID)
#define F_TEXT(s, f)      F_(s, f, FIELD_TEXT)
#define F_BYTES(s, f)     F_(s, f, FIELD_BYTES)
#define F_INSTANT(s, f)   F_(s, f, FIELD_INSTANT)
#define F_WON(s, f)       F_(s, f, FIELD_WON)
#define F_SHARE(s, f)     F_(s, f, FIELD_SHARE)
#define F_RECORD(s, f, t) F_(s, f, FIELD_RECORD, .type = (t))
#define F_LIST(s, f, t)   F_(s, f, FIELD_LIST, .type = (t))
#define F_ID_LIST(s, f)   F_(s, f, FIELD_ID_LIST)
#define F_END                                                                                      \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* dst is overwritten without being freed. Both have t->size bytes. */
void record_copy(const struct record_type *t, void *dst, const void *src);
void *record_clone(const struct record_type *t, const void *src); /* heap; record_destroy() */
void record_fini(const struct record_type *t, void *record);
void record_destroy(const struct record_type *t, void *record); /* fini + free; NULL is fine */
bool record_equal(const struct record_type *t, const void *a, const void *b);

/* The field of that name, or NULL. */
const struct field *record_field(const struct record_type *t, const char *name);

/* Appends one zeroed item of item_size to a list and returns it (borrowed until the next add). */
void *record_list_add(struct list *list, size_t item_size);

/* Item i of a list as a pointer to its type: LIST_AT(struct placement, &lease->placements, 0). */
#define LIST_AT(type, list, i) (&((type *)(list)->items)[i])
#define LIST_EACH(type, it, list)                                                                  \
    for (type *it = (list)->items, *it##_end = it ? it + (list)->n : it; it != it##_end; it++)

/* Heap bytes that the record owns, for accounting. */
size_t record_heap_bytes(const struct record_type *t, const void *record);

#endif
