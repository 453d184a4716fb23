#ifndef PUMASI_CLI_RENEWAL_H
#define PUMASI_CLI_RENEWAL_H

#include "cli/client.h"

/*
 * Renewing the certificate of the context in use. Its key stays, unless a new one is asked for: a
 * lender's key is what nodes check permits with, and they would have to be told.
 */

/* Asks for a certificate, looks at it, and puts it and the roots that came with it in place of the
 * old ones. new_key: for a new key, which is kept before the certificate is. ret_until: when the
 * new one ends. ERR_VERIFICATION: what came is not ours; nothing has changed then. */
MUST_CHECK int renewal_run(struct client *client, bool new_key, struct instant *ret_until,
                           struct err *err);

/* The same without being asked: from half of the certificate's life on, for the key that there is.
 * A failure is told only when less than a quarter of the life is left. */
void renewal_when_due(struct client *client, struct span cert_pem);

#endif
