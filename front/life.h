/*
 * How a serving process lives: what its signals do, and its end in steps. SIGTERM and SIGINT: nobody new is taken in and what is under way is
 * finished; after a moment what has not been read yet is given up, and when the patience is over the process ends in any case. SIGHUP: a new version of the
 * application. Main thread, the loop's.
 */
#ifndef POLLUX_FRONT_LIFE_H
#define POLLUX_FRONT_LIFE_H

#include <ev.h>
#include <stdbool.h>

/* What a front does then; each is given its ctx. */
struct life_steps {
	const char *who;             /* in the log */
	void (*reload)(void *ctx);   /* not while it stops */
	void (*stop)(void *ctx);     /* once */
	bool (*finished)(void *ctx); /* after stop: asked before each sleep; true ends the loop */
	void (*cut)(void *ctx);      /* requests that are not whole are waited for no longer */
	void (*give_up)(void *ctx);  /* says what is left open */
};

struct life {
	const struct life_steps *steps;
	void *ctx;
	struct ev_loop *loop;
	bool stopping;
	ev_signal term, interrupt, hangup;
	ev_timer cut, patience;
	ev_prepare finished;
};

/* Watches the signals from now on. patience_s: between the signal and the end. steps and ctx are borrowed until life_end. */
void life_begin(struct life *l, struct ev_loop *loop, const struct life_steps *steps, void *ctx, double patience_s);
void life_end(struct life *l);

#endif
