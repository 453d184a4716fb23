/* Reads the file and its manifests. Documents are read into records at once; steps are only tried,
 * because what their references stand for is known when they are played. */
#include "controlplane/sim/scenario.h"

#include "lib/base/text.h"
#include "lib/json/strict_value.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define NODES_MAX 2000
#define GPUS_MAX  LIMIT_GPUS_PER_NODE

static void *items(size_t n, size_t size)
{
    void *all = calloc(n ? n : 1, size);
    ENSURE(all != NULL);
    return all;
}

/* ---- Names of commands ----------------------------------------------------------------------- */

/* Those that people send; the rest is the nodes' and the simulator's. */
static const enum command_kind playable[] = {
    COMMAND_APPLY_ORGANISATION, COMMAND_APPLY_PROGRAMME,  COMMAND_APPLY_PROJECT,
    COMMAND_APPLY_SITE,         COMMAND_APPLY_POOL,       COMMAND_PROPOSE_LOAN,
    COMMAND_CONSENT_LOAN,       COMMAND_RECALL_LOAN,      COMMAND_REQUEST_ALLOCATION,
    COMMAND_BOOK_LEASE,         COMMAND_RELEASE_LEASE,    COMMAND_SIGN_APPROVAL,
    COMMAND_RETURN_APPROVAL,    COMMAND_REVOKE_USER,      COMMAND_RECORD_CONTRIBUTION,
    COMMAND_EXTEND_LEASE,       COMMAND_CANCEL_LEASE,     COMMAND_DECIDE_STAGE,
    COMMAND_OBJECT_STAGE,       COMMAND_ANSWER_OBJECTION, COMMAND_SETTLE_STAGE,
};

/* "book_lease" is BOOK_LEASE. */
static bool is_name_of(enum command_kind kind, struct span text)
{
    const char *name = command_name(kind);
    if (strlen(name) != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != tolower((unsigned char)name[i]))
            return false;
    }
    return true;
}

static int read_command(const struct strict *at, enum command_kind *ret, struct err *err)
{
    struct strict member;
    struct span text;
    TRY(strict_member(at, "do", &member, err));
    TRY(strict_text(&member, &text, err));
    for (size_t i = 0; i < sizeof playable / sizeof *playable; i++) {
        if (is_name_of(playable[i], text)) {
            *ret = playable[i];
            return 0;
        }
    }
    return strict_error(&member, ERR_INVALID, err, "\"%.*s\" is nothing that people do",
                        (int)text.len, (const char *)text.data);
}

static int read_id(const struct strict *at, const char *name, struct id *ret, struct err *err)
{
    struct strict member;
    struct span text;
    struct err why = ERR_INIT;
    TRY(strict_member(at, name, &member, err));
    TRY(strict_text(&member, &text, err));
    if (id_parse(text, name, ret, &why) < 0)
        return strict_error(&member, why.code, err, "%s", why.text);
    return 0;
}

/* ---- Manifests ------------------------------------------------------------------------------- */

static const struct document_kind {
    const char *name;
    enum command_kind command;
} document_kinds[] = {
    {"organisation", COMMAND_APPLY_ORGANISATION},
    {"programme", COMMAND_APPLY_PROGRAMME},
    {"project", COMMAND_APPLY_PROJECT},
    {"site", COMMAND_APPLY_SITE},
    {"pool", COMMAND_APPLY_POOL},
};

static int find_kind(const struct strict *at, const struct document_kind **ret, struct err *err)
{
    struct strict member;
    struct span text;
    TRY(strict_member(at, "kind", &member, err));
    TRY(strict_text(&member, &text, err));
    for (size_t i = 0; i < sizeof document_kinds / sizeof *document_kinds; i++) {
        if (span_equal(text, span_text(document_kinds[i].name))) {
            *ret = &document_kinds[i];
            return 0;
        }
    }
    return strict_error(&member, ERR_INVALID, err, "\"%.*s\" is no kind of document", (int)text.len,
                        (const char *)text.data);
}

