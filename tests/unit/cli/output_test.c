#include "cli/output.h"

#include "cli/commands.h"
#include "cli/i18n.h"
#include "cli/invocation.h"
#include "tests/support/suite.h"

/* One document in every form, Hangul included; and in Korean. */
static const char document_text[] =
    "{\"apiVersion\": \"pumasi/v1\", \"items\": ["
    " {\"id\": \"lease-1\", \"state\": \"active\", \"organisation\": \"업스테이지\","
    "  \"units\": 56000, \"from\": 1770076800, \"krw\": 17402880000,"
    "  \"places\": [{\"node\": \"haein-07\"}], \"note\": \"=SUM(A1)\"},"
    " {\"id\": \"lease-2\", \"state\": \"booked\", \"organisation\": \"skt\","
    "  \"units\": 875, \"from\": 0, \"krw\": 0, \"places\": [], \"note\": \"\"}],"
    " \"total\": {\"id\": \"total\", \"krw\": 17402880000}}";

static const struct column columns[] = {
    {.header = N_("LEASE"), .path = "id"},
    {.header = N_("STATE"), .path = "state", .format = COLUMN_LABEL, .labels = "lease"},
    {.header = N_("ORGANISATION"), .path = "organisation"},
    {.header = N_("GPUS"), .path = "units", .format = COLUMN_GPUS},
    {.header = N_("FROM"), .path = "from", .format = COLUMN_INSTANT},
    {.header = N_("VALUE (WON)"), .path = "krw", .format = COLUMN_WON},
    {.header = N_("NODE"), .path = "places[0].node", .wide = true},
    {.header = N_("REFERENCE"), .path = "note", .wide = true},
    COLUMN_END,
};

static const struct view list = {.rows = "items", .columns = columns};
static const struct view list_with_total = {
    .rows = "items", .summary = "total", .columns = columns};
static const struct view card = {.columns = columns, .card = true};

struct printed {
    char *text;
    size_t len;
    int rc;
    struct err err;
};

static struct printed print(const struct view *view, const json_t *document, const char *format,
                            const char *lang)
{
    struct printed p = {.text = NULL};
    struct env_fake world = {.wall = {1770076800}, .seed = 1};
    const char *variables[] = {NULL};
    struct host host = {.env = env_of_fake(&world),
                        .variables = variables,
                        .program_path = PUMASI_BIN_DIR "/pumasi",
                        .out = open_memstream(&p.text, &p.len),
                        .talk = stderr};
    ck_assert_int_eq(i18n_init(&host, lang, NULL), 0);
    struct invocation *inv = invocation_create(&host);
    invocation_set_command(inv, command_find("version", NULL));
    const struct command_option *output = command_find_option(NULL, "output");
    ck_assert_int_eq(invocation_add(inv, output, format, NULL), 0);
    p.rc = output_print_view(inv, view, document, &p.err);
    invocation_destroy(inv);
    fclose(host.out);
    return p;
}

static const struct {
    const char *format, *lang;
    const struct view *view;
    const char *text;
} golden[] = {
    {"table", "en", &list,
     "LEASE    STATE   ORGANISATION  GPUS  FROM                 VALUE (WON)\n"
     "lease-1  active  업스테이지       8  2026-02-03 09:00  17,402,880,000\n"
     "lease-2  booked  skt            1/8  -                              0\n"},
    {"table", "ko", &list,
     "임차     상태     기관        GPU  시작                    가액(원)\n"
     "lease-1  이용 중  업스테이지    8  2026-02-03 09:00  17,402,880,000\n"
     "lease-2  예약     skt         1/8  -                              0\n"},
    {"table", "en", &list_with_total,
     "LEASE    STATE   ORGANISATION  GPUS  FROM                 VALUE (WON)\n"
     "lease-1  active  업스테이지       8  2026-02-03 09:00  17,402,880,000\n"
     "lease-2  booked  skt            1/8  -                              0\n"
     "total    -       -                -  -                 17,402,880,000\n"},
    {"wide", "en", &list,
     "LEASE    STATE   ORGANISATION  GPUS  FROM                 VALUE (WON)  NODE      REFERENCE\n"
     "lease-1  active  업스테이지       8  2026-02-03 09:00  17,402,880,000  haein-07  =SUM(A1)\n"
     "lease-2  booked  skt            1/8  -                              0  -         -\n"},
    {"name", "ko", &list, "lease-1\nlease-2\n"},
    {"csv", "ko", &list,
     "\xef\xbb\xbf"
     "id,state,organisation,units,from,krw,places[0].node,note\r\n"
     "lease-1,active,업스테이지,8,2026-02-03T09:00:00+09:00,17402880000,haein-07,'=SUM(A1)\r\n"
     "lease-2,booked,skt,1/8,,0,,\r\n"},
    {"jsonl", "ko", &list,
     "{\"id\":\"lease-1\",\"state\":\"active\",\"organisation\":\"업스테이지\",\"units\":56000,"
     "\"from\":1770076800,\"krw\":17402880000,\"places\":[{\"node\":\"haein-07\"}],"
     "\"note\":\"=SUM(A1)\"}\n"
     "{\"id\":\"lease-2\",\"state\":\"booked\",\"organisation\":\"skt\",\"units\":875,\"from\":0,"
     "\"krw\":0,\"places\":[],\"note\":\"\"}\n"},
};

