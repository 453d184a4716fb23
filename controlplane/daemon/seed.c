/* The seed: two JSON documents, one command. */
#include "controlplane/daemon/seed.h"

#include "lib/base/arena.h"
#include "lib/base/limits.h"
#include "lib/json/message.h"
#include "lib/pki/layout.h"
#include "lib/wire/wire.h"

#include "pumasi/v1/identity.pb-c.h"
#include "pumasi/v1/organisation.pb-c.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct seed {
    struct bootstrap_command command;
    struct engine *engine;
    struct log *log;
};

struct document {
    const char *name;
    const ProtobufCMessageDescriptor *descriptor;
    const struct record_type *type;
    void *record;
};

static int read_document(const char *data_dir, const struct document *d, struct err *err)
{
    char path[PATH_MAX];
    CLEANUP_ARENA struct arena *arena = arena_create(LIMIT_REQUEST_ARENA_BYTES);
    struct json_t *parsed CLEANUP_STRICT = NULL;
    ProtobufCMessage *message;
    int n = snprintf(path, sizeof path, "%s/%s", data_dir, d->name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_LIMIT, "control_plane.data_dir is too long");
    TRY(strict_load_file(path, &parsed, err));
    struct strict root = strict_root(parsed);
    int rc = message_from_json(&root, d->descriptor, arena, &message, err);
    if (rc == 0)
        rc = wire_record_from_message(d->type, message, d->record, err);
    return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

int seed_read(const char *data_dir, struct seed **ret, struct err *err)
{
    struct seed *s = calloc(1, sizeof *s);
    ENSURE(s);
    const struct document documents[] = {
        {LAYOUT_SEED_ORGANISATION, &pumasi__v1__organisation__descriptor, &organisation_type,
         &s->command.organisation},
        {LAYOUT_SEED_USER, &pumasi__v1__user__descriptor, &user_type, &s->command.user},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof documents / sizeof *documents; i++)
        rc = read_document(data_dir, &documents[i], err);
    if (rc < 0) {
        seed_destroy(s);
        if (rc != -ERR_NOT_FOUND)
            return rc;
        s = NULL;
    }
    *ret = s;
    return 0;
}

void seed_destroy(struct seed *s)
{
    if (!s)
        return;
    record_fini(&bootstrap_command_type, &s->command);
    free(s);
}

static void seeded(void *arg, const struct engine_reply *reply, const struct err *err)
{
    struct seed *s = arg;
    (void)reply;
    if (err)
        log_event(s->log, LOG_LEVEL_ERROR, "seed.refused", LOG_STR("error", err->text));
    else
        log_event(s->log, LOG_LEVEL_INFO, "seed.planted",
                  LOG_STR("organisation", s->command.organisation.id.text),
                  LOG_STR("user", s->command.user.id.text));
}

static void on_commit(void *arg, const struct state *state, int64_t revision,
                      const struct engine_change *changes, size_t n)
{
    struct seed *s = arg;
    struct err err = ERR_INIT;
    (void)revision;
    (void)n;
    bool loaded = state && !changes;
    if (!loaded || state_count(state, ENTITY_USER) > 0)
        return;
    struct engine_command command = {
        .kind = COMMAND_BOOTSTRAP,
        .args = record_clone(&bootstrap_command_type, &s->command),
        .principal = {.kind = ACTOR_SERVICE, .name = id_literal("seed")},
    };
    if (engine_submit(s->engine, &command, seeded, s, &err) < 0) {
        record_destroy(&bootstrap_command_type, command.args);
        log_event(s->log, LOG_LEVEL_ERROR, "seed.refused", LOG_STR("error", err.text));
    }
}

void seed_watch(struct seed *s, struct engine *e, struct log *log)
{
    s->engine = e;
    s->log = log;
    engine_listen(e, on_commit, s);
}
