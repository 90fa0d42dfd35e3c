/*
 * Placeholders of binary attachments: {"_placeholder":true,"num":0} anywhere in
 * a payload. Pure, any thread.
 *
 * Looking into every object for its members again would cost depth times
 * length. So this is one pass over tokens that follows only which object is innermost: a
 * key belongs to that one. A placeholder therefore holds no other object; the stock
 * encoder makes none that does.
 */
#include "config.h"
#include "proto/json.h"

#include <string.h>

#include "proto/json_scan.h"

struct walk {
	const char *at, *end;
	uint64_t marked;      /* one bit an open object, the innermost lowest: its _placeholder is true */
	const char *leaf;     /* where the innermost object began; NULL when it held another or was not seen */
	int64_t num;          /* of the leaf */
};

enum found { FOUND_NONE, FOUND_LEAF, FOUND_HOLDER };

static void take_num(struct walk *w, const char *at)
{
	const char *end = at;

	while (end < w->end && (*end == '-' || json_is_digit(*end)))
		end++;
	if (end < w->end && (*end == '.' || *end == 'e' || *end == 'E'))
		w->num = -1;
	else if (!json_to_integer((struct json_slice){ at, (size_t)(end - at) }, &w->num))
		w->num = -1;
}

/* A string: when it is a key of interest, notes the value that follows. */
static void take_string(struct walk *w)
{
	struct json_slice string = { w->at, 0 };
	const char *value;

	w->at = json_skip_string(w->at, w->end);
	string.len = (size_t)(w->at - string.at);
	value = json_skip_space(w->at, w->end);
	if (value == w->end || *value != ':')
		return;
	value = json_skip_space(value + 1, w->end);
	if (json_string_is(string, "num"))
		take_num(w, value);
	else if (json_string_is(string, "_placeholder"))
		w->marked = (w->marked & ~UINT64_C(1)) | (value < w->end && *value == 't');
}

/* An object ends: a placeholder or not. */
static enum found close_object(struct walk *w)
{
	bool marked = w->marked & 1, leaf = w->leaf != NULL;

	w->marked >>= 1;
	if (!marked)
		w->leaf = NULL;
	if (marked)
		return leaf ? FOUND_LEAF : FOUND_HOLDER;
	return FOUND_NONE;
}

/* Goes on to the end of the next object that is marked; w->leaf is a leaf's begin. */
static enum found next_marked(struct walk *w)
{
	enum found found;

	while (w->at < w->end) {
		if (*w->at == '"') {
			take_string(w);
			continue;
		}
		w->at++;
		if (w->at[-1] == '{') {
			w->leaf = w->at - 1;
			w->num = -1;
			w->marked <<= 1;
		} else if (w->at[-1] == '}') {
			found = close_object(w);
			if (found != FOUND_NONE)
				return found;
		}
	}
	return FOUND_NONE;
}

bool json_placeholder_next(struct json_slice value, size_t *cursor, struct json_slice *object, int64_t *num)
{
	struct walk w = { .at = value.at + *cursor, .end = value.at + value.len };
	enum found found;

	while ((found = next_marked(&w)) == FOUND_HOLDER)
		;
	*cursor = (size_t)(w.at - value.at);
	if (found == FOUND_NONE)
		return false;
	*object = (struct json_slice){ w.leaf, (size_t)(w.at - w.leaf) };
	*num = w.num;
	return true;
}

bool json_placeholders_ok(struct json_slice value, int count)
{
	struct walk w = { .at = value.at, .end = value.at + value.len };
	enum found found;

	while ((found = next_marked(&w)) != FOUND_NONE) {
		if (found == FOUND_HOLDER || w.num < 0 || w.num >= count)
			return false;
		w.leaf = NULL;
	}
	return true;
}
