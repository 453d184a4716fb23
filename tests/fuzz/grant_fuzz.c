/* Whatever decodes as a grant or a permit encodes back to the very same bytes. */
#include "lib/grant/grant.h"
#include "lib/grant/permit.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grant grant;
    struct grant_bytes grant_bytes;
    if (grant_decode(span_of(data, size), &grant, NULL) == 0) {
        ENSURE(grant_encode(&grant, &grant_bytes, NULL) == 0);
        ENSURE(grant_bytes.len == size && memcmp(grant_bytes.data, data, size) == 0);
    }
    struct permit permit;
    struct permit_bytes permit_bytes;
    if (permit_decode(span_of(data, size), &permit, NULL) == 0) {
        ENSURE(permit_encode(&permit, &permit_bytes, NULL) == 0);
        ENSURE(permit_bytes.len == size && memcmp(permit_bytes.data, data, size) == 0);
    }
    return 0;
}
