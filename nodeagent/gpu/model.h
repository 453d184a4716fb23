#ifndef PUMASI_NODEAGENT_GPU_MODEL_H
#define PUMASI_NODEAGENT_GPU_MODEL_H

#include <stddef.h>

/*
 * The model of a GPU as pools and prices name it: the driver's product name without the maker, the
 * memory size and the form factor.
 *
 *     NVIDIA B200              B200
 *     NVIDIA H100 80GB HBM3    H100
 *     NVIDIA A100-SXM4-80GB    A100
 *     NVIDIA GeForce RTX 4090  GeForce RTX 4090
 *
 * A name that does not begin with a data-centre model (letters, digits, at most one letter) keeps
 * all but the maker. Cut to fit. Returns dst. Pure.
 */
const char *model_of_name(const char *name, char *dst, size_t cap);

#endif
