/* lib/json/message.h: every kind of field there and back, and every refusal by path. */
#include "lib/base/limits.h"
#include "lib/json/message.h"
#include "tests/support/proto/sample.pb-c.h"
#include "tests/support/suite.h"

#include <stdio.h>

#define EVERYTHING (&pumasi__sample__everything__descriptor)
#define ARENA_B    ((size_t)4 << 20)

static int read_into(const char *text, const ProtobufCMessageDescriptor *descriptor,
                     struct arena *arena, ProtobufCMessage **ret, struct err *err)
{
    CLEANUP_STRICT struct json_t *document = NULL;

    TRY(strict_load(span_text(text), &document, err));
    struct strict root = strict_root(document);
    return message_from_json(&root, descriptor, arena, ret, err);
}

static Pumasi__Sample__Everything *read_good(const char *text, struct arena *arena)
{
    ProtobufCMessage *m = NULL;
    struct err err = ERR_INIT;

    ck_assert_msg(read_into(text, EVERYTHING, arena, &m, &err) == 0, "%s", err.text);
    return (Pumasi__Sample__Everything *)m;
}

static const char defaults[] =
    "{\"i32\":0,\"s32\":0,\"sf32\":0,\"u32\":0,\"f32\":0,\"i64\":0,\"s64\":0,\"sf64\":0,"
    "\"u64\":0,\"f64\":0,\"flag\":false,\"colour\":\"NONE\",\"text\":\"\",\"data\":\"\","
    "\"leaf\":null,\"i32s\":[],\"u64s\":[],\"flags\":[],\"colours\":[],\"texts\":[],"
    "\"datas\":[],\"leaves\":[]}";

static const char full[] =
    "{\"i32\":-2147483648,\"s32\":2147483647,\"sf32\":-1,\"u32\":4294967295,\"f32\":1,"
    "\"i64\":-9223372036854775808,\"s64\":9223372036854775807,\"sf64\":-1,"
    "\"u64\":\"18446744073709551615\",\"f64\":9223372036854775807,\"flag\":true,"
    "\"colour\":\"BLUE\",\"text\":\"품앗이 \\\"q\\\"\\n\",\"data\":\"AAH/\","
    "\"leaf\":{\"id\":\"a\",\"weight\":1},\"i32s\":[1,-2],\"u64s\":[1,\"9223372036854775808\"],"
    "\"flags\":[true,false],\"colours\":[\"RED\",\"NONE\"],\"texts\":[\"\",\"x\"],"
    "\"datas\":[\"\",\"Zm9v\"],\"leaves\":[{\"id\":\"\",\"weight\":0},{\"id\":\"b\","
    "\"weight\":2}],\"thing\":{\"id\":\"c\",\"weight\":3}}";

static void check_printed(const ProtobufCMessage *m, const char *text)
{
    CLEANUP_BUF struct buf out = {.data = NULL};

    buf_init(&out, 1 << 16);
    message_print(m, false, &out);
    ck_assert_str_eq(out.data, text);
}

START_TEST(every_field_is_printed_with_its_default)
{
    Pumasi__Sample__Everything m = PUMASI__SAMPLE__EVERYTHING__INIT;

    check_printed(&m.base, defaults);
}
END_TEST

START_TEST(every_kind_of_field_comes_back)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    Pumasi__Sample__Everything *m = read_good(full, arena);

    ck_assert_int_eq(m->i64, INT64_MIN);
    ck_assert_uint_eq(m->u64, UINT64_MAX);
    ck_assert_mem_eq(m->data.data, "\x00\x01\xFF", 3);
    ck_assert_uint_eq(m->choice_case, PUMASI__SAMPLE__EVERYTHING__CHOICE_THING);
    ck_assert_uint_eq(m->u64s[1], UINT64_C(1) << 63);
    check_printed(&m->base, full);
    /* and the message is one that protobuf-c can carry */
    uint8_t bytes[512];
    size_t len = protobuf_c_message_pack(&m->base, bytes);
    Pumasi__Sample__Everything *carried = pumasi__sample__everything__unpack(NULL, len, bytes);
    check_printed(&carried->base, full);
    pumasi__sample__everything__free_unpacked(carried, NULL);
}
END_TEST

START_TEST(what_is_missing_or_null_keeps_its_default)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);

    check_printed(&read_good("{}", arena)->base, defaults);
    check_printed(&read_good("{\"leaf\": null, \"number\": null, \"thing\": null}", arena)->base,
                  defaults);
    check_printed(&read_good(defaults, arena)->base, defaults);
}
END_TEST

