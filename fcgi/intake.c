/*
 * Intake threads. Each waits in poll for the listening socket, a kept connection and the end. Rejected: EPOLLEXCLUSIVE, which spares
 * useless wake-ups but wakes the same waiter first each time, so that one of several processes would hold nearly
 * all polls.
 *
 * Shared under the lock: the two queues, running, each thread's fd.
 */
#include "config.h"
#include "fcgi/intake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/say.h"
#include "fcgi/accept.h"
#include "fcgi/conn.h"
#include "front/listen.h"

/* How long a thread leaves the listening socket alone when descriptors or memory ran out. */
#define SHORTAGE_PAUSE_MS 100
/* Connections accepted in a row before kept ones and the end are looked at again. */
#define STREAK_MAX 16
#define STACK_BYTES (256 * 1024)

struct queue {
	struct conn *first, *last;
	size_t count;
};

struct thread {
	pthread_t id;
	struct intake *in;
	int fd; /* being read, or -1 */
	int streak; /* connections accepted one after the other without poll */
};

struct intake {
	struct intake_options options;
	pthread_mutex_t lock;
	pthread_cond_t room; /* arrived has room again, or stopping */
	struct queue arrived; /* to the loop */
	struct queue kept; /* to the threads */
	bool stopping;
	bool cut; /* whatever is read now is cut off */
	int running;
	int arrived_fd; /* eventfd: arrived was empty and is not, or a thread ended */
	int kept_fd; /* eventfd, a semaphore: one for each in kept */
	int stop_fd; /* eventfd: readable for ever once stopping */
	ev_io arrived_io;
	int threads_count;
	struct thread threads[];
};

static void queue_push(struct queue *q, struct conn *c)
{
	c->next = NULL;
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	q->last = c;
	q->count++;
}

static struct conn *queue_pop(struct queue *q)
{
	struct conn *c = q->first;

	if (!c)
		return NULL;
	q->first = c->next;
	if (!q->first)
		q->last = NULL;
	q->count--;
	return c;
}

