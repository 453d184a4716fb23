#ifndef PUMASI_CLI_REPORT_H
#define PUMASI_CLI_REPORT_H

#include "cli/invocation.h"

/*
 * Tells people about a failure, on the talk stream: what and why, what to do next, the code and,
 * for a change, the request id. With as_json the same as one object:
 *
 *     {"error": {"code": "not-found", "exit": 6, "message": …, "next": …, "request_id": …}}
 *
 * Returns the exit code. Codes and keys are stable; texts are translated.
 */
int report_error(const struct invocation *inv, const struct err *err, bool as_json);

#endif