START_TEST(test_prints_as_it_always_did)
{
    json_t *document = json_loads(document_text, 0, NULL);
    ck_assert_ptr_nonnull(document);
    struct printed p = print(golden[_i].view, document, golden[_i].format, golden[_i].lang);
    ck_assert_int_eq(p.rc, 0);
    ck_assert_str_eq(p.text, golden[_i].text);
    free(p.text);
    json_decref(document);
}
END_TEST

START_TEST(test_json_is_the_document_itself_in_any_language)
{
    json_t *document = json_loads(document_text, 0, NULL);
    struct printed english = print(&list, document, "json", "en");
    struct printed korean = print(&list, document, "json", "ko");
    json_t *again = json_loads(english.text, 0, NULL);
    ck_assert_str_eq(english.text, korean.text);
    ck_assert(json_equal(document, again));
    ck_assert_ptr_nonnull(strstr(english.text, "\n  \"items\": [\n    {\n      \"id\": "));
    free(english.text);
    free(korean.text);
    json_decref(again);
    json_decref(document);
}
END_TEST

START_TEST(test_a_card_has_a_line_for_each_column)
{
    json_t *document = json_loads(document_text, 0, NULL);
    struct printed p = print(&card, output_find(document, "items[0]"), "table", "ko");
    ck_assert_str_eq(p.text, "임차      lease-1\n"
                             "상태      이용 중\n"
                             "기관      업스테이지\n"
                             "GPU       8\n"
                             "시작      2026-02-03 09:00\n"
                             "가액(원)  17,402,880,000\n");
    free(p.text);
    json_decref(document);
}
END_TEST

static const struct {
    const char *path, *json;
} paths[] = {
    {"total.krw", "17402880000"},
    {"items[1].id", "\"lease-2\""},
    {"items[0].places[0].node", "\"haein-07\""},
    {"items[2]", NULL},
    {"nothing", NULL},
    {"total.krw.deeper", NULL},
};

START_TEST(test_finds_by_path)
{
    json_t *document = json_loads(document_text, 0, NULL);
    const json_t *found = output_find(document, paths[_i].path);
    if (!paths[_i].json) {
        ck_assert_ptr_null(found);
    } else {
        char *text = json_dumps(found, JSON_ENCODE_ANY);
        ck_assert_str_eq(text, paths[_i].json);
        free(text);
    }
    json_decref(document);
}
END_TEST

START_TEST(test_an_empty_list_still_has_a_head)
{
    json_t *document = json_loads("{\"items\": []}", 0, NULL);
    struct printed p = print(&list, document, "table", "en");
    ck_assert_str_eq(p.text, "LEASE  STATE  ORGANISATION  GPUS  FROM  VALUE (WON)\n");
    free(p.text);
    p = print(&list, document, "name", "en");
    ck_assert_uint_eq(p.len, 0);
    free(p.text);
    json_decref(document);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *s = suite_create("cli/output");
    TCase *t = tcase_create("output");
    tcase_add_loop_test(t, test_prints_as_it_always_did, 0, sizeof(golden) / sizeof(golden[0]));
    tcase_add_test(t, test_json_is_the_document_itself_in_any_language);
    tcase_add_test(t, test_a_card_has_a_line_for_each_column);
    tcase_add_loop_test(t, test_finds_by_path, 0, sizeof(paths) / sizeof(paths[0]));
    tcase_add_test(t, test_an_empty_list_still_has_a_head);
    suite_add_tcase(s, t);
    return s;
}

SUITE_MAIN(make_suite)
