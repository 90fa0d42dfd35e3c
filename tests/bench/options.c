/* One table of names and where their numbers go. */
#include "config.h"

#include "tests/bench/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "members", offsetof(struct run_options, members) },
	{ "senders", offsetof(struct run_options, senders) },
	{ "window", offsetof(struct run_options, window) },
	{ "batch", offsetof(struct run_options, batch) },
	{ "bytes", offsetof(struct run_options, bytes) },
	{ "ramp", offsetof(struct run_options, ramp) },
	{ "rounds", offsetof(struct run_options, rounds) },
	{ "gap", offsetof(struct run_options, gap_ms) },
	{ "rate", offsetof(struct run_options, rate) },
	{ "settle", offsetof(struct run_options, settle_ms) },
	{ "timeout", offsetof(struct run_options, timeout_ms) },
	{ "warmup", offsetof(struct run_options, warmup_ms) },
};

static bool set_number(struct run_options *o, const char *name, const char *value)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (strcmp(numbers[i].name, name) == 0) {
			*(unsigned *)(void *)((char *)o + numbers[i].offset) = (unsigned)n;
			return *end == '\0' && end > value && n <= 100000000;
		}
	}
	return false;
}

static bool set_until(struct run_options *o, const char *text)
{
	if (strcmp(text, "all") == 0)
		o->until = UNTIL_ALL;
	else if (strcmp(text, "own") == 0)
		o->until = UNTIL_OWN;
	else
		o->until = UNTIL_ACK;
	return o->until != UNTIL_ACK || strcmp(text, "ack") == 0;
}

static bool set(struct run *r, const char *name, const char *value)
{
	if (strcmp(name, "until") == 0)
		return set_until(&r->o, value);
	if (strcmp(name, "watch") == 0)
		return r->groups_count < RUN_GROUPS && procs_parse(&r->groups[r->groups_count++], value) == 0;
	if (strcmp(name, "seconds") == 0) {
		r->o.seconds = strtod(value, NULL);
		return true;
	}
	return set_number(&r->o, name, value);
}

static const struct option_own *find_own(const struct option_own *own, const char *name)
{
	while (own->name && strcmp(own->name, name) != 0)
		own++;
	return own->name ? own : NULL;
}

static bool make_sense(const struct run_options *o)
{
	return o->batch > 0 && o->window > 0 && o->ramp > 0 && o->window * o->batch <= RUN_RING &&
		(!o->senders_listen || o->senders <= o->members) && (o->until != UNTIL_OWN || o->senders_listen) &&
		(o->until != UNTIL_ALL || o->members > 0) && (o->rate == 0 || o->batch == 1) && o->bytes <= 100000;
}

bool options_read(struct run *r, int argc, char **argv, const struct option_own *own)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i] + 2;
		const struct option_own *mine;
		bool good;

		if (strncmp(argv[i], "--", 2) != 0)
			return false;
		mine = find_own(own, name);
		if (strcmp(name, "senders-listen") == 0)
			good = r->o.senders_listen = true;
		else if (mine && mine->flag)
			good = mine->set(NULL);
		else if (i + 1 == argc)
			return false;
		else
			good = mine ? mine->set(argv[++i]) : set(r, name, argv[++i]);
		if (!good)
			return false;
	}
	return make_sense(&r->o);
}

void options_raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}
