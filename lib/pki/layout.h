#ifndef PUMASI_LIB_PKI_LAYOUT_H
#define PUMASI_LIB_PKI_LAYOUT_H

/*
 * Where keys and certificates lie, so that whoever makes them and whoever reads them agree. Paths
 * are relative to a directory that a setting names; each takes the form "DIRECTORY/" LAYOUT_….
 * Private keys are files of mode 0600 (key_write_new()), everything else is public.
 */

/* The control plane's data directory. `pumasi init` makes all of it. */
#define LAYOUT_CA_CERT     "pki/ca.pem" /* the root that everybody believes */
#define LAYOUT_CA_KEY      "pki/ca.key"
#define LAYOUT_SERVER_CERT "pki/server.pem" /* of pumasid: service identity, server and client */
#define LAYOUT_SERVER_KEY  "pki/server.key"
#define LAYOUT_SIGN_KEY    "pki/sign.key" /* signs grants */
#define LAYOUT_LEDGER      "ledger" /* directory: sealed months */
#define LAYOUT_SIGN_PUB    "pki/sign.pub" /* PEM */

/*
 * What a control plane starts from when its store is empty: JSON as lib/json/message.h reads it
 * (docs/spec/states.md has the fields), one message each.
 */
#define LAYOUT_SEED_ORGANISATION "seed/organisation.json" /* pumasi.v1.Organisation: the agency */
#define LAYOUT_SEED_USER         "seed/user.json"         /* pumasi.v1.User: its administrator */

/* A node's directory. `pumasi node join` makes it; agent and guard read it. */
#define LAYOUT_NODE_CA         "ca.pem"
#define LAYOUT_NODE_CERT       "cert.pem"
#define LAYOUT_NODE_KEY        "key.pem"
#define LAYOUT_NODE_GRANT_KEYS "control-plane" /* directory of KEYID.pem: may sign grants */
#define LAYOUT_NODE_OWNER_KEYS "lenders"       /* directory of KEYID.pem: may sign permits */

/* How long what `init` and the control plane issue is valid. */
#define LAYOUT_CA_DAYS     3650
#define LAYOUT_SERVER_DAYS 365
#define LAYOUT_USER_DAYS   90

#endif
