/* pollux check: whether an application can be served. */
#ifndef POLLUX_CLI_CHECK_H
#define POLLUX_CLI_CHECK_H

/* As struct command's run. */
int check_run(int argc, char **argv);

#endif
