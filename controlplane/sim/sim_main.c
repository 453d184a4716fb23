/* pumasi-sim: play a scenario, or a part of the control plane alone; print what came of it. */
#include "controlplane/sim/options.h"
#include "controlplane/sim/report.h"

#include <stdio.h>

enum { EXIT_VIOLATED = 1, EXIT_BAD_INPUT = 2 };

static int put(const struct buf *out, struct err *err)
{
    if (out->full || fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
        return err_set(err, ERR_IO, "the outcome could not be printed");
    return 0;
}

static int print(const struct report *report, const struct options *options, struct err *err)
{
    CLEANUP_BUF struct buf out;
    buf_init(&out, LIMIT_REPLY_BYTES);
    if (options->json)
        report_json(report, &out);
    else
        report_text(report, &out);
    if (options->statements)
        TRY(report_write_statements(report, options->statements, err));
    return put(&out, err);
}

static int run_scenario(const struct options *options, bool *ret_violated, struct err *err)
{
    struct scenario *scenario = NULL;
    struct report *report = NULL;
    TRY(scenario_load(options->file, &scenario, err));
    struct simulation *simulation = simulation_create(scenario);
    int rc = simulation_run(simulation, err);
    if (rc == 0)
        rc = report_create(scenario, simulation, &report, err);
    if (rc == 0)
        rc = print(report, options, err);
    *ret_violated = simulation_conservation(simulation)->n_violations > 0;
    report_destroy(report);
    simulation_destroy(simulation);
    scenario_destroy(scenario);
    return rc;
}

/* The runs of a part alone: files in, files and a line of figures out. */
static int run_part(const struct options *o, struct err *err)
{
    CLEANUP_BUF struct buf figures;
    struct env env = env_real();
    buf_init(&figures, LIMIT_REPLY_BYTES);
    if (o->command == OPTIONS_CALENDAR)
        TRY(calendar_run(&o->calendar, &env, &figures, err));
    else if (o->command == OPTIONS_PACK)
        TRY(pack_run(&o->pack, &env, &figures, err));
    else
        TRY(lend_run(&o->lend, &figures, err));
    return put(&figures, err);
}

static int run(const struct options *options, bool *ret_violated, struct err *err)
{
    switch (options->command) {
    case OPTIONS_SCENARIO:
        return run_scenario(options, ret_violated, err);
    case OPTIONS_CALENDAR:
    case OPTIONS_PACK:
    case OPTIONS_LEND:
        return run_part(options, err);
    case OPTIONS_NOTHING:
        break;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct options options;
    bool violated = false;
    int rc = options_parse(argc, argv, &options, &err);
    if (rc == 0)
        rc = run(&options, &violated, &err);
    if (rc < 0) {
        fprintf(stderr, "pumasi-sim: %s\n", err.text);
        return EXIT_BAD_INPUT;
    }
    return violated ? EXIT_VIOLATED : 0;
}
