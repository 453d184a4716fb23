#ifndef PUMASI_TESTS_SUPPORT_FAKE_NVML_FAKE_NVML_H
#define PUMASI_TESTS_SUPPORT_FAKE_NVML_FAKE_NVML_H

#include "nodeagent/gpu/nvml_abi.h"

/*
 * A library that is NVML to whoever loads it: the calls of nodeagent/gpu/nvml_abi.h over the node
 * that the file named by the environment variable PUMASI_FAKE_NVML describes (fake_node.h).
 *
 * nvmlInit_v2() reads the file: DRIVER_NOT_LOADED when the variable is not set; UNKNOWN, with the
 * reason on stderr, when the file has a fault. Further calls of Init_v2 are counted and read
 * nothing; the node is forgotten at the last Shutdown. Any thread.
 */
#define FAKE_NVML_VARIABLE "PUMASI_FAKE_NVML"

#define X(name, parameters) int nvml##name parameters;
NVML_CALLS(X)
#undef X
const char *nvmlErrorString(int result);

#endif
