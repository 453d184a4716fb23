/*
 * The writer: owns the mirror, the batches and everybody who waits for them. Runs on one thread;
 * the store's callback only queues an outcome.
 */
#include "controlplane/engine/writer.h"

#include "controlplane/domain/authorise.h"
#include "controlplane/engine/clock.h"
#include "controlplane/engine/keys.h"
#include "controlplane/engine/pace.h"
#include "controlplane/engine/vigil.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"

#include <pthread.h>
#include <stdlib.h>

#define NS_PER_MS          INT64_C(1000000)
#define COMMIT_ATTEMPT_MS  2000
#define COMMIT_GIVE_UP_MS  30000 /* then the leadership is given up */
#define RETRY_FIRST_MS     20
#define RETRY_LAST_MS      1000
#define CAMPAIGN_EVERY_MS  500
#define CONFIRM_EVERY_MS   1000
#define DECISIONS_PER_TURN 1024
#define DUE_PER_TURN       64
#define READ_BACK_MS       2000
#define CLOCK_TELL_MS      60000

/* One commit under way. The outcome comes from another thread, through the queue. */
struct flight {
    struct queue_item item; /* queued when the outcome is there */
    bool active;
    bool maybe_applied; /* an attempt ended as unknown */
    unsigned retry_ms;
    struct boot_time started;
    struct boot_time attempted;
    struct boot_time retry_at; /* ns = 0: an attempt is under way */
    struct store_result result;
};

struct writer {
    struct engine_options options;
    struct queue *queue;
    struct leadership *leadership;
    struct mirror *mirror; /* NULL unless leading */
    struct batch *open;
    struct batch *sent;
    struct request_list open_waiters; /* wait for the open batch, or for nothing but the sent one */
    struct request_list sent_waiters;
    struct request *held; /* decided, not applied: no room in the open batch */
    struct changes held_changes;
    struct parcel held_parcel;
    struct pace pace;
    struct clock clock;
    struct boot_time clock_told; /* when a diverging wall clock was last logged */
    struct changes changes;      /* scratch of one decision */
    struct flight flight;
    struct boot_time campaign_at;
    struct boot_time confirm_at;
    struct vigil *vigil;
    struct writer_listener listeners[ENGINE_LISTENERS];
    size_t listener_count;
    bool closed;
    uint64_t commits, requests, reloads;
    pthread_mutex_t status_lock;
    struct engine_status status;
};

struct writer *writer_create(const struct engine_options *options)
{
    struct writer *w = calloc(1, sizeof *w);
    ENSURE(w && options->sha256 && options->verify && !id_is_none(&options->name));
    w->options = *options;
    clock_init(&w->clock, options->env);
    w->queue = queue_create(&(struct queue_limits){
        .all = LIMIT_QUEUE_REQUESTS,
        .lane = {[QUEUE_PEOPLE] = LIMIT_QUEUE_PEOPLE, [QUEUE_NODES] = LIMIT_NODES}});
    w->leadership = leadership_create(&(struct leadership_options){.store = options->store,
                                                                   .env = options->env,
                                                                   .name = options->name,
                                                                   .address = options->address,
                                                                   .ttl_s = options->leader_ttl_s});
    w->vigil = vigil_create(options->store);
    w->open = batch_create();
    w->sent = batch_create();
    request_list_init(&w->open_waiters);
    request_list_init(&w->sent_waiters);
    changes_init(&w->changes);
    changes_init(&w->held_changes);
    ENSURE(pthread_mutex_init(&w->status_lock, NULL) == 0);
    return w;
}

void writer_destroy(struct writer *w)
{
    if (!w)
        return;
    ENSURE(!w->flight.active && !w->held && !w->open_waiters.first && !w->sent_waiters.first);
    vigil_destroy(w->vigil);
    leadership_destroy(w->leadership);
    mirror_destroy(w->mirror);
    batch_destroy(w->open);
    batch_destroy(w->sent);
    changes_fini(&w->changes);
    changes_fini(&w->held_changes);
    queue_destroy(w->queue);
    pthread_mutex_destroy(&w->status_lock);
    free(w);
}

