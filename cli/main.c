/* pollux: the operator's command. */
#include "config.h"

#include <stddef.h>

#include "base/say.h"
#include "cli/check.h"
#include "cli/command.h"

int main(int argc, char **argv)
{
	static const struct command commands[] = {
		{"check", "[--app FILE]", "tell whether an application (POLLUX_APP) can be served, and what is wrong with it", check_run},
		{NULL, NULL, NULL, NULL},
	};

	say_set_program("pollux");
	return command_main(argc, argv, commands);
}