START_TEST(integers_are_read_from_decimal_text_too)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    Pumasi__Sample__Everything *m =
        read_good("{\"i32\": \"-7\", \"u32\": \"7\", \"i64\": \"-9223372036854775808\","
                  " \"u64\": \"0\", \"u64s\": [\"1\"]}",
                  arena);

    ck_assert_int_eq(m->i32, -7);
    ck_assert_uint_eq(m->u32, 7);
    ck_assert_int_eq(m->i64, INT64_MIN);
    ck_assert_uint_eq(m->u64s[0], 1);
}
END_TEST

START_TEST(of_a_oneof_only_the_set_member_is_there)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    CLEANUP_BUF struct buf out = {.data = NULL};
    Pumasi__Sample__Everything *m = read_good("{\"number\": 0}", arena);

    ck_assert_uint_eq(m->choice_case, PUMASI__SAMPLE__EVERYTHING__CHOICE_NUMBER);
    buf_init(&out, 4096);
    message_print(&m->base, false, &out);
    ck_assert_ptr_nonnull(strstr(out.data, ",\"number\":0}"));
    ck_assert_ptr_null(strstr(out.data, "\"word\""));
    m = read_good("{\"word\": \"\"}", arena);
    buf_reset(&out);
    message_print(&m->base, false, &out);
    ck_assert_ptr_nonnull(strstr(out.data, ",\"word\":\"\"}"));
}
END_TEST

START_TEST(refusals_name_the_path)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"[]", "expected an object, found a list"},
        {"{\"nothing\": 1}", "nothing: Everything has no such field"},
        {"{\"leaf\": {\"wait\": 1}}", "leaf.wait: Leaf has no such field"},
        {"{\"i32\": 1, \"i32\": 1}", "i32: duplicate object key"},
        {"{\"i32\": 2147483648}", "i32: 2147483648 is not from -2147483648 to 2147483647"},
        {"{\"i32\": \"2147483648\"}", "i32: not a whole number from -2147483648"},
        {"{\"i32\": 1.0}", "i32: expected a whole number, found a number with a point"},
        {"{\"i32\": true}", "i32: expected a whole number, found true or false"},
        {"{\"i32\": null}", "i32: expected a whole number, found null"},
        {"{\"u32\": -1}", "u32: -1 is not from 0 to 4294967295"},
        {"{\"u32\": 4294967296}", "u32: 4294967296 is not from 0"},
        {"{\"i64\": 9223372036854775808}", "i64: too big integer"},
        {"{\"i64\": \"9223372036854775808\"}", "i64: not a whole number"},
        {"{\"u64\": -1}", "u64: -1 is not from 0"},
        {"{\"u64\": \"18446744073709551616\"}", "u64: not a whole number from 0 to 18446744073"},
        {"{\"u64\": \"\"}", "u64: not a whole number"},
        {"{\"u64\": \"+1\"}", "u64: not a whole number"},
        {"{\"u64\": 0.5}", "u64: expected a whole number"},
        {"{\"flag\": 1}", "flag: expected true or false, found a whole number"},
        {"{\"colour\": \"GREEN\"}", "colour: \"GREEN\" is no Colour"},
        {"{\"colour\": 1}", "colour: expected text, found a whole number"},
        {"{\"text\": 1}", "text: expected text, found a whole number"},
        {"{\"text\": null}", "text: expected text, found null"},
        {"{\"data\": \"Zg=\"}", "data: not base64"},
        {"{\"data\": []}", "data: expected text, found a list"},
        {"{\"leaf\": []}", "leaf: expected an object, found a list"},
        {"{\"leaves\": {}}", "leaves: expected a list, found an object"},
        {"{\"leaves\": null}", "leaves: expected a list, found null"},
        {"{\"leaves\": [{}, {\"weight\": \"x\"}]}", "leaves[1].weight: not a whole number"},
        {"{\"leaves\": [null]}", "leaves[0]: expected an object, found null"},
        {"{\"datas\": [\"\", \"!\"]}", "datas[1]: not base64"},
        {"{\"number\": 1, \"word\": \"x\"}", "word: only one of it and number may be given"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
        ProtobufCMessage *m = NULL;
        struct err err = ERR_INIT;
        int rc = read_into(cases[i].text, EVERYTHING, arena, &m, &err);
        ck_assert_msg(rc == -(int)ERR_INVALID, "%s", cases[i].text);
        ck_assert_msg(strncmp(err.text, cases[i].says, strlen(cases[i].says)) == 0, "%s: %s",
                      cases[i].text, err.text);
        ck_assert_ptr_null(m);
    }
}
END_TEST

