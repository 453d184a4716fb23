#ifndef PUMASI_TESTS_SIM_LAB_ENGINE_H
#define PUMASI_TESTS_SIM_LAB_ENGINE_H

#include "controlplane/engine/engine.h"
#include "controlplane/engine/writer.h"

/* The engine's writer, to be turned by the bed. */
struct writer *bed_engine_writer(struct engine *e);

#endif
