/* What a group of processes has used: read from /proc. */
#ifndef BENCH_PROCS_H
#define BENCH_PROCS_H

#define PROCS_MAX 8

struct procs_sample {
	double user_s, system_s;
	long threads, rss_anon_kb, pss_kb, pss_anon_kb;
};

struct procs {
	char name[24];
	int pids[PROCS_MAX];
	int count;
	struct procs_sample idle, parked, begin, end;
};

/* "NAME=PID,PID". 0, or -1 when malformed. */
int procs_parse(struct procs *p, const char *text);
/* The sum over the group; a process that has gone counts nothing. */
void procs_read(const struct procs *p, struct procs_sample *out);
/* Processor seconds the whole machine has spent, on anything, since it started. */
double procs_machine_s(void);

#endif
