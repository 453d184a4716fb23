/* No file of settings makes a program abort; what was read is printed as a file that reads the
 * same. */
#include "lib/base/config.h"

#include "lib/base/span.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_option table[] = {
    {"log.level", CONFIG_TEXT, "info", 0, 0, "a text"},
    {"log.colour", CONFIG_BOOL, "no", 0, 0, "yes or no"},
    {"listen.address", CONFIG_TEXT, "127.0.0.1:7443", 0, 0, "another text"},
    {"listen.calls", CONFIG_INT, "64", 1, 4096, "a number in a range"},
    {"listen.offset", CONFIG_INT, "0", 0, 0, "any number"},
    {"leader.ttl", CONFIG_DURATION, "5", 2, 60, "a duration"},
    {.name = NULL},
};

/* The bytes as a file in memory: path[] gets its name; the descriptor. */
static int make_file(struct span bytes, char path[64])
{
    int fd = memfd_create("settings", MFD_CLOEXEC);
    ENSURE(fd >= 0 && write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
    (void)snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static char *dump(const struct config *c, size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    ENSURE(out);
    config_dump(c, out);
    ENSURE(fclose(out) == 0);
    return text;
}

static void read_again(const struct config *c)
{
    char path[64];
    size_t len;
    size_t len_again;
    char *text = dump(c, &len);
    struct config *again = config_create(table);
    int fd = make_file(span_of(text, len), path);
    ENSURE(config_read_file(again, path, NULL) == 0);
    char *text_again = dump(again, &len_again);
    ENSURE(span_equal(span_of(text, len), span_of(text_again, len_again)));
    close(fd);
    free(text);
    free(text_again);
    config_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    char assignment[128];
    struct err err = ERR_INIT;
    struct config *c = config_create(table);
    int fd = make_file(span_of(data, size), path);
    if (config_read_file(c, path, &err) == 0)
        read_again(c);
    else
        ENSURE(err.text[0] != '\0' && span_is_text(span_text(err.text)));
    (void)snprintf(assignment, sizeof assignment, "%.*s", (int)(size < 100 ? size : 100),
                   size > 0 ? (const char *)data : "");
    if (config_set(c, assignment, NULL) == 0)
        read_again(c);
    ENSURE(config_int(c, "listen.calls") >= 1 && config_int(c, "listen.calls") <= 4096);
    close(fd);
    config_destroy(c);
    return 0;
}
