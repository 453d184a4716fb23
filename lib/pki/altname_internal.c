/*
 * The names that a certificate carries. Built piece by piece and never from OpenSSL's text
 * notation, in which a comma in a host would begin another name. No state.
 */
#include "lib/pki/altname_internal.h"

#include "lib/pki/authority.h"

#include <stdio.h>

#define LABEL_MAX 63

static void push(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ENSURE(name);
    GENERAL_NAME_set0_value(name, type, value);
    ENSURE(sk_GENERAL_NAME_push(names, name) > 0);
}

static ASN1_IA5STRING *ia5(const char *text)
{
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();
    ENSURE(value && ASN1_STRING_set(value, text, -1) == 1);
    return value;
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
    push(names, GEN_URI, ia5(identity_format(who, uri)));
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
    push(names, GEN_DNS, ia5(host));
    return 0;
}

static void constrain(STACK_OF(GENERAL_SUBTREE) * *list, int type, ASN1_STRING *value)
{
    GENERAL_SUBTREE *subtree = GENERAL_SUBTREE_new();
    if (!*list)
        *list = sk_GENERAL_SUBTREE_new_null();
    ENSURE(subtree && *list);
    GENERAL_NAME_set0_value(subtree->base, type, value);
    ENSURE(sk_GENERAL_SUBTREE_push(*list, subtree) > 0);
}

/* The range of all addresses: address and mask of n / 2 zero bytes each. */
static ASN1_OCTET_STRING *all_addresses(int n)
{
    static const unsigned char zero[32];
    ENSURE(n <= (int)sizeof(zero));
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ENSURE(value && ASN1_OCTET_STRING_set(value, zero, n) == 1);
    return value;
}

bool altname_constrain(X509 *authority, const struct id *organisation)
{
    char host[IDENTITY_URI_CAP];
    snprintf(host, sizeof(host), "%s." IDENTITY_DOMAIN, organisation->text);
    NAME_CONSTRAINTS *nc = NAME_CONSTRAINTS_new();
    ENSURE(nc);
    constrain(&nc->permittedSubtrees, GEN_URI, ia5(host));
    constrain(&nc->excludedSubtrees, GEN_DNS, ia5("")); /* what every name ends in */
    constrain(&nc->excludedSubtrees, GEN_IPADD, all_addresses(8));
    constrain(&nc->excludedSubtrees, GEN_IPADD, all_addresses(32));
    bool added = X509_add1_ext_i2d(authority, NID_name_constraints, nc, 1, 0) == 1;
    NAME_CONSTRAINTS_free(nc);
    return added;
}
