#ifndef PUMASI_BILLING_TERMS_H
#define PUMASI_BILLING_TERMS_H

#include "lib/base/record.h"

/*
 * The terms of a stretch of use: what, beside the date, decides its price and who bears it. Use
 * under other terms is another line of a statement; the GPU-months of a month are split over the
 * terms by GPU time (rating.h), so that terms never change the months themselves.
 */

/* What the time was. Only USED is metered as use; the others are time that a lease held GPUs. */
enum time_kind {
    TIME_USED,
    TIME_IDLE,     /* 유휴: held, and no program opened a device */
    TIME_NOTICE,   /* 예고: between the notice of a recall and the end */
    TIME_HANDOVER, /* 인수시험: from the begin of the window to acceptance */
    TIME_FAULT,    /* 장애: from a fault to its replacement or the end */
    TIME_KIND_COUNT
};
extern const struct enum_names time_kind_names; /* used idle notice handover fault */

/* Who bears a kind of time: a row in the loan. Time used is the borrower's. */
enum payer { PAYER_USUAL, PAYER_BORROWER, PAYER_LENDER, PAYER_NOBODY, PAYER_COUNT };
extern const struct enum_names payer_names; /* the first is ""; borrower lender nobody */

/* Who it is where the loan does not say: idle and notice are the borrower's, handover and fault are
 * nobody's. Any other payer is itself. */
enum payer payer_of(enum payer payer, enum time_kind time);

#define ISOLATION_CAP 16

struct terms {
    struct won price_krw; /* of a loan, per GPU-month, instead of the programme's; 0: none */
    enum time_kind time;
    enum payer payer; /* of time that is not USED */
    bool opportunistic;
    char isolation[ISOLATION_CAP]; /* "whole" "mig" ...; "": not said */
};

#define TERMS_PLAIN ((struct terms){.price_krw = {0}})

/* <0, 0, >0: the order of lines; plain terms come first. */
int terms_compare(const struct terms *a, const struct terms *b);

/* Whether the borrower is charged. Time lost to a fault is, unless the loan puts it on somebody
 * else and the programme lets it lower the value. */
bool terms_charged(const struct terms *t, bool fault_lowers_value);

#endif
