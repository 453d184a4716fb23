/* Rows into requests. Only the columns named here are looked at. */
#include "controlplane/sim/pack_input.h"

#include "controlplane/sim/sheet.h"

#include <stdlib.h>

#define AMOUNT_MAX INT64_C(1000000000) /* CPU and memory */
#define GPUS_MAX   1024                /* that a pod may ask for; no node has so many */
#define MILLI      1000                /* of a GPU */

static void *grown(void *items, size_t cap, size_t size)
{
    void *p = reallocarray(items, cap, size);
    ENSURE(p != NULL);
    return p;
}

static char *copy_of(struct span text)
{
    char *p = strndup(text.len > 0 ? (const char *)text.data : "", text.len);
    ENSURE(p != NULL);
    return p;
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

/* ---- Models ---------------------------------------------------------------------------------- */

void pack_models_fini(struct pack_models *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->names[i]);
    m->n = 0;
}

static int model_of(struct pack_models *models, struct span name, uint8_t *ret, struct err *err)
{
    for (size_t i = 0; i < models->n; i++) {
        if (span_equal(span_text(models->names[i]), name)) {
            *ret = (uint8_t)i;
            return 0;
        }
    }
    if (models->n == PLACEMENT_MODELS)
        return err_set(err, ERR_LIMIT, "more than %d models of GPU", PLACEMENT_MODELS);
    models->names[models->n] = copy_of(name);
    *ret = (uint8_t)models->n++;
    return 0;
}

/* "A|B" */
static int models_of(struct pack_models *models, struct span names, uint64_t *ret, struct err *err)
{
    *ret = 0;
    for (size_t at = 0, end; at < names.len; at = end + 1) {
        for (end = at; end < names.len && names.data[end] != '|';)
            end++;
        uint8_t model;
        if (end == at)
            continue;
        TRY(model_of(models, span_of(names.data + at, end - at), &model, err));
        *ret |= UINT64_C(1) << model;
    }
    return 0;
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

enum { NODE_NAME, NODE_CPU, NODE_MEMORY, NODE_GPUS, NODE_MODEL, NODE_COLUMNS };

static const struct sheet_column node_columns[NODE_COLUMNS] = {
    {"sn", false}, {"cpu_milli", false}, {"memory_mib", false}, {"gpu", false}, {"model", false},
};

static int read_node(const struct sheet *s, struct pack_models *models, struct fleet_spec *ret,
                     struct err *err)
{
    int64_t gpus;
    *ret = (struct fleet_spec){.model = PLACEMENT_NO_MODEL};
    TRY(sheet_number(s, NODE_CPU, 0, AMOUNT_MAX, &ret->cpu_milli, err));
    TRY(sheet_number(s, NODE_MEMORY, 0, AMOUNT_MAX, &ret->memory_mib, err));
    TRY(sheet_number(s, NODE_GPUS, 0, PLACEMENT_DEVICES, &gpus, err));
    ret->gpus = (uint32_t)gpus;
    return gpus > 0 ? model_of(models, sheet_text(s, NODE_MODEL), &ret->model, err) : 0;
}

int pack_read_nodes(const char *path, struct pack_models *models, struct pack_nodes *ret,
                    struct err *err)
{
    CLEANUP_SHEET struct sheet *s = NULL;
    bool more;
    TRY(sheet_open(path, node_columns, NODE_COLUMNS, &s, err));
    for (;;) {
        TRY(sheet_next(s, &more, err));
        if (!more)
            return 0;
        if (ret->n == ret->cap) {
            ret->cap = ret->cap ? ret->cap * 2 : 256;
            ret->specs = grown(ret->specs, ret->cap, sizeof *ret->specs);
            ret->names = grown(ret->names, ret->cap, sizeof *ret->names);
        }
        TRY(read_node(s, models, &ret->specs[ret->n], err));
        ret->names[ret->n++] = copy_of(sheet_text(s, NODE_NAME));
    }
}

void pack_nodes_fini(struct pack_nodes *n)
{
    free_texts(n->names, n->n);
    free(n->specs);
    *n = (struct pack_nodes){.n = 0};
}

/* ---- Pods ------------------------------------------------------------------------------------ */

enum { POD_SEQ, POD_NAME, POD_CPU, POD_MEMORY, POD_GPUS, POD_MILLI, POD_MODELS, POD_COLUMNS };

static int read_pod(const struct sheet *s, struct pack_models *models,
                    struct placement_request *ret, struct err *err)
{
    int64_t gpus, milli;
    *ret = (struct placement_request){.gpus = 0};
    TRY(sheet_number(s, POD_CPU, 0, AMOUNT_MAX, &ret->cpu_milli, err));
    TRY(sheet_number(s, POD_MEMORY, 0, AMOUNT_MAX, &ret->memory_mib, err));
    TRY(sheet_number(s, POD_GPUS, 0, GPUS_MAX, &gpus, err));
    if (gpus == 0)
        return 0;
    TRY(sheet_number(s, POD_MILLI, 1, INT32_MAX, &milli, err));
    ret->gpus = (uint32_t)gpus;
    ret->units = (uint32_t)((milli < MILLI ? milli : MILLI) * SHARE_PER_GPU / MILLI);
    return models_of(models, sheet_text(s, POD_MODELS), &ret->models, err);
}

static void make_room(struct pack_pods *p)
{
    if (p->n < p->cap)
        return;
    p->cap = p->cap ? p->cap * 2 : 1024;
    p->requests = grown(p->requests, p->cap, sizeof *p->requests);
    p->seqs = grown(p->seqs, p->cap, sizeof *p->seqs);
    p->names = grown(p->names, p->cap, sizeof *p->names);
}

int pack_read_pods(const char *path, bool with_seq, struct pack_models *models,
                   struct pack_pods *ret, struct err *err)
{
    const struct sheet_column columns[POD_COLUMNS] = {
        {"seq", !with_seq}, {"name", false},      {"cpu_milli", false}, {"memory_mib", false},
        {"num_gpu", false}, {"gpu_milli", false}, {"gpu_spec", false},
    };
    CLEANUP_SHEET struct sheet *s = NULL;
    bool more;
    TRY(sheet_open(path, columns, POD_COLUMNS, &s, err));
    for (;;) {
        TRY(sheet_next(s, &more, err));
        if (!more)
            return 0;
        make_room(ret);
        TRY(read_pod(s, models, &ret->requests[ret->n], err));
        ret->seqs[ret->n] = copy_of(sheet_text(s, POD_SEQ));
        ret->names[ret->n++] = copy_of(sheet_text(s, POD_NAME));
    }
}

void pack_pods_fini(struct pack_pods *p)
{
    free_texts(p->seqs, p->n);
    free_texts(p->names, p->n);
    free(p->requests);
    *p = (struct pack_pods){.n = 0};
}
