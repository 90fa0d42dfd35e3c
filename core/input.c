/* The queue of inputs. */
#include "config.h"
#include "core/input.h"

#include <stdlib.h>

#include "core/link.h"

/* A connection is held long before: by one message of the largest size that may be set. */
#define MESSAGES_MAX_BYTES ((size_t)1 << 31)

void inputs_init(struct inputs *list)
{
	list->first = NULL;
	list->last = &list->first;
	list->count = 0;
}

void inputs_add(struct inputs *list, struct input *in)
{
	in->next = NULL;
	*list->last = in;
	list->last = &in->next;
	list->count++;
}

void inputs_push(struct inputs *list, struct input *in)
{
	in->next = list->first;
	list->first = in;
	if (!in->next)
		list->last = &in->next;
	list->count++;
}

struct input *inputs_take(struct inputs *list)
{
	struct input *in = list->first;

	if (!in)
		return NULL;
	list->first = in->next;
	if (!list->first)
		list->last = &list->first;
	list->count--;
	return in;
}

struct input *input_new(enum input_kind kind, struct exchange *x)
{
	struct input *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->kind = kind;
	in->x = x;
	buf_init(&in->messages, MESSAGES_MAX_BYTES);
	return in;
}

void input_free(struct input *in)
{
	if (!in)
		return;
	bytes_unref(in->cors);
	bytes_unref(in->initial);
	bytes_unref(in->body);
	buf_deinit(&in->messages);
	free(in->room);
	link_unref(in->link);
	free(in);
}

void input_answer(struct input *in, int status, const char *type, const char *body, size_t len)
{
	input_reset(in);
	in->body = bytes_new(body, len);
	in->status = in->body ? status : 500;
	in->type = type;
}

void input_reset(struct input *in)
{
	bytes_unref(in->body);
	in->body = NULL;
	in->status = 0;
}
