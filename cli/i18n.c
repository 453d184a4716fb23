/*
 * Owns: the process's locale, which is set here once and nowhere else. One thread.
 */
#include "cli/i18n.h"

#include "cli/host.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "pumasi"

static bool says_korean(const char *locale)
{
    return strncmp(locale, "ko", 2) == 0 && (locale[2] == '\0' || strchr("_.@:-", locale[2]));
}

static const char *language_of(const struct host *host)
{
    static const char *const variables[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = host_variable(host, variables[i]);
        if (value)
            return says_korean(value) ? "ko" : "en";
    }
    return "en";
}

/* "<bin>/../share/locale" of the running program, or the system's folder. */
static void bind_catalogue(const struct host *host)
{
    char dir[PATH_MAX + 32];
    const char *slash = strrchr(host->program_path, '/');
    int len = slash ? (int)(slash - host->program_path) : 0;
    snprintf(dir, sizeof(dir), "%.*s/../share/locale", len, host->program_path);
    if (len == 0 || access(dir, R_OK) != 0)
        snprintf(dir, sizeof(dir), "/usr/share/locale");
    bindtextdomain(DOMAIN, dir);
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN);
}

int i18n_init(const struct host *host, const char *lang, struct err *err)
{
    ENSURE(host);
    const char *language = lang ? lang : language_of(host);
    bool korean = strcmp(language, "ko") == 0;
    if (!korean && strcmp(language, "en") != 0)
        return err_set(err, ERR_INVALID, "--lang: '%s' is not one of ko, en", language);
    setlocale(LC_CTYPE, "C.UTF-8");
    /* gettext() is silent in the locale "C"; C.UTF-8 with LANGUAGE speaks without ko_KR. */
    if (!korean || !setlocale(LC_MESSAGES, "ko_KR.UTF-8"))
        setlocale(LC_MESSAGES, "C.UTF-8");
    setenv("LANGUAGE", language, 1);
    bind_catalogue(host);
    return 0;
}
