/* pumasi: the command line. Everything is in cli/program.c; this file meets the process. */
#include "cli/host.h"
#include "cli/program.h"

#include <signal.h>
#include <unistd.h>

#define EXIT_INTERRUPTED 130

/* Nothing is lost: a change that was sent can be looked up, and files are replaced whole. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_INTERRUPTED);
}

int main(int argc, char *argv[])
{
    struct host_memory memory;
    struct host host = host_real((const char *const *)environ, &memory);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, NULL);
    return program_run(&host, argc, (const char *const *)argv);
}
