#ifndef PUMASI_LIB_BASE_UTF8_H
#define PUMASI_LIB_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */

/* Length (1..4) of the well-formed character that s[0..n) begins with; 0 if it begins with none. */
size_t utf8_character(const uint8_t *s, size_t n);

/* The largest length <= max at which s[0..n) can be cut without splitting a character. */
size_t utf8_cut(const uint8_t *s, size_t n, size_t max);

#endif