void writer_listen(struct writer *w, engine_commit_fn on_commit, void *arg)
{
    ENSURE(w->listener_count < ENGINE_LISTENERS);
    w->listeners[w->listener_count++] = (struct writer_listener){on_commit, arg};
}

bool writer_push(struct writer *w, struct request *r)
{
    bool is_node = r->principal.kind == ACTOR_NODE;
    struct queue_lane lane = {.organisation = r->principal.organisation,
                              .crowd = is_node ? QUEUE_NODES : QUEUE_PEOPLE};
    return queue_push(w->queue, &lane, &r->item);
}

static struct boot_time boot_now(const struct writer *w)
{
    return env_boot(w->options.env);
}

static struct boot_time after_ms(struct boot_time t, int64_t ms)
{
    return (struct boot_time){t.ns + ms * NS_PER_MS};
}

static void publish_status(struct writer *w)
{
    pthread_mutex_lock(&w->status_lock);
    w->status.leader = w->mirror != NULL;
    w->status.revision = w->mirror ? mirror_revision(w->mirror) : 0;
    w->status.waiting = queue_length(w->queue);
    w->status.commits = w->commits;
    w->status.requests = w->requests;
    w->status.reloads = w->reloads;
    (void)text_cut(w->status.leader_address, sizeof w->status.leader_address,
                   leadership_address(w->leadership));
    pthread_mutex_unlock(&w->status_lock);
}

void writer_status(struct writer *w, struct engine_status *ret)
{
    pthread_mutex_lock(&w->status_lock);
    *ret = w->status;
    pthread_mutex_unlock(&w->status_lock);
}

static void tell_listeners(struct writer *w, const struct engine_change *changes, size_t n)
{
    for (size_t i = 0; i < w->listener_count; i++)
        w->listeners[i].on_commit(w->listeners[i].arg, mirror_state(w->mirror),
                                  mirror_revision(w->mirror), changes, n);
}

/* ---- Leading ---- */

/* Everything that is under way is answered with the error, and what memory holds is thrown away. */
static void step_down(struct writer *w, const struct err *err)
{
    log_event(w->options.log, LOG_LEVEL_WARN, "engine.step-down", LOG_STR("reason", err->text));
    w->flight.active = false;
    request_list_finish(&w->sent_waiters, 0, err);
    request_list_finish(&w->open_waiters, 0, err);
    if (w->held) {
        w->held->err = *err;
        request_finish(w->held, 0);
        w->held = NULL;
    }
    changes_reset(&w->held_changes);
    parcel_fini(&w->held_parcel);
    batch_reset(w->open);
    batch_reset(w->sent);
    vigil_end(w->vigil);
    mirror_destroy(w->mirror);
    w->mirror = NULL;
    leadership_lost(w->leadership);
    w->campaign_at = boot_now(w);
    for (size_t i = 0; i < w->listener_count; i++)
        w->listeners[i].on_commit(w->listeners[i].arg, NULL, 0, NULL, 0);
}

/* What a leader starts from is no older than its own leadership, which was written: a read alone
 * may be stale (etcd 3.4.23 after a pause). */
static int load(struct writer *w, struct err *err)
{
    TRY(mirror_load(w->options.store, &w->mirror, err));
    if (mirror_revision(w->mirror) >= leadership_fence(w->leadership))
        return 0;
    mirror_destroy(w->mirror);
    w->mirror = NULL;
    return err_set(err, ERR_UNAVAILABLE, "the store answered from before this leadership");
}

