/*
 * The sidecar's life: options, listening socket, application, server, then the loop until a signal.
 *
 * The end (SIGTERM, SIGINT): nobody new is accepted, core answers parked polls and tells WebSocket clients to come back, what is
 * being written is finished; after --stop-timeout it ends in any case.
 */
#include "config.h"
#include "ws/front.h"

#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/say.h"
#include "core/server.h"
#include "front/application.h"
#include "front/life.h"
#include "front/listen.h"
#include "front/process.h"
#include "ws/conn.h"
#include "ws/files.h"
#include "ws/httpd.h"
#include "ws/options.h"
#include "ws/request.h"
#include "ws/running.h"
#include "ws/serve.h"

struct front {
	struct front_options options;
	struct ws_options own;
	struct application application;
	struct ev_loop *loop;
	struct listener *listener;
	struct server *server;
	struct conns conns;
	struct httpd httpd;
	struct serve serve;
	struct files files;
	bool drained;
	bool cut; /* requests that are still being read are waited for no longer */
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

	return f->drained && f->conns.count == 0 && f->httpd.count == (f->cut ? f->httpd.reading : 0);
}

/* libmicrohttpd may not notice for long that who sent half a request has left. */
static void cut(void *ctx)
{
	((struct front *)ctx)->cut = true;
}

static void give_up(void *ctx)
{
	const struct front *f = ctx;

	say(SAY_WARN, "ws", NULL, "ends with %zu connections and %zu requests open", f->conns.count, f->httpd.count);
}

static void stop(void *ctx)
{
	struct front *f = ctx;

	httpd_stop(&f->httpd);
	/* who comes now is refused and turns to another process; left open, the socket would take them in and reset them at the end */
	listener_free(f->listener);
	f->listener = NULL;
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
	.who = "ws",
	.reload = reload,
	.stop = stop,
	.finished = is_finished,
	.cut = cut,
	.give_up = give_up,
};

/* ---- the start ---- */

static bool listens(int fd)
{
	int yes = 0;
	socklen_t len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes;
}

static int find_socket(struct front *f)
{
	if (f->options.listen)
		return listener_open(&f->listener, f->options.listen, f->options.mode, f->own.reuse_port);
	if (listens(STDIN_FILENO))
		return listener_inherit(&f->listener, STDIN_FILENO);
	fprintf(stderr, "%s: nothing to serve: no --listen, and no listening socket on descriptor 0\n", f->application.app->name);
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
		.kind = SERVER_KIND_WS,
	};

	return server_new(&f->server, &o);
}

static void on_request(void *ctx, struct request *r)
{
	struct front *f = ctx;

	serve_request(&f->serve, r);
}

static int start_http(struct front *f)
{
	struct httpd_options o = {
		.loop = f->loop,
		.listen_fd = listener_fd(f->listener),
		.settings = &f->application.settings,
		.conns = &f->conns,
		.submit = on_request,
		.ctx = f,
	};

	f->serve = (struct serve){
		.server = f->server,
		.settings = &f->application.settings,
		.files = f->own.standalone ? &f->files : NULL,
	};
	return httpd_start(&f->httpd, &o);
}

/* The address is taken: the exit status. */
static int tell_taken(const struct front *f)
{
	if (running_already(f->options.db)) {
		say(SAY_INFO, "ws", NULL, "already running on %s", f->options.listen);
		return 0;
	}
	say(SAY_ERROR, "ws", NULL, "another process listens on %s", f->options.listen);
	return 1;
}

/* Signals first: one that comes while the application loads waits for the loop. */
static int run(struct front *f)
{
	int error;

	life_begin(&f->life, f->loop, &steps, f, (double)f->own.stop_timeout_ms / 1000);
	error = find_socket(f);
	if (error == POLLUX_EXISTS)
		return tell_taken(f);
	if (error)
		return error == POLLUX_REFUSED ? 2 : 1;
	if (f->own.standalone)
		error = files_init(&f->files, f->own.static_dir);
	if (error == 0)
		error = application_load(&f->application);
	if (error == 0)
		error = conns_init(&f->conns, f->loop, settings_queue_bytes(&f->application.settings));
	if (error == 0)
		error = start_server(f);
	if (error == 0)
		error = start_http(f);
	if (error)
		return 1;
	say(SAY_INFO, "ws", NULL, "serving");
	ev_run(f->loop, 0);
	return 0;
}

static void deinit(struct front *f)
{
	life_end(&f->life);
	server_free(f->server);
	httpd_free(&f->httpd);
	conns_deinit(&f->conns);
	listener_free(f->listener);
	files_deinit(&f->files);
	application_unload(&f->application);
	ev_loop_destroy(f->loop);
}

int ws_main(int argc, char **argv, const struct front_app *app)
{
	struct front f = { .application.app = app, .files = { -1 } };
	enum options_result parsed = ws_options_parse(&f.options, &f.own, argc, argv, app);
	int status;

	if (parsed != OPTIONS_RUN)
		return parsed == OPTIONS_DONE ? 0 : 2;
	f.application.options = &f.options;
	say_set_program(app->name);
	say_set_level(f.options.log_level);
	process_prepare();
	f.loop = ev_loop_new(EVFLAG_AUTO);
	if (!f.loop) {
		say(SAY_ERROR, "ws", NULL, "cannot start: %s", strerror(errno));
		return 1;
	}
	process_ignore_signals();
	status = run(&f);
	deinit(&f);
	return status;
}
