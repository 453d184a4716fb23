#ifndef PUMASI_TESTS_UNIT_CLI_RUN_H
#define PUMASI_TESTS_UNIT_CLI_RUN_H

#include "cli/program.h"
#include "lib/base/err.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Runs the program in this process, in a home of its own, with a clock that stands still
 * (2026-02-03T09:00:00+09:00) and dice that follow from a seed. Check forks for every test, so what
 * a run sets (the locale) is gone afterwards.
 */
#define RUN_NOW 1770076800

struct run {
    char *out;
    char *talk;
    int exit;
};

/* A fresh directory under /tmp; the test removes it with run_remove(). */
static inline const char *run_home(char dst[64])
{
    snprintf(dst, 64, "/tmp/pumasi-cli-test-XXXXXX");
    ENSURE(mkdtemp(dst));
    return dst;
}

static inline void run_remove(const char *dir)
{
    char command[160];
    snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    FILE *f = popen(command, "r");
    ENSURE(f && pclose(f) == 0);
}

/* env: clocks and dice. home: for XDG_CONFIG_HOME, may be NULL. input: standard input, may be NULL.
 * words end with NULL; the program's name is put before them. */
static inline struct run run_in(struct env env, const char *home, const char *language,
                                const char *input, const char *const words[])
{
    char config[128], lang[64];
    const char *argv[64] = {"pumasi"};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s", home ? home : "/nonexistent");
    snprintf(lang, sizeof(lang), "LANGUAGE=%s", language);
    const char *variables[] = {config, lang, NULL};
    struct run run = {.out = NULL};
    size_t out_len, talk_len;
    struct host host = {.env = env,
                        .variables = variables,
                        .program_path = PUMASI_BIN_DIR "/pumasi",
                        .in =
                            fmemopen((void *)(input ? input : " "), input ? strlen(input) : 1, "r"),
                        .out = open_memstream(&run.out, &out_len),
                        .talk = open_memstream(&run.talk, &talk_len)};
    run.exit = program_run(&host, argc, argv);
    fclose(host.in);
    fclose(host.out);
    fclose(host.talk);
    return run;
}

static inline struct run run_with(const char *home, const char *language, const char *input,
                                  const char *const words[])
{
    struct env_fake world = {.wall = {RUN_NOW}, .boot = {1000000000}, .seed = 7};
    return run_in(env_of_fake(&world), home, language, input, words);
}

#define RUN(...)           run_with(NULL, "en", NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_KOREAN(...)    run_with(NULL, "ko", NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_AT(home, ...)  run_with((home), "en", NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_INPUT(in, ...) run_with(NULL, "en", (in), (const char *const[]){__VA_ARGS__, NULL})

static inline void run_free(struct run *run)
{
    free(run->out);
    free(run->talk);
}
#define CLEANUP_RUN __attribute__((cleanup(run_free)))

#endif