START_TEST(nesting_has_a_limit)
{
    for (int depth = 30; depth < 36; depth++) {
        CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
        CLEANUP_BUF struct buf text = {.data = NULL};
        ProtobufCMessage *m = NULL;
        struct err err = ERR_INIT;
        buf_init(&text, 1 << 16);
        for (int i = 1; i < depth; i++)
            buf_append_text(&text, "{\"inner\":");
        buf_append_text(&text, "{}");
        for (int i = 1; i < depth; i++)
            buf_append_char(&text, '}');
        int rc = read_into(text.data, &pumasi__sample__nest__descriptor, arena, &m, &err);
        ck_assert_int_eq(rc, depth <= 32 ? 0 : -(int)ERR_LIMIT);
        ck_assert(depth <= 32 || strstr(err.text, "inner: nested deeper than 32"));
    }
}
END_TEST

START_TEST(lists_have_a_limit)
{
    static char text[4 * LIMIT_LIST_ITEMS];
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    ProtobufCMessage *m = NULL;
    size_t at = (size_t)snprintf(text, sizeof(text), "{\"i32s\":[");

    for (int i = 0; i <= LIMIT_LIST_ITEMS; i++) {
        text[at++] = '0';
        text[at++] = ',';
    }
    memcpy(text + at - 1, "]}", 3);
    ck_assert_int_eq(read_into(text, EVERYTHING, arena, &m, NULL), -(int)ERR_LIMIT);
}
END_TEST

START_TEST(every_arena_that_is_too_small_is_reported)
{
    for (size_t limit = 0;; limit += 16) {
        CLEANUP_ARENA struct arena *arena = arena_create(limit);
        ProtobufCMessage *m = NULL;
        struct err err = ERR_INIT;
        int rc = read_into(full, EVERYTHING, arena, &m, &err);
        if (rc == 0) {
            ck_assert_uint_gt(limit, 500);
            check_printed(m, full);
            break;
        }
        ck_assert_int_eq(rc, -(int)ERR_LIMIT);
        ck_assert_ptr_nonnull(strstr(err.text, "too large to be read"));
    }
}
END_TEST

START_TEST(texts_that_are_not_utf8_are_mended)
{
    Pumasi__Sample__Leaf m = PUMASI__SAMPLE__LEAF__INIT;

    m.id = "a\xFF품\xED";
    check_printed(&m.base, "{\"id\":\"a\xEF\xBF\xBD품\xEF\xBF\xBD\",\"weight\":0}");
    m.id = NULL;
    check_printed(&m.base, "{\"id\":\"\",\"weight\":0}");
}
END_TEST

START_TEST(an_enum_value_without_a_name_is_its_number)
{
    Pumasi__Sample__Everything m = PUMASI__SAMPLE__EVERYTHING__INIT;
    CLEANUP_BUF struct buf out = {.data = NULL};

    m.colour = (Pumasi__Sample__Colour)7; /* from a newer peer */
    buf_init(&out, 4096);
    message_print(&m.base, false, &out);
    ck_assert_ptr_nonnull(strstr(out.data, "\"colour\":7,"));
}
END_TEST

START_TEST(indented_text_means_the_same)
{
    CLEANUP_ARENA struct arena *arena = arena_create(ARENA_B);
    CLEANUP_BUF struct buf out = {.data = NULL};

    buf_init(&out, 1 << 16);
    message_print(&read_good(full, arena)->base, true, &out);
    ck_assert_int_eq(strncmp(out.data, "{\n  \"i32\": -2147483648,\n", 24), 0);
    check_printed(&read_good(out.data, arena)->base, full);
}
END_TEST

START_TEST(spoilt_text_never_does_harm)
{
    static char text[sizeof(full)];

    for (size_t at = 0; at < sizeof(full) - 1; at++) {
        static const char marks[] = "{}[],:\"0\\-x ";
        for (size_t i = 0; i < sizeof(marks) - 1; i++) {
            CLEANUP_ARENA struct arena *arena = arena_create(65536);
            ProtobufCMessage *m = NULL;
            memcpy(text, full, sizeof(full));
            text[at] = marks[i];
            (void)!read_into(text, EVERYTHING, arena, &m, NULL);
        }
    }
}
END_TEST

static Suite *message_suite(void)
{
    Suite *s = suite_create("message");
    TCase *t = tcase_create("message");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_field_is_printed_with_its_default);
    tcase_add_test(t, every_kind_of_field_comes_back);
    tcase_add_test(t, what_is_missing_or_null_keeps_its_default);
    tcase_add_test(t, integers_are_read_from_decimal_text_too);
    tcase_add_test(t, of_a_oneof_only_the_set_member_is_there);
    tcase_add_test(t, refusals_name_the_path);
    tcase_add_test(t, nesting_has_a_limit);
    tcase_add_test(t, lists_have_a_limit);
    tcase_add_test(t, every_arena_that_is_too_small_is_reported);
    tcase_add_test(t, texts_that_are_not_utf8_are_mended);
    tcase_add_test(t, an_enum_value_without_a_name_is_its_number);
    tcase_add_test(t, indented_text_means_the_same);
    tcase_add_test(t, spoilt_text_never_does_harm);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(message_suite)