static void campaign(struct writer *w)
{
    struct err err = ERR_INIT;
    w->campaign_at = after_ms(boot_now(w), CAMPAIGN_EVERY_MS);
    if (leadership_campaign(w->leadership, &err) < 0) {
        if (err.code != ERR_NOT_LEADER)
            log_event(w->options.log, LOG_LEVEL_WARN, "engine.campaign-failed",
                      LOG_STR("error", err.text));
        return;
    }
    if (load(w, &err) < 0) {
        log_event(w->options.log, LOG_LEVEL_ERROR, "engine.load-failed",
                  LOG_STR("error", err.text));
        leadership_lost(w->leadership);
        return;
    }
    w->confirm_at = after_ms(boot_now(w), CONFIRM_EVERY_MS);
    w->reloads++;
    clock_not_before(&w->clock, mirror_committed_at(w->mirror));
    vigil_begin(w->vigil, w->mirror, boot_now(w));
    log_event(w->options.log, LOG_LEVEL_INFO, "engine.leading",
              LOG_INT("revision", mirror_revision(w->mirror)),
              LOG_INT("leases", (int64_t)state_count(mirror_state(w->mirror), ENTITY_LEASE)));
    tell_listeners(w, NULL, 0);
}

/* ---- Deciding ---- */

static struct decide_context context_of(struct writer *w, const struct actor *actor)
{
    return (struct decide_context){.now = clock_now(&w->clock),
                                   .actor = *actor,
                                   .sha256 = w->options.sha256,
                                   .verify = w->options.verify};
}

/* Request ids belong to whoever chose them. */
static struct id requester_of(const struct actor *actor)
{
    return actor->kind == ACTOR_USER ? actor->user : actor->name;
}

static struct outcome outcome_of(const struct actor *actor, enum command_kind command,
                                 const struct id *request_id, const struct answer *answer)
{
    struct outcome outcome = {.request_id = *request_id,
                              .actor = requester_of(actor),
                              .kind = id_literal(entity_name(answer->kind)),
                              .id = answer->id,
                              .state = answer->state,
                              .approval = answer->approval};
    (void)text_cut(outcome.command, sizeof outcome.command, command_name(command));
    return outcome;
}

static void answer_from_outcome(struct request *r, const struct outcome *outcome)
{
    enum entity_kind kind;
    ENSURE(entity_kind_by_name(span_text(outcome->kind.text), &kind) == 0);
    r->answer = (struct answer){
        .kind = kind, .id = outcome->id, .state = outcome->state, .approval = outcome->approval};
    r->applied = true;
    r->repeated = true;
}

/* Puts a decision into the open batch and into the state. */
static void apply(struct writer *w, struct changes *changes, struct parcel *parcel)
{
    if (parcel->has_outcome)
        outcomes_add(mirror_outcomes(w->mirror), &parcel->outcome, clock_now(&w->clock));
    batch_add(w->open, parcel);
    state_apply(mirror_state(w->mirror), changes);
}

static void apply_request(struct writer *w, struct request *r, struct changes *changes,
                          struct parcel *parcel)
{
    r->answer = answer_take(&changes->answer);
    r->applied = true;
    apply(w, changes, parcel);
    request_list_add(&w->open_waiters, r);
}

/* A request id that was used before is answered with what became of it then. */
static int answer_known(const struct writer *w, struct request *r, const struct actor *actor)
{
    const struct request_head *head = command_head(r->command.kind, r->command.args);
    struct id requester = requester_of(actor);
    if (id_is_none(&head->request_id))
        return 0;
    const struct outcome *known =
        outcomes_find(mirror_outcomes(w->mirror), &requester, &head->request_id);
    if (!known)
        return 0;
    if (strcmp(known->command, command_name(r->command.kind)) != 0)
        return err_set(&r->err, ERR_CONFLICT,
                       "request id %s was used for %s: choose another for this request",
                       head->request_id.text, known->command);
    answer_from_outcome(r, known);
    return 0;
}

