/* See the header. */
#include "config.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 24

static void print_help(const struct command *commands)
{
	printf("usage: pollux COMMAND [options]\n\n");
	for (const struct command *c = commands; c->name; c++) {
		int column = printf("  %s %s", c->name, c->arguments);

		printf("%*s%s\n", column < HELP_COLUMN ? HELP_COLUMN - column : 1, "", c->about);
	}
	printf("  --help, --version\n");
}

int command_main(int argc, char **argv, const struct command *commands)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_help(commands);
		return COMMAND_FINE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("pollux %s\n", PACKAGE_VERSION);
		return COMMAND_FINE;
	}
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c->run(argc - 1, argv + 1);
	if (*name)
		fprintf(stderr, "pollux: there is no command %s\n", name);
	fprintf(stderr, "pollux --help lists the commands\n");
	return COMMAND_WRONG;
}
