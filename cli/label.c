/*
 * Owns: the words for the codes of states, sizes, roles and kinds. Constant.
 */
#include "cli/label.h"

#include "cli/i18n.h"

#include <string.h>

const struct label label_table[] = {
    {"yes-no", "true", N_("yes")},
    {"yes-no", "false", N_("no")},

    /* states of a request and its approval */
    {NULL, "draft", N_("draft")},
    {NULL, "submitted", N_("submitted")},
    {NULL, "correction", N_("correction asked for")},
    {NULL, "review", N_("under review")},
    {NULL, "approved", N_("approved")},
    {NULL, "returned", N_("sent back")},
    {NULL, "withdrawn", N_("withdrawn")},
    {NULL, "stale", N_("plan out of date")},

    {"loan", "proposed", N_("proposed")},
    {"loan", "consented", N_("consented")},
    {"loan", "recalling", N_("being recalled")},
    {"loan", "returned", N_("given back")},
    {"loan", "closed", N_("closed")},

    {"lease", "requested", N_("requested")},
    {"lease", "booked", N_("booked")},
    {"lease", "preparing", N_("being prepared")},
    {NULL, "active", N_("active")},
    {"lease", "draining", N_("draining")},
    {"lease", "returning", N_("returning")},
    {"lease", "ended", N_("ended")},
    {"lease", "refused", N_("refused")},
    {"lease", "cancelled", N_("cancelled")},
    {"lease", "failed", N_("failed")},
    {"lease", "expired", N_("time is over")},
    {"lease", "released", N_("released")},
    {"lease", "recalled", N_("recalled")},
    {"lease", "committed", N_("committed")},
    {"lease", "opportunistic", N_("opportunistic")},
    {"placement", "granted", N_("granted")},
    {"placement", "returned", N_("given back")},

    /* nodes and devices */
    {"node", "joined", N_("joined")},
    {"node", "drained", N_("drained")},
    {NULL, "contracted", N_("contracted")},
    {NULL, "delivered", N_("delivered")},
    {NULL, "accepted", N_("accepted")},
    {NULL, "in_service", N_("in service")},
    {NULL, "faulty", N_("faulty")},
    {NULL, "maintenance", N_("in maintenance")},
    {NULL, "tainted", N_("tainted")},
    {NULL, "retired", N_("retired")},

    {"usage", "running", N_("running")},
    {"usage", "fault", N_("fault")},
    {"usage", "ended", N_("ended")},
    {"usage", "recalled", N_("recalled")},

    /* stages of a project */
    {"stage", "planned", N_("planned")},
    {"stage", "running", N_("running")},
    {"stage", "evaluation", N_("under evaluation")},
    {"stage", "passed", N_("passed")},
    {"stage", "eliminated", N_("eliminated")},
    {"stage", "settled", N_("settled")},
    {"stage", "pass", N_("passes")},
    {"stage", "eliminate", N_("is eliminated")},
    {"stage", "proposed", N_("proposed")},
    {"stage", "noticed", N_("announced")},
    {"stage", "objected", N_("objected to")},
    {"stage", "executing", N_("taking effect")},
    {"stage", "done", N_("in effect")},
    {"lease", "eliminated", N_("eliminated")},
    {"lease", "reclaimed", N_("gave way")},
    {"kind", "stage-decision", N_("stage decision")},

    /* organisations */
    {NULL, "large", N_("large enterprise")},
    {NULL, "midsize", N_("mid-size enterprise")},
    {NULL, "early_midsize", N_("early mid-size enterprise")},
    {NULL, "sme", N_("small or medium enterprise")},
    {NULL, "startup", N_("young-founder company")},
    {NULL, "university", N_("university")},
    {NULL, "institute", N_("government-funded institute")},
    {NULL, "nonprofit", N_("non-profit")},
    {NULL, "agency", N_("managing agency")},
    {NULL, "supplier", N_("supplier")},
    {"member", "lead", N_("lead organisation")},
    {"member", "participant", N_("participating organisation")},
    {"member", "co_research", N_("co-research organisation")},
    {"member", "subcontracted", N_("subcontracted research organisation")},
    {NULL, "open_commercial", N_("open source, commercial")},
    {NULL, "open_noncommercial", N_("open source, non-commercial")},
    {NULL, "closed", N_("not published")},
    {NULL, "cash", N_("cash")},
    {NULL, "labour", N_("labour cost")},
    {NULL, "tangible_asset", N_("tangible assets")},
    {"refusal", "own-data", N_("the value of own data is not accepted in kind")},
    {"refusal", "kind-not-accepted", N_("the programme does not accept this kind")},

    /* kinds of objects, for outcomes and approvals */
    {"kind", "organisation", N_("organisation")},
    {"kind", "programme", N_("programme")},
    {"kind", "project", N_("project")},
    {"kind", "site", N_("site")},
    {"kind", "pool", N_("pool")},
    {"kind", "node", N_("node")},
    {"kind", "loan", N_("loan")},
    {"kind", "allocation", N_("allocation")},
    {"kind", "lease", N_("lease")},
    {"kind", "recall", N_("recall")},
    {"kind", "approval", N_("approval")},
    {"kind", "contribution", N_("contribution")},
    {"kind", "user", N_("user")},
    {"kind", "join_token", N_("join token")},
    {NULL, "revoked", N_("revoked")},
    {NULL, NULL, NULL},
};

const char *label_text(const char *set, const char *code)
{
    const char *general = NULL;
    for (const struct label *l = label_table; l->code; l++) {
        if (strcmp(l->code, code) != 0)
            continue;
        if (set && l->set && strcmp(l->set, set) == 0)
            return gettext(l->text);
        if (!l->set)
            general = l->text;
    }
    return general ? gettext(general) : code;
}
