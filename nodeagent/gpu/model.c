/* Product names. No state. */
#include "nodeagent/gpu/model.h"

#include "lib/base/text.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static const char *without_maker(const char *name)
{
    static const char *const makers[] = {"NVIDIA ", "Tesla "};
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        size_t len = strlen(makers[i]);
        if (strncmp(name, makers[i], len) == 0)
            name += len;
    }
    return name;
}

/* Length of the data-centre model that the name begins with: "H200", "GB200", "L40S", "T4"; 0 when
 * it begins with none. */
static size_t model_length(const char *name)
{
    size_t letters = strspn(name, LETTERS);
    size_t digits = strspn(name + letters, DIGITS);
    size_t len = letters + digits;
    if (letters == 0 || letters > 2 || digits == 0)
        return 0;
    len += strspn(name + len, LETTERS) == 1;
    return name[len] == '\0' || name[len] == ' ' || name[len] == '-' ? len : 0;
}

const char *model_of_name(const char *name, char *dst, size_t cap)
{
    name = without_maker(name);
    text_cut(dst, cap, name);
    size_t len = model_length(dst);
    if (len > 0)
        memset(dst + len, 0, cap - len);
    return dst;
}