/* Decides into w->changes and packs into *ret; neither is filled when the request is known. */
static int decide_request(struct writer *w, struct request *r, struct parcel *ret)
{
    const struct request_head *head = command_head(r->command.kind, r->command.args);
    struct state *state = mirror_state(w->mirror);
    struct actor actor;
    TRY(actor_resolve(state, &r->principal, clock_now(&w->clock), &actor, &r->err));
    TRY(authorise_command(&actor, r->command.kind, &r->err));
    TRY(answer_known(w, r, &actor));
    if (r->repeated)
        return 0;
    struct decide_context ctx = context_of(w, &actor);
    TRY(decide(state, r->command.kind, r->command.args, &ctx, &w->changes, &r->err));
    struct outcome outcome =
        outcome_of(&actor, r->command.kind, &head->request_id, &w->changes.answer);
    return parcel_pack(&w->changes, id_is_none(&head->request_id) ? NULL : &outcome, ret, &r->err);
}

static void handle_command(struct writer *w, struct request *r)
{
    struct parcel parcel = {.n = 0};
    changes_reset(&w->changes);
    bool decided = decide_request(w, r, &parcel) == 0;
    bool dry_run = command_head(r->command.kind, r->command.args)->dry_run;
    w->requests++;
    if (!decided || r->repeated || dry_run) {
        if (decided && !r->repeated)
            r->answer = answer_take(&w->changes.answer);
        parcel_fini(&parcel);
        changes_reset(&w->changes);
        request_list_add(&w->open_waiters, r);
        return;
    }
    if (batch_has_room(w->open, &parcel)) {
        apply_request(w, r, &w->changes, &parcel);
        return;
    }
    struct changes empty = w->held_changes;
    w->held_changes = w->changes;
    w->changes = empty;
    w->held_parcel = parcel;
    w->held = r;
}

/* The open batch has gone: there is room now for what was held. Nothing was decided since. */
static void release_held(struct writer *w)
{
    struct request *r = w->held;
    if (!r)
        return;
    w->held = NULL;
    apply_request(w, r, &w->held_changes, &w->held_parcel);
    changes_reset(&w->held_changes);
}

static void handle_read(struct writer *w, struct request *r)
{
    struct actor actor;
    struct instant now = clock_now(&w->clock);
    if (actor_resolve(mirror_state(w->mirror), &r->principal, now, &actor, &r->err) == 0) {
        struct engine_view view = {.state = mirror_state(w->mirror),
                                   .actor = &actor,
                                   .now = now,
                                   .revision = mirror_revision(w->mirror),
                                   .address = w->options.address};
        (void)r->ops->run(r->arg, &view, &r->err);
    }
    request_list_add(&w->open_waiters, r);
}

static void handle_outcome(struct writer *w, struct request *r)
{
    struct actor actor;
    if (actor_resolve(mirror_state(w->mirror), &r->principal, clock_now(&w->clock), &actor,
                      &r->err) == 0) {
        struct id requester = requester_of(&actor);
        const struct outcome *known =
            outcomes_find(mirror_outcomes(w->mirror), &requester, &r->request_id);
        if (known)
            answer_from_outcome(r, known);
        else
            (void)err_set(&r->err, ERR_NOT_FOUND,
                          "no request %s of %s took effect in the last 24 hours",
                          r->request_id.text, requester.text);
    }
    request_list_add(&w->open_waiters, r);
}

static void handle(struct writer *w, struct request *r)
{
    if (!w->mirror) {
        const char *address = leadership_address(w->leadership);
        (void)err_set(&r->err, ERR_NOT_LEADER, "this control plane does not lead; the leader is %s",
                      address[0] ? address : "not known yet, try again");
        request_finish(r, 0);
        return;
    }
    switch (r->type) {
    case REQUEST_COMMAND:
        handle_command(w, r);
        break;
    case REQUEST_READ:
        handle_read(w, r);
        break;
    case REQUEST_OUTCOME:
        handle_outcome(w, r);
        break;
    }
}

