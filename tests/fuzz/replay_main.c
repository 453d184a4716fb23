/* Feeds every file of the directories to a fuzz target, once: a corpus as a test, without
 * libFuzzer.
 */
#include "lib/base/file.h"
#include "lib/base/limits.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, struct err *err)
{
    CLEANUP_BUF struct buf input = {.data = NULL};
    buf_init(&input, LIMIT_FILE_BYTES);
    TRY(file_read(path, &input, err));
    printf("# %s, %zu bytes\n", path, input.len);
    (void)fflush(stdout); /* an abort must not lose whose bytes it was */
    (void)LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.len);
    return 0;
}

/* The number of files fed, or a negative code. */
static int replay_directory(const char *dir, struct err *err)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);
    int fed = 0;
    int rc = n < 0 ? err_set(err, ERR_NOT_FOUND, "%s: not a directory", dir) : 0;
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name);
        if (rc == 0 && entries[i]->d_name[0] != '.') {
            rc = replay_file(path, err);
            fed++;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return rc < 0 ? rc : fed;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    int fed = 0;
    for (int i = 1; i < argc; i++) {
        int rc = replay_directory(argv[i], &err);
        if (rc <= 0) {
            (void)fprintf(stderr, "%s: %s\n", argv[i], rc < 0 ? err.text : "no input there");
            return EXIT_FAILURE;
        }
        fed += rc;
    }
    printf("%d inputs\n", fed);
    return fed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
