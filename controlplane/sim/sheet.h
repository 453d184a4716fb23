#ifndef PUMASI_CONTROLPLANE_SIM_SHEET_H
#define PUMASI_CONTROLPLANE_SIM_SHEET_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/*
 * A table in a CSV file with a header line, read row by row. Columns are found by their names, in
 * any order; those that nobody asked for are skipped. Cells hold no commas, quotes or line ends.
 *
 * The file is read as a whole, at most SHEET_BYTES_MAX. Errors name the file, and the line and
 * column where there is one.
 */
#define SHEET_BYTES_MAX   (1u << 30)
#define SHEET_COLUMNS_MAX 64

struct sheet;

struct sheet_column {
    const char *name;
    bool optional; /* its cells are empty where the file has no such column */
};

/* The columns are borrowed as long as the sheet lives; cells are asked for by their index.
 * ERR_INVALID: no header, a column is missing or there twice; else as file_read(). */
MUST_CHECK int sheet_open(const char *path, const struct sheet_column *columns, size_t n,
                          struct sheet **ret, struct err *err);
void sheet_close(struct sheet *s); /* NULL is fine */

/* Moves to the next row; *ret_more is false when there is none. Empty lines are skipped.
 * ERR_INVALID: more or fewer cells than the header has. */
MUST_CHECK int sheet_next(struct sheet *s, bool *ret_more, struct err *err);

/* A cell of the row, borrowed until the sheet is closed. */
struct span sheet_text(const struct sheet *s, size_t column);

/* ERR_INVALID: not a whole number in min..max. "8.0" is one. */
MUST_CHECK int sheet_number(const struct sheet *s, size_t column, int64_t min, int64_t max,
                            int64_t *ret, struct err *err);

/* A time in seconds, as milliseconds; what is below one is dropped. "3600", "12.345", "-0.5", or a
 * point in time as "2017-10-03 18:35:09" (UTC), since 1970. ERR_INVALID: anything else, or more
 * than 2^53 ms. */
MUST_CHECK int sheet_ms(const struct sheet *s, size_t column, int64_t *ret, struct err *err);

/* An error about the row, with file and line: returns -ERR_INVALID. */
int sheet_refuse(const struct sheet *s, size_t column, const char *why, struct err *err);

static inline void sheet_cleanup(struct sheet **s)
{
    sheet_close(*s);
}
#define CLEANUP_SHEET __attribute__((cleanup(sheet_cleanup)))

#endif