/* Decides at most `limit` objects' worth of what is due. False: no room for it now. */
static bool decide_due_within(struct writer *w, const struct decide_context *ctx, size_t limit)
{
    struct parcel parcel = {.n = 0};
    changes_reset(&w->changes);
    (void)decide_due(mirror_state(w->mirror), ctx, limit, &w->changes);
    bool fits = w->changes.n == 0 || (parcel_pack(&w->changes, NULL, &parcel, NULL) == 0 &&
                                      batch_has_room(w->open, &parcel));
    if (fits && w->changes.n > 0)
        apply(w, &w->changes, &parcel);
    parcel_fini(&parcel);
    changes_reset(&w->changes);
    return fits;
}

/* Before anything that people ask: the end of a lease must not wait for a quiet moment. */
static void decide_what_is_due(struct writer *w)
{
    struct actor actor = actor_service("clock");
    struct decide_context ctx = context_of(w, &actor);
    if (state_next_due(mirror_state(w->mirror)).s > ctx.now.s)
        return;
    if (!decide_due_within(w, &ctx, DUE_PER_TURN))
        (void)decide_due_within(w, &ctx, DECIDE_DUE_MIN);
}

static void tell_of_divergence(struct writer *w)
{
    struct boot_time now = boot_now(w);
    if (!w->clock.diverged || now.ns < w->clock_told.ns)
        return;
    w->clock_told = after_ms(now, CLOCK_TELL_MS);
    log_event(w->options.log, LOG_LEVEL_ERROR, "clock.diverged",
              LOG_INT("wall_ahead_s", clock_divergence_s(&w->clock)),
              LOG_STR("remedy", "set the clock right; then start pumasid anew"));
}

/* ---- Committing ---- */

static void on_outcome(const struct store_result *result, void *ud)
{
    struct writer *w = ud;
    w->flight.result = *result;
    queue_push_urgent(w->queue, &w->flight.item);
}

static void attempt(struct writer *w, const struct store_txn *txn)
{
    w->flight.attempted = boot_now(w);
    w->flight.retry_at.ns = 0;
    store_commit(w->options.store, txn, COMMIT_ATTEMPT_MS, on_outcome, w);
}

static const struct store_txn *seal(struct writer *w)
{
    struct batch_seal seal = {.writer = w->options.name,
                              .at = clock_now(&w->clock),
                              .next_number = state_next_number(mirror_state(w->mirror)),
                              .fence = leadership_fence(w->leadership)};
    w->options.env->random(w->options.env->world, seal.write_id, sizeof seal.write_id);
    return batch_seal(w->sent, w->mirror, &seal);
}

static void send(struct writer *w)
{
    struct batch *empty = w->sent;
    w->sent = w->open;
    w->open = empty;
    pace_sent(&w->pace, w->open_waiters.n);
    request_list_move(&w->sent_waiters, &w->open_waiters);
    w->flight = (struct flight){.active = true, .retry_ms = RETRY_FIRST_MS, .started = boot_now(w)};
    attempt(w, seal(w));
}

/* With nothing under way. */
static void send_open(struct writer *w)
{
    if (batch_is_empty(w->open))
        return;
    send(w);
    release_held(w);
}

struct telling {
    struct writer *writer;
    int64_t revision;
    struct engine_change changes[PARCEL_OBJECTS];
    size_t n;
};

static void note_object(enum entity_kind kind, const struct id *id, bool deleted, void *arg)
{
    struct telling *t = arg;
    mirror_note(t->writer->mirror, kind, id, t->revision, deleted);
    t->changes[t->n++] = (struct engine_change){.kind = kind, .id = *id, .deleted = deleted};
}

/* With nothing under way: a batch that is full or late goes, but a check comes first. */
static bool batch_waits(const struct writer *w)
{
    struct boot_time now = boot_now(w);
    return vigil_is_due(w->vigil, now) ||
           (!w->held && pace_waits(&w->pace, now, w->open_waiters.n));
}

