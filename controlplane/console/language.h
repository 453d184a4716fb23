#ifndef PUMASI_CONTROLPLANE_CONSOLE_LANGUAGE_H
#define PUMASI_CONTROLPLANE_CONSOLE_LANGUAGE_H

/* The languages that pages speak. Pure. */
enum language { LANGUAGE_EN, LANGUAGE_KO, LANGUAGE_COUNT };

/* The tag: "en", "ko". */
const char *language_tag(enum language language);

/*
 * wish: a tag that the reader chose on the page; NULL or another text counts for nothing.
 * accept: the header Accept-Language (RFC 9110, section 12.5.4), NULL when it was not sent.
 * Without a wish it is Korean when the header wants Korean at least as much as English; a wildcard
 * stands for whichever it does not name. Else English. Malformed parts count for nothing.
 */
enum language language_choose(const char *wish, const char *accept);

#endif
