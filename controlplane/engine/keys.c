/* Keys of the store: made and taken apart. Pure. */
#include "controlplane/engine/keys.h"

#include "lib/base/text.h"

#include <inttypes.h>
#include <stdio.h>

#define SEQ_DIGITS 20

struct store_key keys_of(enum entity_kind kind, const struct id *id)
{
    struct store_key key;
    ENSURE(!id_is_none(id));
    int n = snprintf(key.text, sizeof key.text, KEY_ROOT "%s/%s", entity_prefix(kind), id->text);
    ENSURE(n > 0 && (size_t)n < sizeof key.text);
    return key;
}

struct store_key keys_of_commit(uint64_t seq)
{
    struct store_key key;
    int n = snprintf(key.text, sizeof key.text, KEY_LOG "%0*" PRIu64, SEQ_DIGITS, seq);
    ENSURE(n > 0 && (size_t)n < sizeof key.text);
    return key;
}

static enum key_class parse_commit(struct span digits, uint64_t *ret_seq)
{
    int64_t seq;
    if (digits.len != SEQ_DIGITS || text_to_i64(digits, "seq", 0, INT64_MAX, &seq, NULL) < 0)
        return KEY_CLASS_FOREIGN;
    if (ret_seq)
        *ret_seq = (uint64_t)seq;
    return KEY_CLASS_COMMIT;
}

static enum key_class parse_object(struct span rest, enum entity_kind *ret_kind, struct id *ret_id)
{
    const uint8_t *slash = memchr(rest.data, '/', rest.len);
    if (!slash)
        return KEY_CLASS_FOREIGN;
    size_t prefix_len = (size_t)(slash - rest.data);
    enum entity_kind kind;
    struct id id;
    if (entity_kind_by_prefix(span_of(rest.data, prefix_len), &kind) < 0)
        return KEY_CLASS_FOREIGN;
    if (id_parse(span_of(slash + 1, rest.len - prefix_len - 1), "key", &id, NULL) < 0)
        return KEY_CLASS_FOREIGN;
    if (ret_kind)
        *ret_kind = kind;
    if (ret_id)
        *ret_id = id;
    return KEY_CLASS_OBJECT;
}

enum key_class keys_parse(struct span key, enum entity_kind *ret_kind, struct id *ret_id,
                          uint64_t *ret_seq)
{
    struct span log = span_text(KEY_LOG);
    struct span root = span_text(KEY_ROOT);
    if (span_equal(key, span_text(KEY_LEADER)))
        return KEY_CLASS_LEADER;
    if (span_starts_with(key, log))
        return parse_commit(span_of(key.data + log.len, key.len - log.len), ret_seq);
    if (span_starts_with(key, root))
        return parse_object(span_of(key.data + root.len, key.len - root.len), ret_kind, ret_id);
    return KEY_CLASS_FOREIGN;
}