/* The request's one field beside its head is the document. */
static int read_document(const struct strict *at, struct scenario_document *ret, struct err *err)
{
    const struct record_reading how = {.other = "kind"};
    const struct document_kind *kind;
    TRY(find_kind(at, &kind, err));
    const struct record_type *type = command_type(kind->command);
    const struct field *body = record_field(type, kind->name);
    ENSURE(body && body->kind == FIELD_RECORD);
    *ret = (struct scenario_document){.command = kind->command, .args = items(1, type->size)};
    return record_read(at, body->type, &how, (char *)ret->args + body->offset, err);
}

static int add_document(struct scenario *s, const struct strict *at, struct err *err)
{
    s->documents = reallocarray(s->documents, s->n_documents + 1, sizeof *s->documents);
    ENSURE(s->documents != NULL);
    s->documents[s->n_documents] = (struct scenario_document){.args = NULL};
    return read_document(at, &s->documents[s->n_documents++], err);
}

static int read_manifest(struct scenario *s, const char *path, struct err *err)
{
    struct json_t *file CLEANUP_STRICT = NULL;
    TRY(strict_load_file(path, &file, err));
    struct strict root = strict_root(file);
    size_t n = 1;
    int rc = 0;
    bool list = strict_is_list(&root);
    if (list)
        TRY(strict_list(&root, &n, err));
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct strict item = list ? strict_item(&root, i) : root;
        rc = add_document(s, &item, err);
    }
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

/* A name beside the scenario file. */
static int beside(const char *path, struct span name, char dst[PATH_MAX], struct err *err)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    int n =
        snprintf(dst, PATH_MAX, "%.*s%.*s", folder, path, (int)name.len, (const char *)name.data);
    if (n < 0 || n >= PATH_MAX)
        return err_set(err, ERR_LIMIT, "the path of a manifest is too long");
    return 0;
}

