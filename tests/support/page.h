#ifndef PUMASI_TESTS_SUPPORT_PAGE_H
#define PUMASI_TESTS_SUPPORT_PAGE_H

/* Fails the running test unless the page of docs/ holds exactly these tables between the line
 * "<!-- tables: printed by NAME -->" and the line "<!-- end of tables -->". With UPDATE_SPEC set in
 * the environment it writes them there instead. path is from the root of the sources. */
void page_shows(const char *path, const char *name, const char *tables);

#endif
