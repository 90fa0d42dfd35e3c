/* JSON by printf: every string in it but the failure is ours. */
#include "config.h"

#include "tests/bench/report.h"

#include <stdio.h>

static void print_count(const char *name, uint64_t value)
{
	(void)printf("\"%s\":%llu,", name, (unsigned long long)value);
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

static void print_deliveries(const struct run *r)
{
	print_count("sent", run_sent(r));
	print_count("expected", run_expected(r));
	print_count("delivered", r->deliveries);
	print_count("duplicates", r->duplicates);
	print_count("out_of_order", r->out_of_order);
	(void)printf("\"measured\":{\"sent\":%llu,\"delivered\":%llu},", (unsigned long long)(run_sent(r) - r->sent_uncounted),
		(unsigned long long)(r->deliveries - r->uncounted));
}

void report(const struct run *r, const struct report_count *more, size_t more_count)
{
	double seconds = r->started ? (double)(r->ended - r->started) / 1e6 : 0;

	(void)printf("{\"exact\":%s,", run_exact(r) ? "true" : "false");
	print_failure(r);
	(void)printf("\"clients\":%u,\"members\":%u,\"senders\":%u,", r->clients, r->o.members, r->o.senders);
	print_deliveries(r);
	(void)printf("\"seconds\":%.3f,\"connect_seconds\":%.3f,", seconds, (double)r->connect_us / 1e6);
	print_count("replies", r->replies);
	for (size_t i = 0; i < more_count; i++)
		print_count(more[i].name, more[i].value);
	(void)printf("\"generator_cpu_s\":%.3f,\"machine_cpu_s\":%.2f,", r->own_cpu_s, r->machine_cpu_s);
	print_histogram("latency_us", &r->latency);
	print_histogram("all_us", &r->all);
	print_groups(r);
	(void)printf("}\n");
}
