/* What the commands of `pollux` are, and how one is found and run. Main thread. */
#ifndef POLLUX_CLI_COMMAND_H
#define POLLUX_CLI_COMMAND_H

/* Exit codes of all commands. */
enum { COMMAND_FINE = 0, COMMAND_FAILED = 1, COMMAND_WRONG = 2 /* the command line */ };

struct command {
	const char *name;
	const char *arguments;   /* for --help: "[--app FILE]" */
	const char *about;
	/* argv[0] is the command's name. */
	int (*run)(int argc, char **argv);
};

/* Runs what argv[1] names among commands (a row without a name ends them). The exit code. */
int command_main(int argc, char **argv, const struct command *commands);

#endif