static int read_manifests(struct scenario *s, const char *path, struct err *err)
{
    struct strict list;
    size_t n;
    TRY(strict_get_list(&s->root, "manifests", &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct strict item = strict_item(&list, i);
        struct span name;
        char manifest[PATH_MAX];
        TRY(strict_text(&item, &name, err));
        TRY(beside(path, name, manifest, err));
        TRY(read_manifest(s, manifest, err));
    }
    return 0;
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

static int read_nodes(struct scenario *s, struct err *err)
{
    static const char *const known[] = {"pool", "name", "count", "gpus", NULL};
    struct strict list;
    TRY(strict_get_list(&s->root, "nodes", &list, &s->n_nodes, err));
    s->nodes = items(s->n_nodes, sizeof *s->nodes);
    for (size_t i = 0; i < s->n_nodes; i++) {
        struct strict item = strict_item(&list, i);
        struct scenario_nodes *n = &s->nodes[i];
        TRY(strict_object(&item, known, err));
        TRY(read_id(&item, "pool", &n->pool, err));
        TRY(read_id(&item, "name", &n->name, err));
        TRY(strict_get_int(&item, "count", 1, NODES_MAX, &n->count, err));
        TRY(strict_get_int(&item, "gpus", 1, GPUS_MAX, &n->gpus, err));
        if (strlen(n->name.text) > ID_CAP / 2)
            return strict_error(&item, ERR_INVALID, err, "name: at most %d characters", ID_CAP / 2);
    }
    return 0;
}

/* ---- Steps ----------------------------------------------------------------------------------- */

bool scenario_reference(struct span name, struct span *ret_as)
{
    static const char tail[] = ".approval";
    size_t len = sizeof tail - 1;
    bool approval = name.len > len && memcmp(name.data + name.len - len, tail, len) == 0;
    *ret_as = span_of(name.data, approval ? name.len - len : name.len);
    return approval;
}

struct trial {
    const struct scenario *scenario;
    size_t step;
};

/* While the file is read: that an earlier step has that name. */
static int try_reference(struct span name, void *arg, struct id *ret, struct err *err)
{
    const struct trial *t = arg;
    struct span as;
    (void)scenario_reference(name, &as);
    for (size_t i = 0; i < t->step; i++) {
        if (span_equal(span_text(t->scenario->steps[i].as.text), as)) {
            *ret = id_literal("later");
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "no step before this one is named \"%.*s\"", (int)as.len,
                   (const char *)as.data);
}

int scenario_read_step(const struct scenario_step *step, reference_fn resolve, void *arg, void *ret,
                       struct err *err)
{
    const struct record_reading how = {.omit = "head", .resolve = resolve, .arg = arg};
    return record_read(&step->with, command_type(step->command), &how, ret, err);
}

static int try_step(const struct scenario *s, size_t i, struct err *err)
{
    const struct record_type *type = command_type(s->steps[i].command);
    struct trial trial = {.scenario = s, .step = i};
    void *args = items(1, type->size);
    int rc = scenario_read_step(&s->steps[i], try_reference, &trial, args, err);
    record_destroy(type, args);
    return rc;
}

static int read_refused(const struct strict *at, enum err_code *ret, struct err *err)
{
    struct strict member;
    struct span text;
    if (!strict_find(at, "refused", &member))
        return 0;
    TRY(strict_text(&member, &text, err));
    for (int code = ERR_OK + 1; code < ERR_CODE_COUNT; code++) {
        if (span_equal(text, span_text(err_name((enum err_code)code)))) {
            *ret = (enum err_code)code;
            return 0;
        }
    }
    return strict_error(&member, ERR_INVALID, err, "\"%.*s\" is no refusal", (int)text.len,
                        (const char *)text.data);
}

static int read_step(struct scenario *s, size_t i, struct err *err)
{
    static const char *const known[] = {"at", "by", "do", "with", "as", "refused", NULL};
    struct scenario_step *step = &s->steps[i];
    struct strict as;
    step->item = strict_item(&s->list, i);
    TRY(strict_object(&step->item, known, err));
    TRY(strict_get_moment(&step->item, "at", &step->at, err));
    TRY(read_id(&step->item, "by", &step->by, err));
    TRY(read_command(&step->item, &step->command, err));
    TRY(read_refused(&step->item, &step->refused, err));
    TRY(strict_member(&step->item, "with", &step->with, err));
    if (step->at.s < s->start.s || step->at.s > s->until.s)
        return strict_error(&step->item, ERR_INVALID, err, "at: lies outside start and until");
    TRY(try_step(s, i, err));
    return strict_find(&step->item, "as", &as) ? read_id(&step->item, "as", &step->as, err) : 0;
}

static int read_steps(struct scenario *s, struct err *err)
{
    TRY(strict_get_list(&s->root, "steps", &s->list, &s->n_steps, err));
    s->steps = items(s->n_steps, sizeof *s->steps);
    for (size_t i = 0; i < s->n_steps; i++)
        TRY(read_step(s, i, err));
    return 0;
}

/* ---- The file -------------------------------------------------------------------------------- */

static int read_head(struct scenario *s, struct err *err)
{
    static const char *const known[] = {"scenario",  "about", "agency", "start", "until",
                                        "manifests", "nodes", "steps",  NULL};
    TRY(strict_object(&s->root, known, err));
    TRY(strict_get_name(&s->root, "scenario", s->name, sizeof s->name, err));
    TRY(strict_get_name(&s->root, "about", s->about, sizeof s->about, err));
    TRY(read_id(&s->root, "agency", &s->agency, err));
    TRY(strict_get_moment(&s->root, "start", &s->start, err));
    TRY(strict_get_moment(&s->root, "until", &s->until, err));
    if (s->start.s >= s->until.s)
        return strict_error(&s->root, ERR_INVALID, err, "until: must come after start");
    return 0;
}

static int read_all(struct scenario *s, struct err *err)
{
    TRY(read_head(s, err));
    TRY(read_nodes(s, err));
    return read_steps(s, err);
}

int scenario_load(const char *path, struct scenario **ret, struct err *err)
{
    struct json_t *file = NULL;
    TRY(strict_load_file(path, &file, err));
    struct scenario *s = items(1, sizeof *s);
    s->file = file;
    s->root = strict_root(file);
    int rc = read_all(s, err);
    if (rc < 0)
        rc = err_prefix(err, rc, "%s", path);
    else
        rc = read_manifests(s, path, err);
    if (rc < 0) {
        scenario_destroy(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void scenario_destroy(struct scenario *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_documents; i++)
        record_destroy(command_type(s->documents[i].command), s->documents[i].args);
    free(s->documents);
    free(s->nodes);
    free(s->steps);
    strict_free(s->file);
    free(s);
}
