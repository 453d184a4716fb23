/* pumasi: the command line. Everything is in cli/program.c; this file meets the process. */
#include "cli/host.h"
#include "cli/program.h"

#include <unistd.h>

int main(int argc, char *argv[])
{
    struct host_memory memory;
    struct host host = host_real((const char *const *)environ, &memory);
    return program_run(&host, argc, (const char *const *)argv);
}
