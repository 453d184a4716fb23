#ifndef PUMASI_CONTROLPLANE_SIM_SCENARIO_H
#define PUMASI_CONTROLPLANE_SIM_SCENARIO_H

#include "controlplane/domain/command.h"
#include "controlplane/sim/record_reader.h"

/*
 * A scenario file (docs/spec/scenario.md): the manifests that hold when it begins, the nodes, and
 * the steps that people take at dates. Read once and checked as a whole, so that a slip in the last
 * line is told before the first is played.
 */
struct scenario_nodes {
    struct id pool;
    struct id name; /* nodes are NAME-001, NAME-002, ... */
    int64_t count;
    int64_t gpus;
};

/* One document of a manifest: what to apply, and how. */
struct scenario_document {
    enum command_kind command; /* APPLY_... */
    void *args;                /* its record; owned */
};

struct scenario_step {
    struct instant at;
    struct id by; /* user: "member.lunit" */
    enum command_kind command;
    struct id as;          /* what later steps call its outcome; none */
    enum err_code refused; /* the refusal that is expected; ERR_OK: none */
    struct strict item;    /* the step in the file; its parent is the list */
    struct strict with;    /* its arguments; value NULL: none */
};

struct scenario {
    char name[LIMIT_NAME_BYTES];
    char about[LIMIT_TEXT_BYTES];
    struct id agency; /* the organisation that runs the control plane */
    struct instant start;
    struct instant until;
    struct scenario_document *documents;
    size_t n_documents;
    struct scenario_nodes *nodes;
    size_t n_nodes;
    struct scenario_step *steps;
    size_t n_steps;
    struct json_t *file; /* steps are read again, with references resolved, when they are played */
    struct strict root, list;
};

/* The file at path; manifests are looked for beside it. ERR_INVALID and the like name file and
 * place. Free with scenario_destroy(). */
MUST_CHECK int scenario_load(const char *path, struct scenario **ret, struct err *err);
void scenario_destroy(struct scenario *s); /* NULL is fine */

/* The step's arguments as the command's record (zeroed head), with what references stand for.
 * End it with record_fini(command_type(step->command), ret). Errors name the place in the file. */
MUST_CHECK int scenario_read_step(const struct scenario_step *step, reference_fn resolve, void *arg,
                                  void *ret, struct err *err);

/* "award.approval" -> "award" and true; "award" -> itself and false. */
bool scenario_reference(struct span name, struct span *ret_as);

#endif
