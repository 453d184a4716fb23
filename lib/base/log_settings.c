/* From the settings of a daemon to its log. */
#include "lib/base/log_settings.h"

#include "lib/base/record.h"

static const char *const level_names[LOG_LEVEL_COUNT] = {"debug", "info", "warn", "error"};
static const char *const format_names[LOG_FORMAT_COUNT] = {"logfmt", "json"};
static const struct enum_names levels = {level_names, LOG_LEVEL_COUNT};
static const struct enum_names formats = {format_names, LOG_FORMAT_COUNT};

int log_settings_open(const char *program, const struct config *c, struct log **ret,
                      struct err *err)
{
    int level;
    int format;
    TRY(enum_parse(&levels, span_text(config_text(c, "log.level")), "log.level", &level, err));
    TRY(enum_parse(&formats, span_text(config_text(c, "log.format")), "log.format", &format, err));
    *ret = log_create(program, 2, (enum log_level)level, (enum log_format)format);
    return 0;
}
