/* The options of pumasid: one table, and the command line. */
#include "controlplane/daemon/settings.h"

#include "lib/base/record.h"

#include <getopt.h>
#include <stdio.h>

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
    {"log.level", CONFIG_TEXT, "info", 0, 0, "debug info warn error"},
    {"log.format", CONFIG_TEXT, "logfmt", 0, 0, "logfmt json"},
    {.name = NULL},
};

static void show_help(void)
{
    printf("Usage: pumasid [--config FILE] [--set SECTION.KEY=VALUE]...\n\n"
           "The control plane of Pumasi. Examples:\n\n"
           "  pumasid --set control_plane.data_dir=/var/lib/pumasi\n"
           "  pumasid --config /etc/pumasi/pumasid.ini --set log.level=debug\n\n"
           "Options:\n"
           "  --config FILE            settings, in sections of KEY = VALUE\n"
           "  --set SECTION.KEY=VALUE  one setting, over the file's\n"
           "  --dump-config            print the settings in force and exit\n"
           "  --help, --version\n\nSettings:\n");
    config_help(settings_table, stdout);
}

static int show(const struct config *c, enum settings_wish *wish, bool dump)
{
    *wish = SETTINGS_SHOWN;
    if (dump)
        config_dump(c, stdout);
    return 0;
}

static int read_options(int argc, char **argv, struct config *c, enum settings_wish *wish,
                        struct err *err)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"set", required_argument, NULL, 's'},
        {"dump-config", no_argument, NULL, 'd'},  {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0},
    };
    bool dump = false;
    int option;
    *wish = SETTINGS_RUN;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            TRY(config_read_file(c, optarg, err));
            break;
        case 's':
            TRY(config_set(c, optarg, err));
            break;
        case 'd':
            dump = true;
            break;
        case 'h':
            show_help();
            return show(c, wish, false);
        case 'v':
            printf("pumasid %s\n", PUMASI_VERSION);
            return show(c, wish, false);
        default:
            return err_set(err, ERR_INVALID, "unknown or incomplete option %s: see --help",
                           argv[optind - 1]);
        }
    }
    if (optind < argc)
        return err_set(err, ERR_INVALID, "unexpected argument \"%s\": see --help", argv[optind]);
    return dump ? show(c, wish, true) : 0;
}

int settings_read(int argc, char **argv, struct config **ret, enum settings_wish *wish,
                  struct err *err)
{
    struct config *c = config_create(settings_table);
    int rc = read_options(argc, argv, c, wish, err);
    if (rc < 0) {
        config_destroy(c);
        return rc;
    }
    *ret = c;
    return 0;
}

int settings_open_log(const struct config *c, struct log **ret, struct err *err)
{
    static const char *const level_texts[LOG_LEVEL_COUNT] = {"debug", "info", "warn", "error"};
    static const char *const format_texts[] = {"logfmt", "json"};
    static const struct enum_names levels = {level_texts, LOG_LEVEL_COUNT};
    static const struct enum_names formats = {format_texts, 2};
    int level;
    int format;
    TRY(enum_parse(&levels, span_text(config_text(c, "log.level")), "log.level", &level, err));
    TRY(enum_parse(&formats, span_text(config_text(c, "log.format")), "log.format", &format, err));
    *ret = log_create("pumasid", 2, (enum log_level)level,
                      format ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT);
    return 0;
}
