/* The table of words, and which word stands for which name. Constant. */
#include "documents/word.h"

#include <stddef.h>
#include <string.h>

static const char *const words[WORD_COUNT][2] = {
#define X(id, ko, en) [WORD_##id] = {en, ko},
    WORDS(X)
#undef X
};

static const struct {
    const char *name;
    enum word word;
} names[] = {
    {"none", WORD_UNSAID},
    {"large", WORD_LARGE},
    {"midsize", WORD_MIDSIZE},
    {"early_midsize", WORD_EARLY_MIDSIZE},
    {"sme", WORD_SME},
    {"startup", WORD_STARTUP},
    {"university", WORD_UNIVERSITY},
    {"institute", WORD_INSTITUTE},
    {"nonprofit", WORD_NONPROFIT},
    {"agency", WORD_AGENCY_CLASS},
    {"supplier", WORD_SUPPLIER_CLASS},
    {"open_commercial", WORD_OPEN_COMMERCIAL},
    {"open_noncommercial", WORD_OPEN_NONCOMMERCIAL},
    {"closed", WORD_CLOSED},
    {"used", WORD_TIME_USED},
    {"idle", WORD_TIME_IDLE},
    {"notice", WORD_TIME_NOTICE},
    {"handover", WORD_TIME_HANDOVER},
    {"fault", WORD_TIME_FAULT},
    {"borrower", WORD_PAYER_BORROWER},
    {"lender", WORD_PAYER_LENDER},
    {"nobody", WORD_PAYER_NOBODY},
    {"whole", WORD_WHOLE},
    {"mig", WORD_MIG},
    {"dmem", WORD_DMEM},
    {"mps", WORD_MPS},
    {"timeslice", WORD_TIMESLICE},
    {"lead", WORD_ROLE_LEAD},
    {"participant", WORD_ROLE_PARTICIPANT},
    {"co_research", WORD_ROLE_CO_RESEARCH},
    {"subcontracted", WORD_ROLE_SUBCONTRACTED},
    {"cash", WORD_CASH},
    {"labour", WORD_LABOUR},
    {"tangible_asset", WORD_ASSET},
    {"data", WORD_DATA},
    {"recall", WORD_EVENT_RECALL},
    {"return", WORD_EVENT_RETURN},
};

const char *word(bool korean, enum word w)
{
    return words[w][korean];
}

const char *word_for(bool korean, const char *name)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(names[i].name, name) == 0)
            return word(korean, names[i].word);
    }
    return NULL;
}
