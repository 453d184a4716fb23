/* nodeagent/gpu/inventory.h over the fake NVML. */
#include "nodeagent/gpu/inventory.h"

#include "tests/support/suite.h"
#include "tests/unit/nodeagent/gpu/node_file.h"

static int look(const char *library, struct inventory *ret, struct err *err)
{
    const struct inventory_source source = {.nvml_path = library};
    return inventory_read(&source, ret, err);
}

static void looks_good(const char *library, struct inventory *ret)
{
    struct err err = ERR_INIT;
    ck_assert_msg(look(library, ret, &err) == 0, "%s", err.text);
}

/* The look fails and *ret stays as it was. */
static void fails(const char *library, enum err_code code, const char *says)
{
    struct inventory inv = {.count = 77};
    struct err err = ERR_INIT;
    int rc = look(library, &inv, &err);
    ck_assert_msg(rc == -(int)code, "%d %s", rc, err.text);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s", err.text);
    ck_assert_uint_eq(inv.count, 77);
}

START_TEST(eight_devices)
{
    node_file_write("driver version=570.1\n" B200(1) B200(2) B200(3) B200(4) B200(5) B200(6) B200(7)
                        B200(8));
    struct inventory inv;
    looks_good(FAKE_NVML, &inv);
    ck_assert_uint_eq(inv.count, 8);
    ck_assert_str_eq(inv.driver, "570.1");
    for (uint32_t i = 0; i < 8; i++) {
        const struct inventory_device *d = &inv.devices[i];
        ck_assert_uint_eq(d->index, i);
        ck_assert_uint_eq(d->minor, i + 1);
        ck_assert_uint_eq(d->major, 195);
        ck_assert_uint_eq(d->memory_mib, 183359);
        ck_assert_str_eq(d->model, "B200");
        ck_assert_int_eq(d->numa, 1);
        ck_assert_int_eq(d->mig, INVENTORY_MIG_OFF);
    }
    ck_assert_str_eq(inv.devices[7].uuid, UUID(8));
    ck_assert_str_eq(inv.devices[7].pci, "0000:17:00.0");
}
END_TEST

START_TEST(one_device_of_another_model)
{
    node_file_write("gpu uuid=" UUID(1) " minor=0 model=\"NVIDIA H200\" memory_mib=143771"
                                        " pci=000a:1b:02.0 mig=on\n");
    const struct inventory_source source = {.nvml_path = FAKE_NVML, .major = 4};
    struct inventory inv;
    ck_assert_int_eq(inventory_read(&source, &inv, NULL), 0);
    ck_assert_uint_eq(inv.count, 1);
    ck_assert_uint_eq(inv.devices[0].major, 4);
    ck_assert_str_eq(inv.devices[0].model, "H200");
    ck_assert_str_eq(inv.devices[0].pci, "000a:1b:02.0");
    ck_assert_int_eq(inv.devices[0].mig, INVENTORY_MIG_ON);
    ck_assert_int_eq(inv.devices[0].numa, INVENTORY_NUMA_NONE);
}
END_TEST

START_TEST(a_look_can_be_repeated_and_sees_what_changed)
{
    struct inventory inv;
    node_file_write(B200(1));
    looks_good(FAKE_NVML, &inv);
    ck_assert_uint_eq(inv.count, 1);
    node_file_remove();
    node_file_write(B200(1) B200(2));
    looks_good(FAKE_NVML, &inv);
    ck_assert_uint_eq(inv.count, 2);
}
END_TEST

START_TEST(what_an_old_driver_cant_tell_is_unknown)
{
    node_file_write(B200(1));
    struct inventory inv;
    looks_good(FAKE_NVML_OLD, &inv);
    ck_assert_str_eq(inv.driver, "");
    ck_assert_str_eq(inv.devices[0].uuid, UUID(1));
    ck_assert_str_eq(inv.devices[0].pci, "");
    ck_assert_int_eq(inv.devices[0].mig, INVENTORY_MIG_UNSUPPORTED);
    ck_assert_int_eq(inv.devices[0].numa, INVENTORY_NUMA_NONE);
}
END_TEST

START_TEST(no_library)
{
    fails("/nonexistent/libnvidia-ml.so.1", ERR_UNAVAILABLE, "no NVML library");
}
END_TEST

START_TEST(without_a_path_the_loader_finds_the_library)
{
    struct inventory inv;
    struct err err = ERR_INIT;
    if (look(NULL, &inv, &err) == 0) /* this machine has GPUs */
        ck_assert_uint_ge(inv.count, 1);
    else
        ck_assert_ptr_nonnull(strstr(err.text, "libnvidia-ml.so.1"));
}
END_TEST

START_TEST(a_file_that_is_no_library)
{
    fails(__FILE__, ERR_UNAVAILABLE, "no NVML library");
}
END_TEST

START_TEST(a_library_without_what_is_needed)
{
    node_file_write(B200(1));
    fails(FAKE_NVML_EMPTY, ERR_UNSUPPORTED, "nvmlInit_v2");
    fails(FAKE_NVML_BARE, ERR_UNSUPPORTED, "GPU 0: nvmlDeviceGetMinorNumber");
}
END_TEST

