/* nodeagent/gpu/nvml.h: each call against the fake, and each against a library that lacks it. */
#include "nodeagent/gpu/nvml.h"

#include "tests/support/suite.h"
#include "tests/unit/nodeagent/gpu/node_file.h"

static struct nvml *n;
static struct nvml_device *device;

static void open_fake(const char *library)
{
    struct err err = ERR_INIT;
    node_file_write("driver version=1.2\n" B200(1) "gpu uuid=" UUID(
        2) " minor=2 model=x memory_mib=1 numa=65\n");
    ck_assert_msg(nvml_open(library, &n, &err) == 0, "%s", err.text);
    ck_assert_int_eq(nvml_device_at(n, 0, &device, NULL), 0);
}

static void close_fake(void)
{
    nvml_close(n);
    node_file_remove();
}

START_TEST(every_call_brings_what_the_library_says)
{
    open_fake(FAKE_NVML);
    char text[64];
    uint32_t number = 0;
    uint64_t bytes = 0;
    int32_t numa = 0;
    int mig = -1;
    ck_assert_int_eq(nvml_driver_version(n, text, sizeof(text), NULL), 0);
    ck_assert_str_eq(text, "1.2");
    ck_assert_int_eq(nvml_device_count(n, &number, NULL), 0);
    ck_assert_uint_eq(number, 2);
    ck_assert_int_eq(nvml_device_uuid(n, device, text, sizeof(text), NULL), 0);
    ck_assert_str_eq(text, UUID(1));
    ck_assert_int_eq(nvml_device_name(n, device, text, sizeof(text), NULL), 0);
    ck_assert_str_eq(text, "NVIDIA B200");
    ck_assert_int_eq(nvml_device_minor(n, device, &number, NULL), 0);
    ck_assert_uint_eq(number, 1);
    ck_assert_int_eq(nvml_device_memory_bytes(n, device, &bytes, NULL), 0);
    ck_assert_uint_eq(bytes, UINT64_C(183359) << 20);
    ck_assert_int_eq(nvml_device_pci(n, device, text, sizeof(text), NULL), 0);
    ck_assert_str_eq(text, "0000:10:00.0");
    ck_assert_int_eq(nvml_device_mig(n, device, &mig, NULL), 0);
    ck_assert_int_eq(mig, 0);
    ck_assert_int_eq(nvml_device_numa(n, device, &numa, NULL), 0);
    ck_assert_int_eq(numa, 1);
}
END_TEST

START_TEST(what_a_device_lacks_is_unsupported)
{
    open_fake(FAKE_NVML);
    int mig = -1;
    int32_t numa = 0;
    ck_assert_int_eq(nvml_device_at(n, 1, &device, NULL), 0);
    ck_assert_int_eq(nvml_device_mig(n, device, &mig, NULL), -ERR_UNSUPPORTED);
    ck_assert_int_eq(mig, -1);
    ck_assert_int_eq(nvml_device_numa(n, device, &numa, NULL), 0);
    ck_assert_int_eq(numa, 65); /* in the second word of the set */
}
END_TEST

START_TEST(what_the_library_lacks_is_unsupported_when_called)
{
    open_fake(FAKE_NVML_OLD);
    char text[64];
    int mig;
    int32_t numa;
    struct err err = ERR_INIT;
    ck_assert_int_eq(nvml_driver_version(n, text, sizeof(text), &err), -ERR_UNSUPPORTED);
    ck_assert_str_eq(err.text, "nvmlSystemGetDriverVersion: not in this driver's library");
    ck_assert_int_eq(nvml_device_pci(n, device, text, sizeof(text), NULL), -ERR_UNSUPPORTED);
    ck_assert_int_eq(nvml_device_mig(n, device, &mig, NULL), -ERR_UNSUPPORTED);
    ck_assert_int_eq(nvml_device_numa(n, device, &numa, NULL), -ERR_UNSUPPORTED);
}
END_TEST

START_TEST(errors_carry_the_call_and_nvmls_words)
{
    open_fake(FAKE_NVML);
    struct err err = ERR_INIT;
    char small[4];
    ck_assert_int_eq(nvml_device_at(n, 9, &device, &err), -ERR_IO);
    ck_assert_str_eq(err.text, "nvmlDeviceGetHandleByIndex_v2: invalid argument (2)");
    ck_assert_int_eq(nvml_device_name(n, device, small, sizeof(small), &err), -ERR_IO);
    ck_assert_str_eq(err.text, "nvmlDeviceGetName: insufficient size (7)");
}
END_TEST

START_TEST(closing_none_is_fine)
{
    nvml_close(NULL);
}
END_TEST

static Suite *nvml_suite(void)
{
    Suite *s = suite_create("nodeagent/gpu/nvml");
    TCase *t = tcase_create("nvml");
    tcase_add_checked_fixture(t, NULL, close_fake);
    tcase_add_test(t, every_call_brings_what_the_library_says);
    tcase_add_test(t, what_a_device_lacks_is_unsupported);
    tcase_add_test(t, what_the_library_lacks_is_unsupported_when_called);
    tcase_add_test(t, errors_carry_the_call_and_nvmls_words);
    tcase_add_test(t, closing_none_is_fine);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(nvml_suite)
