/* Whatever people type is a command with checked values or one error that can be shown. One line of
 * the input is one word of the command line. */
#include "cli/commands.h"
#include "cli/parse.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct line {
    char *copy;
    const char *words[WORDS_MAX];
    int n;
};

static void line_init(struct line *l, struct span text)
{
    l->copy = malloc(text.len + 1);
    ENSURE(l->copy);
    if (text.len > 0)
        memcpy(l->copy, text.data, text.len);
    l->copy[text.len] = '\0';
    l->words[0] = "pumasi";
    l->n = 1;
    for (char *word = l->copy; word && l->n < WORDS_MAX;) {
        char *end = strchr(word, '\n');
        if (end)
            *end++ = '\0';
        l->words[l->n++] = word;
        word = end;
    }
}

/* Every value of the command's rows can be asked for. */
static void look_up(const struct invocation *inv, const struct command_option *rows)
{
    for (size_t i = 0; rows && rows[i].name; i++) {
        (void)invocation_text(inv, rows[i].name);
        (void)invocation_number(inv, rows[i].name);
        for (size_t k = 0; k < invocation_count(inv, rows[i].name); k++)
            ENSURE(invocation_item(inv, rows[i].name, k));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const no_variables[] = {NULL};
    struct env_fake world = {.wall = {INT64_C(1770076800)}, .seed = 1};
    struct host host = {.env = env_of_fake(&world), .variables = no_variables, .program_path = ""};
    struct err err = ERR_INIT;
    struct line line;
    line_init(&line, span_of(data, size));
    struct invocation *inv = invocation_create(&host);
    (void)parse_peek(line.n, line.words, "lang");
    (void)parse_peek_noun(line.n, line.words);
    int rc = parse_command_line(inv, line.n, line.words, &err);
    if (rc < 0)
        ENSURE(err.text[0] != '\0' && span_is_text(span_text(err.text)));
    else if (invocation_command(inv))
        look_up(inv, invocation_command(inv)->options);
    invocation_destroy(inv);
    free(line.copy);
    return 0;
}
