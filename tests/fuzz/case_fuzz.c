/* Whatever bytes a case file or a tree file holds: evaluated or refused, never an abort. */
#include "billing/case/case_file.h"
#include "controlplane/domain/file/quota_file.h"

#include <stddef.h>
#include <stdint.h>

static void eval_tree(struct span text)
{
    struct quota_file *file;
    if (quota_file_read(text, &file, NULL) < 0)
        return;
    struct quota_tree *tree = NULL;
    struct instant at = {INT64_C(1785510000)};
    if (quota_file_tree(file, &at, &tree, NULL) == 0) {
        for (size_t i = 0; i < quota_count(tree); i++)
            ENSURE(quota_available(tree, i) >= 0 && quota_potential(tree, i) >= 0);
    }
    quota_tree_destroy(tree);
    quota_file_destroy(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cofunding_result *result = NULL;
    if (case_file_eval(span_of(data, size), &result, NULL) == 0)
        cofunding_result_destroy(result);
    eval_tree(span_of(data, size));
    return 0;
}
