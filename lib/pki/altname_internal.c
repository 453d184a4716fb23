/*
 * The names that a certificate carries. Built piece by piece and never from OpenSSL's text
 * notation, in which a comma in a host would begin another name. No state.
 */
#include "lib/pki/altname_internal.h"

#include "lib/pki/authority.h"

#define LABEL_MAX 63

static void push(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ENSURE(name);
    GENERAL_NAME_set0_value(name, type, value);
    ENSURE(sk_GENERAL_NAME_push(names, name) > 0);
}

static void push_text(GENERAL_NAMES *names, int type, const char *text)
{
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();
    ENSURE(value && ASN1_STRING_set(value, text, -1) == 1);
    push(names, type, value);
}

static bool is_label(const char *text, size_t len)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    return len > 0 && len <= LABEL_MAX && strspn(text, allowed) >= len && text[0] != '-' &&
           text[len - 1] != '-';
}

static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static bool is_dns_name(const char *text)
{
    if (strlen(text) > AUTHORITY_HOST_MAX)
        return false;
    for (;;) {
        size_t len = strcspn(text, ".");
        if (!is_label(text, len))
            return false;
        if (text[len] == '\0')
            return !is_number(text);
        text += len + 1;
    }
}

void altname_add_identity(GENERAL_NAMES *names, const struct identity *who)
{
    char uri[IDENTITY_URI_CAP];
    push_text(names, GEN_URI, identity_format(who, uri));
}

int altname_add_host(GENERAL_NAMES *names, const char *host, struct err *err)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    if (address) {
        push(names, GEN_IPADD, address);
        return 0;
    }
    ERR_clear_error();
    if (!is_dns_name(host))
        return err_set(err, ERR_INVALID, "host \"%.*s\": neither an address nor a DNS name",
                       AUTHORITY_HOST_MAX, host);
    push_text(names, GEN_DNS, host);
    return 0;
}
