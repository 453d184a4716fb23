/* lib/wire/shape.h: which kinds belong together. */
#include "lib/wire/shape.h"
#include "tests/support/suite.h"
#include "tests/unit/lib/wire/sample.h"

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *d,
                                                const char *name)
{
    const ProtobufCFieldDescriptor *fd = protobuf_c_message_descriptor_get_field_by_name(d, name);
    ck_assert_ptr_nonnull(fd);
    return fd;
}

START_TEST(each_kind_has_its_types)
{
    static const struct {
        enum field_kind kind;
        const char *type; /* the type's letter in `columns` */
    } rows[] = {
        {FIELD_BOOL, "b"}, {FIELD_U32, "u"},     {FIELD_U64, "U"},     {FIELD_I64, "I"},
        {FIELD_ENUM, "s"}, {FIELD_ID, "s"},      {FIELD_TEXT, "s"},    {FIELD_BYTES, "y"},
        {FIELD_WON, "I"},  {FIELD_SHARE, "I"},   {FIELD_INSTANT, "I"}, {FIELD_RECORD, "m"},
        {FIELD_LIST, "M"}, {FIELD_ID_LIST, "S"},
    };
    static const struct {
        const char *letter, *field;
    } columns[] = {
        {"b", "flag"},   {"u", "u32"},  {"U", "u64"},    {"I", "i64"},   {"s", "text"},
        {"y", "data"},   {"m", "leaf"}, {"M", "leaves"}, {"S", "texts"}, {"-", "i32"},
        {"-", "s64"},    {"-", "f32"},  {"-", "colour"}, {"-", "datas"}, {"-", "u64s"},
        {"-", "number"}, {"-", "word"}, {"-", "thing"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t j = 0; j < sizeof(columns) / sizeof(columns[0]); j++) {
            struct field f = {.name = "x", .kind = rows[i].kind};
            bool fits = shape_matches(
                &f, field_of(&pumasi__sample__everything__descriptor, columns[j].field));
            ck_assert_msg(fits == (strcmp(rows[i].type, columns[j].letter) == 0), "kind %d, %s",
                          (int)rows[i].kind, columns[j].field);
        }
    }
}
END_TEST

START_TEST(counterparts_have_the_same_name)
{
    for (const struct field *f = tree_fields; f->name; f++)
        ck_assert_str_eq(shape_counterpart(f, &pumasi__sample__tree__descriptor)->name, f->name);
}
END_TEST

static Suite *shape_suite(void)
{
    Suite *s = suite_create("shape");
    TCase *t = tcase_create("shape");

    tcase_add_test(t, each_kind_has_its_types);
    tcase_add_test(t, counterparts_have_the_same_name);
    suite_add_tcase(s, t);
    return s;
}
SUITE_MAIN(shape_suite)
