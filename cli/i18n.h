#ifndef PUMASI_CLI_I18N_H
#define PUMASI_CLI_I18N_H

#include "lib/base/err.h"

#include <libintl.h>

/*
 * Languages: the source is English, cli/po/ko.po is complete. Codes, JSON keys, CSV headers and
 * option names are never translated.
 *
 * N_("text") marks a text in a const table for xgettext; _("text") marks and translates it.
 * gettext(p) translates one that a table marked.
 */
#define _(text)  gettext(text)
#define N_(text) text

struct host;

/*
 * Sets the process's language, once, before anything is printed: `lang` ("ko", "en") when given,
 * else LANGUAGE, LC_ALL, LC_MESSAGES, LANG of the host's environment. Where the system has no
 * locale of that language (setlocale() says no and gettext would fall silent), C.UTF-8 with
 * LANGUAGE does it. The catalogue is looked for beside the program (../share/locale), then in
 * /usr/share/locale. ERR_INVALID: a lang other than ko or en.
 */
MUST_CHECK int i18n_init(const struct host *host, const char *lang, struct err *err);

#endif
