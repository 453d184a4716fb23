#ifndef PUMASI_TESTS_UNIT_NODEAGENT_GPU_NODE_FILE_H
#define PUMASI_TESTS_UNIT_NODEAGENT_GPU_NODE_FILE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The node that the fake NVML shows in a test, and the libraries built for it. */
#define FAKE_NVML       PUMASI_BIN_DIR "/../fake/libnvidia-ml.so.1"
#define FAKE_NVML_OLD   PUMASI_BIN_DIR "/../fake/old/libnvidia-ml.so.1"   /* lacks details */
#define FAKE_NVML_BARE  PUMASI_BIN_DIR "/../fake/bare/libnvidia-ml.so.1"  /* lacks minor numbers */
#define FAKE_NVML_EMPTY PUMASI_BIN_DIR "/../fake/empty/libnvidia-ml.so.1" /* lacks Init_v2 */

#define UUID(n) "GPU-00000000-0000-0000-0000-00000000000" #n
#define B200(n)                                                                                    \
    "gpu uuid=" UUID(n) " minor=" #n " model=\"NVIDIA B200\" memory_mib=183359 mig=off numa=1\n"

/* Writes the node's file and names it to the fake. The file is removed by node_file_remove(). */
static inline void node_file_write(const char *text)
{
    char path[] = "/tmp/pumasi-node-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    ck_assert_int_eq(setenv("PUMASI_FAKE_NVML", path, 1), 0);
}

static inline void node_file_remove(void)
{
    const char *path = getenv("PUMASI_FAKE_NVML");
    if (path)
        unlink(path);
    unsetenv("PUMASI_FAKE_NVML");
}

#endif
