/*
 * The front's life: options, listening socket, application, server, then the loop until a signal; or one CGI request.
 *
 * The end (SIGTERM, SIGINT): the listening socket is closed at once, so that the web server turns to another process; what is read is
 * finished, parked polls are answered by core, replies are written; after STOP_PATIENCE_S it ends in any case.
 */
#include "config.h"
#include "fcgi/front.h"

#include <errno.h>
#include <ev.h>
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/say.h"
#include "core/server.h"
#include "fcgi/cgi.h"
#include "fcgi/conn.h"
#include "fcgi/intake.h"
#include "fcgi/options.h"
#include "front/application.h"
#include "front/life.h"
#include "front/listen.h"
#include "front/process.h"

#define WRITE_TIMEOUT_S 30.0
#define STOP_PATIENCE_S 4.0

struct front {
	struct front_options options;
	struct fcgi_options own;
	struct application application;
	struct ev_loop *loop;
	struct listener *listener; /* NULL under CGI */
	struct server *server;
	struct intake *intake;
	struct conns conns;
	struct cgi *cgi;
	bool is_cgi, drained;
	struct life life;
};

/* ---- the end ---- */

static void on_drained(void *ctx)
{
	struct front *f = ctx;

	f->drained = true;
}

static bool is_finished(void *ctx)
{
	const struct front *f = ctx;

	return f->drained && f->conns.busy == 0 && !(f->intake && intake_running(f->intake));
}

static void cut(void *ctx)
{
	struct front *f = ctx;

	if (f->intake)
		intake_cut(f->intake);
}

static void give_up(void *ctx)
{
	say(SAY_WARN, "fcgi", NULL, "ends with %zu requests unanswered", ((const struct front *)ctx)->conns.busy);
}

static void stop_intake(struct front *f)
{
	listener_stop(f->listener);
	intake_stop(f->intake);
	conns_stop(&f->conns);
}

static void stop(void *ctx)
{
	struct front *f = ctx;

	if (f->intake)
		stop_intake(f);
	server_drain(f->server, on_drained, f);
}

/* A new version of the application. */
static void reload(void *ctx)
{
	struct front *f = ctx;

	if (application_reload(&f->application))
		server_reloaded(f->server);
}

static const struct life_steps steps = {
	.who = "fcgi",
	.reload = reload,
	.stop = stop,
	.finished = is_finished,
	.cut = cut,
	.give_up = give_up,
};

/* ---- the start ---- */

static int open_socket(struct front *f)
{
	int error = listener_open(&f->listener, f->options.listen, f->options.mode, false);

	if (error == POLLUX_EXISTS)
		say(SAY_ERROR, "fcgi", NULL, "another process listens on %s", f->options.listen);
	return error;
}

static int find_socket(struct front *f)
{
	bool is_cgi;

	if (f->options.listen)
		return open_socket(f);
	is_cgi = FCGX_IsCGI();
	if (!is_cgi)
		return listener_inherit(&f->listener, STDIN_FILENO);
	f->is_cgi = getenv("REQUEST_METHOD") != NULL;
	if (f->is_cgi)
		return 0;
	fprintf(stderr, "%s: nothing to serve: no --listen, no listening socket on descriptor 0, and no CGI request\n", f->application.app->name);
	return POLLUX_REFUSED;
}

static int start_server(struct front *f)
{
	struct server_options o = {
		.loop = f->loop,
		.db_path = f->options.db,
		.settings = &f->application.settings,
		.handler = &f->application.handler,
		.client_dir = f->options.client_dir,
		.kind = f->is_cgi ? "cgi" : "fcgi",
		.cgi = f->is_cgi,
	};

	return server_new(&f->server, &o);
}

static struct request_limits limits_of(const struct front *f)
{
	return (struct request_limits){
		.max_body = (size_t)f->application.settings.max_http_buffer_size,
		.read_timeout_ms = f->own.read_timeout_ms,
	};
}

/* ---- running ---- */

static void on_arrived(void *ctx, struct conn *c)
{
	struct front *f = ctx;

	conns_submit(&f->conns, c);
}

static void on_readable(void *ctx, struct conn *c)
{
	struct front *f = ctx;

	intake_return(f->intake, c);
}

static int serve_fastcgi(struct front *f)
{
	struct intake_options o = {
		.loop = f->loop,
		.listener = f->listener,
		.threads = f->own.threads,
		.limits = limits_of(f),
		.arrived = on_arrived,
		.ctx = f,
	};
	int error;

	f->conns = (struct conns){
		.loop = f->loop,
		.server = f->server,
		.write_timeout_s = WRITE_TIMEOUT_S,
		.readable = on_readable,
		.ctx = f,
	};
	error = intake_start(&f->intake, &o);
	if (error)
		return error;
	say(SAY_INFO, "fcgi", NULL, "serving");
	ev_run(f->loop, 0);
	return 0;
}

/* A web server gets an answer in any case: it would show its own page of error 500 else, or nothing. */
static int serve_cgi(struct front *f)
{
	struct request_limits limits = limits_of(f);
	int error = cgi_read(&f->cgi, f->loop, &limits);

	if (error) {
		say(SAY_WARN, "fcgi", NULL, "request dropped while it was read: %s", pollux_strerror(error));
		cgi_refuse(error == POLLUX_NO_MEMORY ? 503 : 400);
		return 0;
	}
	cgi_submit(f->cgi, f->server);
	if (!cgi_answered(f->cgi))
		ev_run(f->loop, 0);
	return 0;
}

/* Signals first: one that comes while the application loads waits for the loop. */
static int run(struct front *f)
{
	int error;

	life_begin(&f->life, f->loop, &steps, f, STOP_PATIENCE_S);
	error = find_socket(f);
	if (error)
		return error == POLLUX_REFUSED ? 2 : 1;
	error = application_load(&f->application);
	if (error == 0)
		error = start_server(f);
	if (error) {
		if (f->is_cgi)
			cgi_refuse(500);
		return 1;
	}
	error = f->is_cgi ? serve_cgi(f) : serve_fastcgi(f);
	return error ? 1 : 0;
}

static void deinit(struct front *f)
{
	life_end(&f->life);
	intake_free(f->intake);
	listener_free(f->listener);
	server_free(f->server);
	cgi_free(f->cgi);
	application_unload(&f->application);
	ev_loop_destroy(f->loop);
}

int front_main(int argc, char **argv, const struct front_app *app)
{
	struct front f = { .application.app = app };
	enum options_result parsed = fcgi_options_parse(&f.options, &f.own, argc, argv, app);
	int status;

	if (parsed != OPTIONS_RUN)
		return parsed == OPTIONS_DONE ? 0 : 2;
	f.application.options = &f.options;
	say_set_program(app->name);
	say_set_level(f.options.log_level);
	process_prepare();
	f.loop = ev_loop_new(EVFLAG_AUTO);
	if (FCGX_Init() != 0 || !f.loop) {
		say(SAY_ERROR, "fcgi", NULL, "cannot start: %s", strerror(errno));
		return 1;
	}
	process_ignore_signals();
	status = run(&f);
	deinit(&f);
	return status;
}
