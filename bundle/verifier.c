/* Keeps verify.py among the constants of the program. */
#include "bundle/verifier.h"

__asm__(".section .rodata\n"
        ".global bundle_verify_py\n"
        "bundle_verify_py:\n"
        ".incbin \"" BUNDLE_VERIFY_PY "\"\n"
        ".global bundle_verify_py_end\n"
        "bundle_verify_py_end:\n"
        ".previous\n");
extern const uint8_t bundle_verify_py[], bundle_verify_py_end[];

struct span verifier_script(void)
{
    return span_of(bundle_verify_py, (size_t)(bundle_verify_py_end - bundle_verify_py));
}
