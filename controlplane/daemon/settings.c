/* The settings of pumasid: one row each. */
#include "controlplane/daemon/settings.h"

#include "lib/base/log_settings.h"

const struct config_option settings_table[] = {
    {"control_plane.name", CONFIG_TEXT, "pumasid-1", 0, 0,
     "name of this process; each on one store needs its own"},
    {"control_plane.data_dir", CONFIG_TEXT, "/var/lib/pumasi", 0, 0,
     "directory that `pumasi init` made: keys, seed, and the embedded etcd's data"},
    {"listen.address", CONFIG_TEXT, "127.0.0.1:7443", 0, 0, "where clients and agents connect"},
    {"listen.advertise", CONFIG_TEXT, "", 0, 0,
     "address told to clients that ask another control plane; empty: listen.address"},
    {"console.listen", CONFIG_TEXT, "", 0, 0,
     "where the web console answers: loopback HOST:PORT or unix:/PATH; empty: it is off"},
    {"etcd.endpoints", CONFIG_TEXT, "", 0, 0,
     "HOST:PORT[,HOST:PORT...] of an etcd; empty: start one of our own in the data directory"},
    {"etcd.ca", CONFIG_TEXT, "", 0, 0, "PEM file: whom to believe when etcd speaks TLS"},
    {"etcd.cert", CONFIG_TEXT, "", 0, 0, "PEM file: our certificate for etcd"},
    {"etcd.key", CONFIG_TEXT, "", 0, 0, "PEM file: its key"},
    {"etcd.listen", CONFIG_TEXT, "", 0, 0,
     "loopback HOST:PORT for the embedded etcd; empty: a unix socket in the data directory"},
    {"etcd.program", CONFIG_TEXT, "/usr/bin/etcd", 0, 0, "the embedded etcd's program"},
    {"leader.ttl", CONFIG_DURATION, "5", 2, 60,
     "how long others wait after this process died before they lead"},
    {"certificate.user_life", CONFIG_DURATION, "90d", 10, 63072000,
     "how long a user's certificate is valid; renewed from half of it on"},
    {"certificate.node_life", CONFIG_DURATION, "30d", 10, 63072000,
     "how long a node's certificate is valid; its agent renews it from half of it on"},
    {"certificate.check", CONFIG_DURATION, "30", 1, 60,
     "how often keys on the disk, and who holds a stream open, are looked at anew"},
    LOG_SETTINGS,
    {.name = NULL},
};
