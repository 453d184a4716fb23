/* Copies libqrencode's code into a plain value. No state. */
#include "lib/qr/qr.h"

#include <qrencode.h>

int qr_encode(struct span text, struct qr *ret, struct err *err)
{
    QRcode *code =
        text.len == 0 ? NULL : QRcode_encodeData((int)text.len, text.data, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return err_set(err, ERR_LIMIT, "%zu bytes do not fit a QR code", text.len);
    ENSURE(code->width > 0 && code->width <= QR_SIDE_MAX);
    ret->side = code->width;
    for (int i = 0; i < code->width * code->width; i++)
        ret->dark[i] = code->data[i] & 1;
    QRcode_free(code);
    return 0;
}
