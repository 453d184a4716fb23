/* No text makes the reader or the codec abort; a message that was read prints to one that reads the
 * same. */
#include "lib/json/message.h"
#include "tests/support/proto/sample.pb-c.h"

#define TEXT_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The message in the text, or NULL. */
static ProtobufCMessage *read_message(struct span text, struct arena *arena)
{
    CLEANUP_STRICT struct json_t *document = NULL;
    ProtobufCMessage *m = NULL;
    struct err err = ERR_INIT;

    if (strict_load(text, &document, &err) < 0)
        return NULL;
    struct strict root = strict_root(document);
    if (message_from_json(&root, &pumasi__sample__everything__descriptor, arena, &m, &err) < 0)
        ENSURE(span_is_text(span_text(err.text)) && err.text[0] != '\0');
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena *arena = arena_create(TEXT_MAX);
    CLEANUP_BUF struct buf first = {.data = NULL};
    CLEANUP_BUF struct buf second = {.data = NULL};
    ProtobufCMessage *m = read_message(span_of(data, size), arena);

    if (!m)
        return 0;
    buf_init(&first, TEXT_MAX);
    buf_init(&second, TEXT_MAX);
    message_print(m, true, &first);
    m = read_message(buf_span(&first), arena);
    if (!m)
        return 0; /* the arena is used up, or the text is longer than a file may be */
    message_print(m, true, &second);
    ENSURE(span_equal(buf_span(&first), buf_span(&second)));
    return 0;
}
