/*
 * pollgen: many Socket.IO clients by HTTP long-polling from one thread, over HTTP/1.1 or straight to a FastCGI socket.
 * Prints one JSON object; exits 1 when a client failed or a delivery was lost, doubled or out of order. Not a benchmark by
 * itself: bench.mjs starts the servers and chooses the runs.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "tests/bench/run.h"

static const struct option options[] = {
	{ "to", required_argument, NULL, 'a' },
	{ "wire", required_argument, NULL, 'w' },
	{ "path", required_argument, NULL, 'p' },
	{ "members", required_argument, NULL, 'm' },
	{ "senders", required_argument, NULL, 's' },
	{ "senders-listen", no_argument, NULL, 'l' },
	{ "until", required_argument, NULL, 'u' },
	{ "window", required_argument, NULL, 'W' },
	{ "batch", required_argument, NULL, 'b' },
	{ "bytes", required_argument, NULL, 'B' },
	{ "ramp", required_argument, NULL, 'r' },
	{ "rounds", required_argument, NULL, 'n' },
	{ "gap", required_argument, NULL, 'g' },
	{ "settle", required_argument, NULL, 'S' },
	{ "timeout", required_argument, NULL, 't' },
	{ "warmup", required_argument, NULL, 'U' },
	{ "seconds", required_argument, NULL, 'T' },
	{ "watch", required_argument, NULL, 'x' },
	{ NULL, 0, NULL, 0 },
};

static void usage(void)
{
	(void)fputs("usage: pollgen --to unix:PATH|IPV4:PORT [--to …] [--wire http|fastcgi] [--path /socket.io/]\n"
		    "  [--members N] [--senders N] [--senders-listen] [--until all|own|ack] [--window BATCHES] [--batch EVENTS]\n"
		    "  [--bytes N] [--ramp N] [--rounds N] [--gap MS] [--settle MS] [--timeout MS] [--warmup MS] [--seconds S]\n"
		    "  [--watch NAME=PID,PID]\n",
		stderr);
	exit(2);
}

static unsigned whole(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end != '\0' || end == text || n > 100000000)
		usage();
	return (unsigned)n;
}

static void set_until(struct run *r, const char *text)
{
	if (strcmp(text, "all") == 0)
		r->o.until = UNTIL_ALL;
	else if (strcmp(text, "own") == 0)
		r->o.until = UNTIL_OWN;
	else if (strcmp(text, "ack") == 0)
		r->o.until = UNTIL_ACK;
	else
		usage();
}

static void set_number(struct run_options *o, int option, const char *text)
{
	switch (option) {
	case 'm':
		o->members = whole(text);
		break;
	case 's':
		o->senders = whole(text);
		break;
	case 'W':
		o->window = whole(text);
		break;
	case 'b':
		o->batch = whole(text);
		break;
	case 'B':
		o->bytes = whole(text);
		break;
	case 'r':
		o->ramp = whole(text);
		break;
	case 'n':
		o->rounds = whole(text);
		break;
	case 'g':
		o->gap_ms = whole(text);
		break;
	case 'S':
		o->settle_ms = whole(text);
		break;
	case 'U':
		o->warmup_ms = whole(text);
		break;
	case 't':
		o->timeout_ms = whole(text);
		break;
	default:
		usage();
	}
}

static void set_option(struct run *r, int option, const char *text)
{
	switch (option) {
	case 'a':
		if (net_add_address(&r->pollers.net, text) < 0)
			usage();
		break;
	case 'w':
		r->pollers.net.kind = strcmp(text, "fastcgi") == 0 ? WIRE_FASTCGI : WIRE_HTTP;
		break;
	case 'p':
		r->pollers.path = text;
		break;
	case 'l':
		r->o.senders_listen = true;
		break;
	case 'u':
		set_until(r, text);
		break;
	case 'T':
		r->o.seconds = strtod(text, NULL);
		break;
	case 'x':
		if (r->groups_count == RUN_GROUPS || procs_parse(&r->groups[r->groups_count++], text) < 0)
			usage();
		break;
	default:
		set_number(&r->o, option, text);
	}
}

static void check_options(const struct run *r)
{
	const struct run_options *o = &r->o;

	if (r->pollers.net.addresses == 0 || o->batch == 0 || o->window == 0 || o->ramp == 0 || o->window * o->batch > RUN_RING ||
		(o->senders_listen && o->senders > o->members) || (o->until == UNTIL_OWN && !o->senders_listen) ||
		(o->until == UNTIL_ALL && o->members == 0) || o->bytes > 100000)
		usage();
}

static void raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

static void print_sample(const char *name, const struct procs_sample *s, const char *end)
{
	(void)printf("\"%s\":{\"user_s\":%.2f,\"system_s\":%.2f,\"threads\":%ld,\"rss_anon_kb\":%ld,\"pss_kb\":%ld,\"pss_anon_kb\":%ld}%s",
		name, s->user_s, s->system_s, s->threads, s->rss_anon_kb, s->pss_kb, s->pss_anon_kb, end);
}

static void print_groups(const struct run *r)
{
	(void)printf("\"processes\":{");
	for (unsigned i = 0; i < r->groups_count; i++) {
		const struct procs *p = &r->groups[i];

		(void)printf("%s\"%s\":{\"cpu_s\":%.2f,", i ? "," : "", p->name,
			p->end.user_s + p->end.system_s - p->begin.user_s - p->begin.system_s);
		print_sample("idle", &p->idle, ",");
		print_sample("parked", &p->parked, ",");
		print_sample("end", &p->end, "}");
	}
	(void)printf("}");
}

static void print_histogram(const char *name, const struct histogram *h)
{
	(void)printf("\"%s\":{\"count\":%llu,\"p50\":%llu,\"p99\":%llu,\"max\":%llu},", name, (unsigned long long)h->count,
		(unsigned long long)histogram_at(h, 0.5), (unsigned long long)histogram_at(h, 0.99), (unsigned long long)h->max);
}

static void print_failure(const struct run *r)
{
	(void)printf("\"failures\":%u,\"failure\":\"", r->failures);
	for (const char *s = r->failure; *s; s++) {
		if (*s == '"' || *s == '\\')
			(void)putchar('\\');
		(void)putchar((unsigned char)*s < ' ' ? ' ' : *s);
	}
	(void)printf("\",");
}

static bool is_exact(const struct run *r)
{
	return r->failures == 0 && r->duplicates == 0 && r->out_of_order == 0 && r->deliveries == run_expected(r);
}

static void report(const struct run *r)
{
	const struct net *n = &r->pollers.net;
	double seconds = r->started ? (double)(r->ended - r->started) / 1e6 : 0;

	(void)printf("{\"exact\":%s,", is_exact(r) ? "true" : "false");
	print_failure(r);
	(void)printf("\"clients\":%u,\"members\":%u,\"senders\":%u,", r->clients_count, r->o.members, r->o.senders);
	(void)printf("\"sent\":%llu,\"expected\":%llu,\"delivered\":%llu,\"duplicates\":%llu,\"out_of_order\":%llu,",
		(unsigned long long)run_sent(r), (unsigned long long)run_expected(r), (unsigned long long)r->deliveries,
		(unsigned long long)r->duplicates, (unsigned long long)r->out_of_order);
	(void)printf("\"measured\":{\"sent\":%llu,\"delivered\":%llu},", (unsigned long long)(run_sent(r) - r->sent_uncounted),
		(unsigned long long)(r->deliveries - r->uncounted));
	(void)printf("\"seconds\":%.3f,\"connect_seconds\":%.3f,\"polls\":%llu,\"pings\":%llu,", seconds, (double)r->connect_us / 1e6,
		(unsigned long long)r->polls, (unsigned long long)r->pollers.pings);
	(void)printf("\"connects\":%llu,\"queue_full\":%llu,\"resent\":%llu,\"generator_cpu_s\":%.3f,\"machine_cpu_s\":%.2f,",
		(unsigned long long)n->connects, (unsigned long long)n->queue_full, (unsigned long long)n->resent, r->own_cpu_s,
		r->machine_cpu_s);
	print_histogram("latency_us", &r->latency);
	print_histogram("all_us", &r->all);
	print_groups(r);
	(void)printf("}\n");
}

static struct run run = {
	.o = { .members = 10,
		.senders = 1,
		.window = 1,
		.batch = 1,
		.bytes = 64,
		.ramp = 64,
		.settle_ms = 300,
		.timeout_ms = 15000,
		.seconds = 2 },
};

int main(int argc, char **argv)
{
	int option;
	bool exact;

	raise_descriptors();
	if (net_init(&run.pollers.net, WIRE_HTTP) < 0)
		return 1;
	pollers_init(&run.pollers, "/socket.io/");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		set_option(&run, option, optarg);
	check_options(&run);
	if (run_prepare(&run) < 0)
		return 1;
	run_whole(&run);
	report(&run);
	exact = is_exact(&run);
	run_free(&run);
	net_deinit(&run.pollers.net);
	return exact ? 0 : 1;
}
