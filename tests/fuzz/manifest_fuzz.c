/* Whatever `pumasi apply` is given: requests that name their method, or one error. */
#include "cli/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(const json_t *document)
{
    const struct manifest_kind *kind = NULL;
    json_t *wanted = NULL;
    struct err err = ERR_INIT;
    if (manifest_request(document, &kind, &wanted, &err) < 0) {
        ENSURE(err.text[0] != '\0' && span_is_text(span_text(err.text)));
        return;
    }
    ENSURE(kind && kind->method && json_object_get(wanted, kind->kind));
    json_decref(wanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *documents = NULL;
    struct err err = ERR_INIT;
    if (manifest_read(span_of(data, size), &documents, &err) < 0) {
        ENSURE(err.text[0] != '\0' && span_is_text(span_text(err.text)));
        return 0;
    }
    for (size_t i = 0; i < json_array_size(documents); i++)
        request(json_array_get(documents, i));
    json_decref(documents);
    return 0;
}
