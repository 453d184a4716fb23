#ifndef PUMASI_BUNDLE_VERIFIER_H
#define PUMASI_BUNDLE_VERIFIER_H

#include "lib/base/span.h"

/* The text of verify.py. Static. */
struct span verifier_script(void);

#endif