START_TEST(no_driver)
{
    unsetenv("PUMASI_FAKE_NVML");
    fails(FAKE_NVML, ERR_UNAVAILABLE, "nvmlInit_v2: driver not loaded (9)");
    fails(FAKE_NVML_OLD, ERR_UNAVAILABLE, "nvmlInit_v2: failed (9)"); /* has no words for it */
}
END_TEST

static const struct {
    const char *what;
    const char *file;
    enum err_code code;
    const char *says;
} bad_nodes[] = {
    {"no devices", "driver version=1\n", ERR_NOT_FOUND, "no GPU"},
    {"a fault in the file", "gpu colour=red\n", ERR_IO, "nvmlInit_v2"},
    {"a GPU fell off the bus",
     B200(1) "gpu uuid=" UUID(2) " minor=2 model=x memory_mib=1 lost=yes\n", ERR_IO, "GPU 1: "},
    {"the same uuid twice", B200(1) "gpu uuid=" UUID(1) " minor=2 model=x memory_mib=1\n", ERR_IO,
     "GPU 1: same uuid"},
    {"the same minor number twice", B200(1) "gpu uuid=" UUID(2) " minor=1 model=x memory_mib=1\n",
     ERR_IO, "GPU 1: same uuid or minor number as device 0"},
    {"no GPU's uuid", "gpu uuid=MIG-1 minor=1 model=x memory_mib=1\n", ERR_IO, "GPU-"},
    {"a blank in the uuid", "gpu uuid=\"GPU- 1\" minor=1 model=x memory_mib=1\n", ERR_IO, "32"},
    {"a uuid too long",
     "gpu uuid=GPU-0123456789012345678901234567890123456789012345678 minor=1 model=x "
     "memory_mib=1\n",
     ERR_IO, "insufficient size"},
    {"a minor number beyond 20 bits", "gpu uuid=GPU-1 minor=1048576 model=x memory_mib=1\n", ERR_IO,
     "minor number"},
    {"no memory", "gpu uuid=GPU-1 minor=1 model=x memory_mib=0\n", ERR_IO, "no memory"},
    {"no model", "gpu uuid=GPU-1 minor=1 model=\"NVIDIA \" memory_mib=1\n", ERR_IO, "no name"},
    {"memory beyond 32 bits of MiB", "gpu uuid=GPU-1 minor=1 model=x memory_mib=4294967296\n",
     ERR_IO, "memory of"},
};

START_TEST(a_node_that_cant_be_used_is_an_error)
{
    node_file_write(bad_nodes[_i].file);
    fails(FAKE_NVML, bad_nodes[_i].code, bad_nodes[_i].says);
}
END_TEST

START_TEST(more_devices_than_the_limit)
{
    char text[LIMIT_GPUS_PER_NODE * 64 + 64] = "";
    size_t len = 0;
    for (int i = 0; i <= LIMIT_GPUS_PER_NODE; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "gpu uuid=GPU-%d minor=%d model=x memory_mib=1\n", i, i);
    }
    node_file_write(text);
    fails(FAKE_NVML, ERR_LIMIT, "17 GPUs");
    text[strlen(text) - strlen("gpu uuid=GPU-16 minor=16 model=x memory_mib=1\n")] = '\0';
    node_file_remove();
    node_file_write(text);
    struct inventory inv;
    looks_good(FAKE_NVML, &inv);
    ck_assert_uint_eq(inv.count, LIMIT_GPUS_PER_NODE);
}
END_TEST

START_TEST(names_of_mig_modes)
{
    ck_assert_str_eq(inventory_mig_name(INVENTORY_MIG_UNSUPPORTED), "unsupported");
    ck_assert_str_eq(inventory_mig_name(INVENTORY_MIG_OFF), "off");
    ck_assert_str_eq(inventory_mig_name(INVENTORY_MIG_ON), "on");
    ck_assert_str_eq(inventory_mig_name(INVENTORY_MIG_COUNT), "?");
}
END_TEST

static Suite *inventory_suite(void)
{
    Suite *s = suite_create("nodeagent/gpu/inventory");
    TCase *t = tcase_create("inventory");
    tcase_add_checked_fixture(t, NULL, node_file_remove);
    tcase_add_test(t, eight_devices);
    tcase_add_test(t, one_device_of_another_model);
    tcase_add_test(t, a_look_can_be_repeated_and_sees_what_changed);
    tcase_add_test(t, what_an_old_driver_cant_tell_is_unknown);
    tcase_add_test(t, no_library);
    tcase_add_test(t, without_a_path_the_loader_finds_the_library);
    tcase_add_test(t, a_file_that_is_no_library);
    tcase_add_test(t, a_library_without_what_is_needed);
    tcase_add_test(t, no_driver);
    tcase_add_loop_test(t, a_node_that_cant_be_used_is_an_error, 0,
                        sizeof(bad_nodes) / sizeof(bad_nodes[0]));
    tcase_add_test(t, more_devices_than_the_limit);
    tcase_add_test(t, names_of_mig_modes);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(inventory_suite)