static void signal_fd(int fd)
{
	uint64_t one = 1;

	/* EAGAIN would mean that it is signalled already */
	while (write(fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static bool take_signal(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == sizeof(n);
}

/* ---- on the threads ---- */

/* Waits while the loop has more than enough. False: it is over. */
static bool wait_for_room(struct intake *in)
{
	bool go_on;

	pthread_mutex_lock(&in->lock);
	while (in->arrived.count >= INTAKE_QUEUE_MAX && !in->stopping)
		pthread_cond_wait(&in->room, &in->lock);
	go_on = !in->stopping;
	pthread_mutex_unlock(&in->lock);
	return go_on;
}

static struct conn *take_kept(struct intake *in)
{
	struct conn *c;

	if (!take_signal(in->kept_fd))
		return NULL;
	pthread_mutex_lock(&in->lock);
	c = queue_pop(&in->kept);
	pthread_mutex_unlock(&in->lock);
	return c;
}

static struct conn *accept_conn(struct thread *t, int *pause_ms)
{
	int fd = fcgi_accept(t->in->options.listener);
	struct conn *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			*pause_ms = SHORTAGE_PAUSE_MS;
		return NULL;
	}
	request_set_timeout(fd, t->in->options.limits.read_timeout_ms);
	c = conn_new(fd);
	if (!c)
		close(fd);
	return c;
}

/* Under load there mostly is another connection: a few are taken without asking poll for one. */
static struct conn *take_next(struct thread *t)
{
	int ignored = 0;

	if (t->streak == 0 || t->streak >= STREAK_MAX || !wait_for_room(t->in))
		return NULL;
	return accept_conn(t, &ignored);
}

/* The next connection with a request to read. *over: none will come. NULL without it: look again. */
static struct conn *next_conn(struct thread *t, bool *over)
{
	struct intake *in = t->in;
	struct pollfd fds[3] = {
		{ .fd = in->stop_fd, .events = POLLIN },
		{ .fd = in->kept_fd, .events = POLLIN },
		{ .fd = listener_fd(in->options.listener), .events = POLLIN },
	};
	struct conn *c = take_next(t);
	int pause_ms = 0;

	t->streak = c ? t->streak + 1 : 0;
	if (c)
		return c;
	*over = !wait_for_room(in);
	if (*over || poll(fds, 3, -1) < 0)
		return NULL;
	*over = fds[0].revents != 0;
	if (*over)
		return NULL;
	if (fds[1].revents)
		c = take_kept(in);
	if (!c && fds[2].revents)
		c = accept_conn(t, &pause_ms);
	t->streak = c != NULL;
	if (pause_ms) {
		say(SAY_WARN, "fcgi", NULL, "cannot accept: %s", strerror(errno));
		poll(fds, 2, pause_ms);
	}
	return c;
}

static void set_fd(struct thread *t, int fd)
{
	pthread_mutex_lock(&t->in->lock);
	t->fd = fd;
	if (fd >= 0 && t->in->cut)
		shutdown(fd, SHUT_RDWR);
	pthread_mutex_unlock(&t->in->lock);
}

static void hand_over(struct intake *in, struct conn *c)
{
	bool wake;

	pthread_mutex_lock(&in->lock);
	wake = in->arrived.count == 0;
	queue_push(&in->arrived, c);
	pthread_mutex_unlock(&in->lock);
	if (wake)
		signal_fd(in->arrived_fd);
}

/* libfcgi may close the descriptor itself; then its number can be another's before set_fd(-1), so a late intake_cut could cut off
 * that one: only at the end of the process, when all are cut anyway. */
static void read_and_hand_over(struct thread *t, struct conn *c)
{
	int error;

	set_fd(t, c->fd);
	error = request_read(c, &t->in->options.limits);
	set_fd(t, -1);
	if (error == 0) {
		hand_over(t->in, c);
		return;
	}
	if (error != POLLUX_GONE)
		say(SAY_WARN, "fcgi", NULL, "request dropped while it was read: %s",
			error == POLLUX_AGAIN ? "the web server sent nothing, or too slowly" : pollux_strerror(error));
	conn_free(c);
}

/* At the end: connections that the web server has made already are served, or it would answer its clients with an error. */
static void serve_waiting(struct thread *t)
{
	struct conn *c;
	int pause_ms = 0;

	while (listener_is_ours(t->in->options.listener) && (c = accept_conn(t, &pause_ms)))
		read_and_hand_over(t, c);
}

static void *run(void *arg)
{
	struct thread *t = arg;
	bool over = false;

	while (!over) {
		struct conn *c = next_conn(t, &over);

		if (c)
			read_and_hand_over(t, c);
	}
	serve_waiting(t);
	pthread_mutex_lock(&t->in->lock);
	t->in->running--;
	pthread_mutex_unlock(&t->in->lock);
	signal_fd(t->in->arrived_fd);
	return NULL;
}

/* ---- on the loop ---- */

static void on_arrived(struct ev_loop *loop, ev_io *io, int events)
{
	struct intake *in = io->data;
	struct conn *c, *next;

	(void)loop;
	(void)events;
	take_signal(in->arrived_fd);
	pthread_mutex_lock(&in->lock);
	c = in->arrived.first;
	if (in->arrived.count >= INTAKE_QUEUE_MAX)
		pthread_cond_broadcast(&in->room);
	memset(&in->arrived, 0, sizeof(in->arrived));
	pthread_mutex_unlock(&in->lock);
	for (; c; c = next) {
		next = c->next;
		in->options.arrived(in->options.ctx, c);
	}
}

static int open_fds(struct intake *in)
{
	in->arrived_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	in->kept_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	in->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return in->arrived_fd >= 0 && in->kept_fd >= 0 && in->stop_fd >= 0 ? 0 : POLLUX_SYSTEM;
}

/* Signals are the loop's alone; 8 MB of stack a thread would be counted against small hosts' limits. */
static int start_threads(struct intake *in)
{
	sigset_t all, saved;
	pthread_attr_t attr;
	int error = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (error == 0 && in->threads_count < in->options.threads) {
		struct thread *t = &in->threads[in->threads_count];

		t->in = in;
		t->fd = -1;
		error = pthread_create(&t->id, &attr, run, t);
		if (error == 0) {
			in->threads_count++;
			pthread_mutex_lock(&in->lock);
			in->running++;
			pthread_mutex_unlock(&in->lock);
		}
	}
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	errno = error;
	return error ? POLLUX_SYSTEM : 0;
}

int intake_start(struct intake **out, const struct intake_options *options)
{
	struct intake *in = calloc(1, sizeof(*in) + (size_t)options->threads * sizeof(in->threads[0]));
	int error;

	*out = NULL;
	if (!in)
		return POLLUX_NO_MEMORY;
	in->options = *options;
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->room, NULL);
	error = open_fds(in);
	ev_io_init(&in->arrived_io, on_arrived, in->arrived_fd, EV_READ);
	in->arrived_io.data = in;
	if (error == 0) {
		ev_io_start(options->loop, &in->arrived_io);
		error = start_threads(in);
	}
	if (error) {
		say(SAY_ERROR, "fcgi", NULL, "cannot start intake: %s", strerror(errno));
		intake_free(in);
		return error;
	}
	*out = in;
	return 0;
}

void intake_return(struct intake *in, struct conn *c)
{
	pthread_mutex_lock(&in->lock);
	queue_push(&in->kept, c);
	pthread_mutex_unlock(&in->lock);
	signal_fd(in->kept_fd);
}

void intake_stop(struct intake *in)
{
	pthread_mutex_lock(&in->lock);
	in->stopping = true;
	pthread_cond_broadcast(&in->room);
	pthread_mutex_unlock(&in->lock);
	signal_fd(in->stop_fd);
}

bool intake_running(struct intake *in)
{
	bool running;

	pthread_mutex_lock(&in->lock);
	running = in->running > 0 || in->arrived.count > 0;
	pthread_mutex_unlock(&in->lock);
	return running;
}

void intake_cut(struct intake *in)
{
	pthread_mutex_lock(&in->lock);
	in->cut = true;
	for (int i = 0; i < in->threads_count; i++)
		if (in->threads[i].fd >= 0)
			shutdown(in->threads[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&in->lock);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void intake_free(struct intake *in)
{
	struct conn *c;

	if (!in)
		return;
	intake_stop(in);
	intake_cut(in);
	for (int i = 0; i < in->threads_count; i++)
		pthread_join(in->threads[i].id, NULL);
	ev_io_stop(in->options.loop, &in->arrived_io);
	while ((c = queue_pop(&in->arrived)) || (c = queue_pop(&in->kept)))
		conn_free(c);
	close_fd(in->arrived_fd);
	close_fd(in->kept_fd);
	close_fd(in->stop_fd);
	pthread_cond_destroy(&in->room);
	pthread_mutex_destroy(&in->lock);
	free(in);
}
