/* Readings of /proc/PID/stat, status and smaps_rollup. */
#include "config.h"

#include "tests/bench/procs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int procs_parse(struct procs *p, const char *text)
{
	const char *equals = strchr(text, '=');

	*p = (struct procs){ 0 };
	if (!equals || (size_t)(equals - text) >= sizeof(p->name))
		return -1;
	memcpy(p->name, text, (size_t)(equals - text));
	for (const char *at = equals; at && p->count < PROCS_MAX; at = strchr(at + 1, ','))
		p->pids[p->count++] = (int)strtol(at + 1, NULL, 10);
	return 0;
}

static void read_stat(int pid, struct procs_sample *out)
{
	char path[64], line[1024];
	unsigned long user, system;
	const char *after;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	after = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (after && sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2) {
		out->user_s += (double)user / (double)sysconf(_SC_CLK_TCK);
		out->system_s += (double)system / (double)sysconf(_SC_CLK_TCK);
	}
	(void)fclose(f);
}

/* Adds the number behind `name` in a file of "name: number" lines. */
static void add_field(int pid, const char *file, const char *name, long *sum)
{
	char path[64], line[256];
	size_t n = strlen(name);
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, name, n) == 0 && line[n] == ':')
			*sum += strtol(line + n + 1, NULL, 10);
	}
	(void)fclose(f);
}

void procs_read(const struct procs *p, struct procs_sample *out)
{
	*out = (struct procs_sample){ 0 };
	for (int i = 0; i < p->count; i++) {
		read_stat(p->pids[i], out);
		add_field(p->pids[i], "status", "Threads", &out->threads);
		add_field(p->pids[i], "status", "RssAnon", &out->rss_anon_kb);
		add_field(p->pids[i], "smaps_rollup", "Pss", &out->pss_kb);
		add_field(p->pids[i], "smaps_rollup", "Pss_Anon", &out->pss_anon_kb);
	}
}

double procs_machine_s(void)
{
	unsigned long long user, nice, system, irq, softirq, steal;
	double ticks = 0;
	FILE *f = fopen("/proc/stat", "re");

	if (!f)
		return 0;
	if (fscanf(f, "cpu %llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system, &irq, &softirq, &steal) == 6)
		ticks = (double)(user + nice + system + irq + softirq + steal);
	(void)fclose(f);
	return ticks / (double)sysconf(_SC_CLK_TCK);
}