/* The store works on the next batch while the waiters of this one are answered and what is queued
 * is decided. */
static void committed(struct writer *w, int64_t revision)
{
    struct request_list answered;
    struct telling telling = {.writer = w, .revision = revision};
    struct boot_time now = boot_now(w);
    vigil_saw(w->vigil, revision, mirror_revision(w->mirror) + 1);
    mirror_note_commit(w->mirror, batch_commit(w->sent)->seq, revision, batch_digest(w->sent));
    batch_each(w->sent, note_object, &telling);
    leadership_confirm(w->leadership, w->flight.attempted);
    w->confirm_at = after_ms(now, CONFIRM_EVERY_MS);
    w->flight.active = false;
    w->commits++;
    request_list_init(&answered);
    request_list_move(&answered, &w->sent_waiters);
    batch_reset(w->sent);
    pace_committed(&w->pace, w->flight.started, now, answered.n);
    if (!batch_waits(w))
        send_open(w);
    request_list_finish(&answered, revision, NULL);
    tell_listeners(w, telling.changes, telling.n);
}

/* A guard did not hold. After an unknown attempt the reason may be that attempt itself: then the
 * log entry carries our mark. */
static void compare_failed(struct writer *w)
{
    const struct commit *ours = batch_commit(w->sent);
    struct store_key key = keys_of_commit(ours->seq);
    struct store_version version;
    struct commit theirs;
    struct err err = ERR_INIT;
    CLEANUP_BUF struct buf value;
    buf_init(&value, LIMIT_VALUE_BYTES);
    int rc = store_get(w->options.store, span_text(key.text), READ_BACK_MS, &value, &version, &err);
    if (rc == 0)
        rc = codec_decode_commit(buf_span(&value), &theirs, &err);
    if (rc < 0 && rc != -ERR_NOT_FOUND) {
        (void)err_set(&err, ERR_UNKNOWN_OUTCOME,
                      "the store can't be asked what became of the change; ask again later");
        step_down(w, &err);
        return;
    }
    bool own = rc == 0 && theirs.write_id.len == ours->write_id.len &&
               memcmp(theirs.write_id.data, ours->write_id.data, ours->write_id.len) == 0;
    if (rc == 0)
        record_fini(&commit_type, &theirs);
    if (own) {
        committed(w, version.mod_revision);
        return;
    }
    (void)err_set(&err, ERR_UNAVAILABLE,
                  "another control plane leads now; nothing was changed, try again");
    step_down(w, &err);
}

static void try_later(struct writer *w)
{
    struct boot_time now = boot_now(w);
    if (now.ns - w->flight.started.ns > COMMIT_GIVE_UP_MS * NS_PER_MS) {
        struct err err = ERR_INIT;
        (void)err_set(&err, w->flight.maybe_applied ? ERR_UNKNOWN_OUTCOME : ERR_UNAVAILABLE,
                      "the store did not take the change for %d s: %s", COMMIT_GIVE_UP_MS / 1000,
                      w->flight.result.err.text);
        step_down(w, &err);
        return;
    }
    w->flight.retry_at = after_ms(now, w->flight.retry_ms);
    if (w->flight.retry_ms < RETRY_LAST_MS)
        w->flight.retry_ms *= 2;
}

static void handle_result(struct writer *w)
{
    ENSURE(w->flight.active);
    switch (w->flight.result.outcome) {
    case STORE_OK:
        committed(w, w->flight.result.revision);
        break;
    case STORE_COMPARE_FAILED:
        compare_failed(w);
        break;
    case STORE_UNKNOWN:
        w->flight.maybe_applied = true;
        try_later(w);
        break;
    case STORE_NOT_APPLIED:
    case STORE_OUTCOME_COUNT:
        try_later(w);
        break;
    }
}

