/* Waiting for room. A GET is parked meanwhile: that frees what the front holds for it, and tells when its peer leaves. */
#include "config.h"
#include "core/waiting.h"

#include "base/clock.h"
#include "core/http.h"

#define TRY_MS 200

bool waiting_is_for(const struct input *in)
{
	return in->kind == INPUT_POLL || in->kind == INPUT_ABORT || in->kind == INPUT_LEFT;
}

static void on_left(struct exchange *x)
{
	struct input *in = x->owner;

	in->left = true;
}

static void park(const struct server *s, struct input *in, int64_t now)
{
	int64_t hold = server_hold_ms(s);

	in->wait_until_ms = now + (hold ? hold : s->settings->ping_interval_ms);
	in->x->owner = in;
	in->x->aborted = on_left;
	exchange_park(in->x);
}

void waiting_add(struct server *s, struct input *in)
{
	int64_t now = clock_mono_ms();

	in->tries = false;
	if (in->kind == INPUT_POLL && !in->wait_until_ms)
		park(s, in, now);
	if (!s->waiting.count)
		s->try_waiting_at_ms = now + TRY_MS;
	inputs_add(&s->waiting, in);
}

static void answer_noop(struct server *s, struct input *in)
{
	input_answer(in, 200, "text/plain; charset=UTF-8", "6", 1);
	http_answer(s, in);
}

static void answer_overdue(struct server *s, int64_t now)
{
	for (size_t n = s->waiting.count; n; n--) {
		struct input *in = inputs_take(&s->waiting);

		if (in->kind == INPUT_POLL && (s->draining || in->wait_until_ms <= now))
			answer_noop(s, in);
		else
			inputs_add(&s->waiting, in);
	}
}

void waiting_look(struct server *s)
{
	int64_t now = clock_mono_ms();
	struct input *in;

	if (!s->waiting.count || now < s->try_waiting_at_ms)
		return;
	s->try_waiting_at_ms = now + TRY_MS;
	answer_overdue(s, now);
	in = inputs_take(&s->waiting);
	if (!in)
		return;
	in->tries = true;
	inputs_push(&s->inputs, in);
	s->alone++;
}

/* A GET's refusal may have wanted no room. */
void waiting_tried(struct server *s, const struct input *tried)
{
	bool proves_it = tried->kind != INPUT_POLL || tried->polling;
	struct input *in;

	s->try_waiting_at_ms = 0;
	while (proves_it && (in = inputs_take(&s->waiting)))
		inputs_add(&s->inputs, in);
}
