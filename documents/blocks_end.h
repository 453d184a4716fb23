#ifndef PUMASI_DOCUMENTS_BLOCKS_END_H
#define PUMASI_DOCUMENTS_BLOCKS_END_H

#include "documents/blocks.h"
#include "documents/word.h"

/* What the files that make a report share: blocks.c, blocks_end.c. */
struct building {
    const struct statement *s;
    const struct basis *basis;
    const struct blocks_extra *extra;
    struct report *r;
    bool ko;
};

struct column_row {
    enum word title;
    double weight;
    enum report_align align;
    bool workbook_only;
};

#define COLUMNS(list) (list), sizeof(list) / sizeof((list)[0])

const char *building_word(const struct building *b, enum word which);
const char *building_mark(const struct building *b, bool confirmed);

/* A block with the columns of the table in the document's language. */
struct report_block *building_block(struct building *b, const char *key, enum word title,
                                    const struct column_row *rows, size_t n);
void building_pair(struct report_block *block, const char *name, const char *text);

/* "업스테이지 (upstage)". */
void building_organisation(const struct building *b, struct report_cell *cell, const char *id);

/* blocks_end.c: cash due, then rules, checks, evidence and signatures. */
void blocks_add_dues(struct building *b);
void blocks_add_end(struct building *b);

#endif