/* The same transaction again: its guards make a second application impossible. */
static void retry(struct writer *w)
{
    if (w->flight.active && w->flight.retry_at.ns && w->flight.retry_at.ns <= boot_now(w).ns)
        attempt(w, batch_txn(w->sent));
}

/* ---- One turn ---- */

static void give_up_unconfirmed(struct writer *w)
{
    struct err err = ERR_INIT;
    (void)err_set(&err, ERR_UNAVAILABLE,
                  "leadership could not be confirmed by the store; try again");
    step_down(w, &err);
}

/* What was decided on a state that is not the store's has not happened, and may have happened
 * before: whoever asks again under the same request id is told. */
static void give_up_surprised(struct writer *w, const struct err *found)
{
    struct err err = ERR_INIT;
    (void)err_set(&err, ERR_UNAVAILABLE, "%s; nothing was changed now, try again", found->text);
    step_down(w, &err);
}

/* With nothing under way: send the open batch, or answer those who waited for no commit. */
static void flush(struct writer *w)
{
    if (!w->mirror || w->flight.active || batch_waits(w))
        return;
    bool sends = !batch_is_empty(w->open);
    send_open(w);
    if (sends || !w->open_waiters.first)
        return;
    if (leadership_stands(w->leadership))
        request_list_finish(&w->open_waiters, mirror_revision(w->mirror), NULL);
    else
        give_up_unconfirmed(w);
}

static void look_after_leadership(struct writer *w)
{
    struct boot_time now = boot_now(w);
    if (!w->mirror) {
        if (!w->closed && now.ns >= w->campaign_at.ns)
            campaign(w);
        return;
    }
    if (w->flight.active)
        return;
    if (now.ns >= w->confirm_at.ns) {
        w->confirm_at = after_ms(now, CONFIRM_EVERY_MS);
        if (!leadership_is_fresh(w->leadership)) {
            give_up_unconfirmed(w);
            return;
        }
    }
    vigil_saw(w->vigil, leadership_store_revision(w->leadership), mirror_revision(w->mirror));
    if (!vigil_is_due(w->vigil, now))
        return;
    struct err err = ERR_INIT;
    if (vigil_check(w->vigil, w->mirror, now, &err) == -ERR_CONFLICT)
        give_up_surprised(w, &err);
}

static bool take_one(struct writer *w, unsigned wait_ms)
{
    enum queue_wanted wanted = w->held ? QUEUE_URGENT : QUEUE_ANY;
    struct queue_item *item = queue_take(w->queue, wanted, wait_ms);
    if (!item)
        return false;
    if (item == &w->flight.item)
        handle_result(w);
    else
        handle(w, (struct request *)((char *)item - offsetof(struct request, item)));
    return true;
}

void writer_turn(struct writer *w, unsigned wait_ms)
{
    look_after_leadership(w);
    retry(w);
    if (w->mirror && !w->held) {
        decide_what_is_due(w);
        outcomes_forget(mirror_outcomes(w->mirror), clock_now(&w->clock));
    }
    /* What is due and not sent yet must not wait for the next request. */
    bool idle = !w->mirror || w->flight.active || batch_is_empty(w->open);
    unsigned most_ms = idle ? wait_ms : batch_waits(w) ? 1 : 0;
    bool more = take_one(w, most_ms < wait_ms ? most_ms : wait_ms);
    for (int i = 1; more && i < DECISIONS_PER_TURN; i++)
        more = take_one(w, 0);
    flush(w);
    tell_of_divergence(w);
    publish_status(w);
}

void writer_close(struct writer *w)
{
    queue_close(w->queue);
    w->closed = true;
}

bool writer_is_done(const struct writer *w)
{
    return w->closed && queue_length(w->queue) == 0 && !w->flight.active && !w->held &&
           !w->open_waiters.first && (!w->mirror || batch_is_empty(w->open));
}
