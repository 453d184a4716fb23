/* Reads lists of devices. Owns nothing; pure. */
#include "nodeagent/kernel/rules.h"

#include "lib/base/text.h"

#include <string.h>

static struct span trim(struct span s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = span_of(s.data + 1, s.len - 1);
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Cuts the text before the separator off *rest, which is left behind it (empty at the end). */
static struct span cut(struct span *rest, char separator)
{
    const uint8_t *at = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    struct span head = at ? span_of(rest->data, (size_t)(at - rest->data)) : *rest;
    size_t used = at ? head.len + 1 : head.len;
    *rest = span_of(rest->data + used, rest->len - used);
    return head;
}

static int rule_parse(struct span text, struct rule *ret, struct err *err)
{
    int64_t major = RULE_NO_MAJOR, minor = RULE_ANY_MINOR;
    struct rule rule = {.driver = ""};
    struct span rest = text;
    if (!span_equal(cut(&rest, ' '), span_text("c")))
        return err_set(err, ERR_INVALID, "device \"%.*s\": write \"c MAJOR:MINOR\"", (int)text.len,
                       (const char *)text.data);
    struct span whose = trim(cut(&rest, ':'));
    if (whose.len > 0 && whose.data[0] >= 'a' && whose.data[0] <= 'z')
        TRY(text_set(rule.driver, sizeof rule.driver, whose, "driver", err));
    else
        TRY(text_to_i64(whose, "major", 0, 0xfff, &major, err));
    if (!span_equal(trim(rest), span_text("*")))
        TRY(text_to_i64(trim(rest), "minor", 0, 0xfffff, &minor, err));
    rule.major = (uint32_t)major;
    rule.minor = (uint32_t)minor;
    *ret = rule;
    return 0;
}

int rules_parse(struct span text, struct rules *ret, struct err *err)
{
    struct rules rules = {.count = 0};
    struct span rest = trim(text);
    while (rest.len > 0) {
        if (rules.count == RULES_MAX)
            return err_set(err, ERR_LIMIT, "more than %d devices in one list", RULES_MAX);
        TRY(rule_parse(trim(cut(&rest, ',')), &rules.items[rules.count], err));
        rules.count++;
    }
    *ret = rules;
    return 0;
}

/* The major number of a driver, from lines of "195 nvidia" up to the block devices. */
static uint32_t find_major(struct span devices, const char *driver)
{
    struct span rest = devices;
    while (rest.len > 0) {
        struct span line = trim(cut(&rest, '\n'));
        int64_t major;
        if (span_equal(line, span_text("Block devices:")))
            break;
        struct span number = cut(&line, ' ');
        if (span_equal(trim(line), span_text(driver)) &&
            text_to_i64(number, "major", 0, 0xfff, &major, NULL) == 0)
            return (uint32_t)major;
    }
    return RULE_NO_MAJOR;
}

void rules_resolve(struct rules *rules, struct span devices)
{
    ENSURE(rules->count <= RULES_MAX);
    for (size_t i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->items[i];
        if (rule->driver[0] != '\0')
            rule->major = find_major(devices, rule->driver);
    }
}

bool rules_match(const struct rules *rules, uint32_t major, uint32_t minor)
{
    ENSURE(rules->count <= RULES_MAX);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->items[i];
        if (rule->major == major && (rule->minor == RULE_ANY_MINOR || rule->minor == minor))
            return true;
    }
    return false;
}
