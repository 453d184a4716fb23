#ifndef PUMASI_LIB_QR_QR_H
#define PUMASI_LIB_QR_QR_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/* A QR code: side x side modules. The same text gives the same code. Any thread. */
#define QR_SIDE_MAX 177

struct qr {
    int side;
    uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX]; /* row by row: 1 is dark */
};

/* With medium error correction. ERR_LIMIT: too long, or empty. */
MUST_CHECK int qr_encode(struct span text, struct qr *ret, struct err *err);

#endif
