/* The fake itself (tests/support/fake_nvml): what NVML's own clients count on, and its file. */
#include "nodeagent/gpu/nvml_abi.h"
#include "tests/support/suite.h"
#include "tests/unit/nodeagent/gpu/node_file.h"

#include <dlfcn.h>
#include <fcntl.h>

static struct {
    void *library;
    nvmlErrorString_fn ErrorString;
#define X(name, parameters) nvml##name##_fn name;
    NVML_CALLS(X)
#undef X
} lib;

static void setup(void)
{
    lib.library = dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(lib.library != NULL, "%s", dlerror());
    lib.ErrorString = (nvmlErrorString_fn)dlsym(lib.library, "nvmlErrorString");
#define X(name, parameters)                                                                        \
    lib.name = (nvml##name##_fn)dlsym(lib.library, "nvml" #name);                                  \
    ck_assert_ptr_nonnull(lib.name);
    NVML_CALLS(X)
#undef X
}

static void teardown(void)
{
    node_file_remove();
    dlclose(lib.library);
}

static struct nvml_device *first_of(const char *file)
{
    struct nvml_device *device = NULL;
    node_file_write(file);
    ck_assert_int_eq(lib.Init_v2(), NVML_SUCCESS);
    ck_assert_int_eq(lib.DeviceGetHandleByIndex_v2(0, &device), NVML_SUCCESS);
    return device;
}

START_TEST(nothing_works_before_init_and_after_the_last_shutdown)
{
    uint32_t count = 0;
    struct nvml_device *device = NULL;
    char text[16];
    ck_assert_int_eq(lib.DeviceGetCount_v2(&count), NVML_UNINITIALIZED);
    ck_assert_int_eq(lib.Shutdown(), NVML_UNINITIALIZED);
    node_file_write(B200(1));
    ck_assert_int_eq(lib.Init_v2(), NVML_SUCCESS);
    ck_assert_int_eq(lib.Init_v2(), NVML_SUCCESS);
    ck_assert_int_eq(lib.Shutdown(), NVML_SUCCESS);
    ck_assert_int_eq(lib.DeviceGetHandleByIndex_v2(0, &device), NVML_SUCCESS);
    ck_assert_int_eq(lib.Shutdown(), NVML_SUCCESS);
    ck_assert_int_eq(lib.DeviceGetCount_v2(&count), NVML_UNINITIALIZED);
    ck_assert_int_eq(lib.SystemGetDriverVersion(text, sizeof(text)), NVML_UNINITIALIZED);
    ck_assert_int_eq(lib.DeviceGetHandleByIndex_v2(0, &device), NVML_UNINITIALIZED);
    ck_assert_int_eq(lib.DeviceGetHandleByUUID(UUID(1), &device), NVML_UNINITIALIZED);
    ck_assert_int_eq(lib.DeviceGetName(device, text, sizeof(text)), NVML_UNINITIALIZED);
}
END_TEST

START_TEST(a_device_is_found_by_its_uuid)
{
    struct nvml_device *first = first_of(B200(1) B200(2)), *found = NULL;
    ck_assert_int_eq(lib.DeviceGetHandleByUUID(UUID(1), &found), NVML_SUCCESS);
    ck_assert_ptr_eq(found, first);
    ck_assert_int_eq(lib.DeviceGetHandleByUUID(UUID(3), &found), NVML_NOT_FOUND);
    ck_assert_int_eq(lib.DeviceGetHandleByUUID(NULL, &found), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetHandleByIndex_v2(2, &found), NVML_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_handle_that_is_none_and_a_missing_result_are_refused)
{
    struct nvml_device *device = first_of(B200(1));
    struct nvml_device *wrong = (struct nvml_device *)((char *)device + 1);
    uint32_t n;
    ck_assert_int_eq(lib.DeviceGetMinorNumber(wrong, &n), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetMinorNumber(NULL, &n), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetMinorNumber(device, NULL), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetName(device, NULL, 0), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetPciInfo_v3(device, NULL), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetMemoryInfo_v2(device, NULL), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetMigMode(device, &n, NULL), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetUtilizationRates(device, NULL), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetFieldValues(device, 1, NULL), NVML_INVALID_ARGUMENT);
    ck_assert_int_eq(lib.DeviceGetMemoryAffinity(device, 0, NULL, 0), NVML_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_text_wants_room_for_its_nul)
{
    struct nvml_device *device = first_of(B200(1));
    char text[sizeof("NVIDIA B200")];
    ck_assert_int_eq(lib.DeviceGetName(device, text, sizeof(text) - 1), NVML_INSUFFICIENT_SIZE);
    ck_assert_int_eq(lib.DeviceGetName(device, text, sizeof(text)), NVML_SUCCESS);
    ck_assert_str_eq(text, "NVIDIA B200");
}
END_TEST

START_TEST(memory_wants_its_version_word)
{
    struct nvml_device *device =
        first_of("gpu uuid=GPU-1 minor=1 model=x memory_mib=100 memory_used_mib=40\n");
    struct nvml_memory memory = {.version = 0};
    ck_assert_int_eq(lib.DeviceGetMemoryInfo_v2(device, &memory), NVML_ARGUMENT_VERSION_MISMATCH);
    memory.version = NVML_MEMORY_VERSION;
    ck_assert_int_eq(lib.DeviceGetMemoryInfo_v2(device, &memory), NVML_SUCCESS);
    ck_assert_uint_eq(memory.total, UINT64_C(100) << 20);
    ck_assert_uint_eq(memory.used, UINT64_C(40) << 20);
    ck_assert_uint_eq(memory.free, UINT64_C(60) << 20);
}
END_TEST

START_TEST(pci_is_spelled_as_nvml_does)
{
    struct nvml_device *device =
        first_of("gpu uuid=GPU-1 minor=1 model=x memory_mib=1 pci=0000:1b:00.0\n");
    struct nvml_pci_info pci;
    ck_assert_int_eq(lib.DeviceGetPciInfo_v3(device, &pci), NVML_SUCCESS);
    ck_assert_str_eq(pci.bus_id, "00000000:1B:00.0");
    ck_assert_str_eq(pci.bus_id_legacy, "0000:1B:00.0");
    ck_assert_uint_eq(pci.bus, 0x1b);
}
END_TEST

START_TEST(utilization_energy_and_other_fields)
{
    struct nvml_device *device =
        first_of("gpu uuid=GPU-1 minor=1 model=x memory_mib=100 memory_used_mib=25 utilization=87 "
                 "energy_mj=123456789012 recovery_action=2\n");
    struct nvml_utilization rates;
    ck_assert_int_eq(lib.DeviceGetUtilizationRates(device, &rates), NVML_SUCCESS);
    ck_assert_uint_eq(rates.gpu, 87);
    ck_assert_uint_eq(rates.memory, 25);
    struct nvml_field_value values[] = {{.field = NVML_FIELD_TOTAL_ENERGY_MJ},
                                        {.field = NVML_FIELD_RECOVERY_ACTION},
                                        {.field = 9999}};
    ck_assert_int_eq(lib.DeviceGetFieldValues(device, 3, values), NVML_SUCCESS);
    ck_assert_int_eq(values[0].result, NVML_SUCCESS);
    ck_assert_int_eq(values[0].type, NVML_VALUE_U64);
    ck_assert_uint_eq(values[0].value.u64, UINT64_C(123456789012));
    ck_assert_uint_eq(values[1].value.u32, 2);
    ck_assert_int_eq(values[2].result, NVML_NOT_SUPPORTED);
    ck_assert_int_eq(lib.DeviceGetFieldValues(device, 0, values), NVML_INVALID_ARGUMENT);
}
END_TEST

START_TEST(a_lost_gpu_answers_nothing)
{
    node_file_write("gpu uuid=GPU-1 minor=1 model=x memory_mib=1 lost=yes\n");
    struct nvml_device *device = NULL;
    uint32_t n;
    ck_assert_int_eq(lib.Init_v2(), NVML_SUCCESS);
    ck_assert_int_eq(lib.DeviceGetHandleByIndex_v2(0, &device), NVML_GPU_IS_LOST);
    ck_assert_int_eq(lib.DeviceGetMinorNumber(device, &n), NVML_GPU_IS_LOST);
}
END_TEST

START_TEST(results_have_words)
{
    ck_assert_str_eq(lib.ErrorString(NVML_GPU_IS_LOST), "GPU is lost");
    ck_assert_str_eq(lib.ErrorString(12345), "unknown error");
}
END_TEST

#define GPU "gpu uuid=GPU-1 minor=1 model=x memory_mib=1"

static const struct {
    const char *what;
    const char *file;
    const char *says; /* NULL: the file is good */
} files[] = {
    {"empty", "", NULL},
    {"comments, blanks, no newline at the end", "# a\n\n  \t\n " GPU "  # b", "is not key=value"},
    {"no newline at the end", "# a\n\n  \t\n  " GPU, NULL},
    {"carriage returns", GPU "\r\n\r\n", NULL},
    {"quotes around a number", "gpu uuid=GPU-1 minor=\"1\" model=x memory_mib=1\n", NULL},
    {"unknown kind", "\n" GPU "\ncpu cores=4\n", ":3: unknown kind \"cpu\""},
    {"unknown key", GPU " colour=red\n", ":1: unknown key \"colour\""},
    {"no value", GPU " lost\n", "is not key=value"},
    {"a key twice", GPU " minor=2\n", "minor: a second time"},
    {"a key missing", "gpu uuid=GPU-1 model=x memory_mib=1\n", "minor is missing"},
    {"an open quote", "gpu uuid=GPU-1 minor=1 memory_mib=1 model=\"NVIDIA\n", "not closed"},
    {"an empty text", "gpu uuid= minor=1 model=x memory_mib=1\n", "uuid: empty"},
    {"not a number", "gpu uuid=GPU-1 minor=one model=x memory_mib=1\n", "minor=one"},
    {"a sign", "gpu uuid=GPU-1 minor=-1 model=x memory_mib=1\n", "minor=-1"},
    {"a number too large", GPU " utilization=101\n", "up to 100"},
    {"a number far too large", GPU " energy_mj=99999999999999999999999\n", "energy_mj"},
    {"a mode that does not exist", GPU " mig=maybe\n", "mig=maybe"},
    {"neither yes nor no", GPU " lost=1\n", "lost=1"},
    {"more used than there is", GPU " memory_used_mib=2\n", "above memory_mib"},
};

/* Calls Init_v2 and brings back what it wrote to stderr. */
static int init_and_listen(char *dst, size_t cap)
{
    int pipe_fds[2], saved = dup(2);
    ck_assert_int_eq(pipe(pipe_fds), 0);
    ck_assert_int_eq(fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK), 0);
    dup2(pipe_fds[1], 2);
    int result = lib.Init_v2();
    dup2(saved, 2);
    ssize_t n = read(pipe_fds[0], dst, cap - 1);
    dst[n > 0 ? n : 0] = '\0';
    close(pipe_fds[0]);
    close(pipe_fds[1]);
    close(saved);
    return result;
}

START_TEST(a_fault_in_the_file_fails_init_and_is_told)
{
    char told[512];
    node_file_write(files[_i].file);
    int result = init_and_listen(told, sizeof(told));
    ck_assert_msg(result == (files[_i].says ? NVML_UNKNOWN : NVML_SUCCESS), "%s: %s",
                  files[_i].what, told);
    ck_assert_msg(strstr(told, files[_i].says ? files[_i].says : "") != NULL, "%s", told);
}
END_TEST

START_TEST(a_line_too_long_and_a_file_that_is_not_there)
{
    char long_line[2000], told[512];
    memset(long_line, '#', sizeof(long_line));
    long_line[sizeof(long_line) - 1] = '\0';
    node_file_write(long_line);
    ck_assert_int_eq(init_and_listen(told, sizeof(told)), NVML_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(told, "longer than"));
    node_file_remove();
    ck_assert_int_eq(lib.Init_v2(), NVML_DRIVER_NOT_LOADED);
    setenv("PUMASI_FAKE_NVML", "/nonexistent", 1);
    ck_assert_int_eq(init_and_listen(told, sizeof(told)), NVML_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(told, "/nonexistent"));
}
END_TEST

static Suite *fake_nvml_suite(void)
{
    Suite *s = suite_create("tests/support/fake_nvml");
    TCase *t = tcase_create("fake_nvml");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_works_before_init_and_after_the_last_shutdown);
    tcase_add_test(t, a_device_is_found_by_its_uuid);
    tcase_add_test(t, a_handle_that_is_none_and_a_missing_result_are_refused);
    tcase_add_test(t, a_text_wants_room_for_its_nul);
    tcase_add_test(t, memory_wants_its_version_word);
    tcase_add_test(t, pci_is_spelled_as_nvml_does);
    tcase_add_test(t, utilization_energy_and_other_fields);
    tcase_add_test(t, a_lost_gpu_answers_nothing);
    tcase_add_test(t, results_have_words);
    tcase_add_loop_test(t, a_fault_in_the_file_fails_init_and_is_told, 0,
                        sizeof(files) / sizeof(files[0]));
    tcase_add_test(t, a_line_too_long_and_a_file_that_is_not_there);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(fake_nvml_suite)
