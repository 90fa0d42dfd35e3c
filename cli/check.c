/* Loads the application as a server would, and serves nothing. */
#include "config.h"
#include "cli/check.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/host.h"
#include "cli/command.h"

#define REPORT_MAX_BYTES ((size_t)4 << 20)

static int check(const char *file)
{
	struct buf report;
	int error;

	buf_init(&report, REPORT_MAX_BYTES);
	error = host_check_file(file, &report);
	if (report.len)
		fputs(report.data, stdout);
	if (!error)
		printf("%s: no errors\n", file);
	buf_deinit(&report);
	return error ? COMMAND_FAILED : COMMAND_FINE;
}

int check_run(int argc, char **argv)
{
	static const struct option options[] = {{"app", required_argument, NULL, 'a'}, {NULL, 0, NULL, 0}};
	const char *file = getenv("POLLUX_APP");
	int which;

	if (!file || !*file)
		file = PKGDATADIR "/chat.lua";
	while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (which != 'a')
			return COMMAND_WRONG;
		file = optarg;
	}
	if (optind < argc) {
		fprintf(stderr, "pollux check: what is %s? (pollux check --app FILE)\n", argv[optind]);
		return COMMAND_WRONG;
	}
	return check(file);
}
