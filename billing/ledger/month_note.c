/* The text that seals a month. Pure. */
#include "billing/ledger/month_note.h"

#include "lib/base/korea.h"
#include "lib/base/scan.h"
#include "lib/base/text.h"

#include <stdlib.h>

#define HASH_TEXT_CAP (2 * DIGEST_BYTES + 1)

void month_note_fini(struct month_note *m)
{
    free(m->rows);
    *m = (struct month_note){.n = 0};
}

void month_note_format(const struct month_note *m, struct buf *out)
{
    char root[HASH_TEXT_CAP], segment[HASH_TEXT_CAP];
    text_hex(root, m->previous_sha256, DIGEST_BYTES);
    buf_printf(out, MONTH_NOTE_ORIGIN "\n%s\ncommits %llu %llu\nsealed %lld\nprevious %s\n",
               m->month, (unsigned long long)m->first_commit, (unsigned long long)m->last_commit,
               (long long)m->sealed_at.s, root);
    for (size_t i = 0; i < m->n; i++) {
        const struct month_row *row = &m->rows[i];
        ENSURE(i == 0 || id_compare(&m->rows[i - 1].organisation, &row->organisation) < 0);
        text_hex(root, row->root.bytes, DIGEST_BYTES);
        text_hex(segment, row->segment_sha256, DIGEST_BYTES);
        buf_printf(out, "%s %llu %s %s\n", row->organisation.text, (unsigned long long)row->size,
                   root, segment);
    }
}

static bool scan_lines_before_rows(struct scan *s, struct month_note *m)
{
    struct span month;
    struct month parsed;
    uint64_t sealed;
    if (!scan_literal(s, MONTH_NOTE_ORIGIN "\n") || !scan_until(s, '\n', &month) ||
        month_parse(month, &parsed, NULL) < 0 ||
        text_set(m->month, sizeof m->month, month, "month", NULL) < 0 ||
        !scan_literal(s, "\ncommits ") || !scan_number(s, &m->first_commit) ||
        !scan_literal(s, " ") || !scan_number(s, &m->last_commit) ||
        !scan_literal(s, "\nsealed ") || !scan_number(s, &sealed) || sealed > INSTANT_MAX_S ||
        !scan_literal(s, "\nprevious ") || !scan_hex(s, m->previous_sha256, DIGEST_BYTES) ||
        !scan_literal(s, "\n"))
        return false;
    m->sealed_at.s = (int64_t)sealed;
    return true;
}

static bool scan_row(struct scan *s, struct month_row *row)
{
    struct span organisation;
    return scan_until(s, ' ', &organisation) &&
           id_parse(organisation, "organisation", &row->organisation, NULL) == 0 &&
           scan_literal(s, " ") && scan_number(s, &row->size) && scan_literal(s, " ") &&
           scan_hex(s, row->root.bytes, DIGEST_BYTES) && scan_literal(s, " ") &&
           scan_hex(s, row->segment_sha256, DIGEST_BYTES) && scan_literal(s, "\n");
}

static bool scan_rows(struct scan *s, struct month_note *m)
{
    while (!scan_done(s)) {
        struct month_row *row = &m->rows[m->n];
        if (m->n == MONTH_NOTE_ROWS || !scan_row(s, row) ||
            (m->n > 0 && id_compare(&row[-1].organisation, &row->organisation) >= 0))
            return false;
        m->n++;
    }
    return true;
}

int month_note_parse(struct span text, struct month_note *ret, struct err *err)
{
    struct scan s = {.left = text};
    struct month_note m = {.n = 0};
    m.rows = calloc(MONTH_NOTE_ROWS, sizeof *m.rows);
    ENSURE(m.rows);
    if (!scan_lines_before_rows(&s, &m) || !scan_rows(&s, &m)) {
        month_note_fini(&m);
        return err_set(err, ERR_CORRUPT, "this is not the note of a sealed month");
    }
    *ret = m;
    return 0;
}

const struct month_row *month_note_find(const struct month_note *m, const struct id *organisation)
{
    for (size_t i = 0; i < m->n; i++) {
        if (id_equal(&m->rows[i].organisation, organisation))
            return &m->rows[i];
    }
    return NULL;
}
