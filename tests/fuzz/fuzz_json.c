/* The JSON scanner: what it accepts can be walked, decoded, encoded again; what it refuses leads nowhere bad. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "proto/json.h"
#include "proto/utf8.h"

const char *const fuzz_name = "fuzz_json";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("null"), SEED("[true,false,null]"), SEED("-12.5e+3"), SEED("\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\""),
	SEED("{\"a\":{\"b\":[{},[],\"\"]},\"a\":1}"), SEED(" [ 1 , { \"k\" : \"v\" } ]\n"),
	SEED("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa8\"]"), SEED("[[[[[[[[{\"a\":[[[[[[{}]]]]]]}]]]]]]]]"),
	SEED("[\"x\",{\"_placeholder\":true,\"num\":0},{\"a\":[{\"num\":1,\"_placeholder\":true}]}]"),
	SEED("[{\"_placeholder\":true,\"num\":0,\"a\":{\"\\u005fplaceholder\":true,\"n\\u0075m\":1}}]"),
	SEED("[0,-0,1,9223372036854775807,-9223372036854775808,9223372036854775808,1.0]"),
	{ NULL, 0 },
};

static void must_lie_in(struct json_slice inner, struct json_slice outer)
{
	MUST(inner.at >= outer.at && inner.len <= outer.len);
	MUST(inner.at + inner.len <= outer.at + outer.len);
}

/* A string decodes to UTF-8 in the room it says, and comes back from its own encoding. */
static void try_string(struct json_slice s)
{
	size_t n = json_string_decode(s, NULL, 0), m;
	char *text = malloc(n + 1), *json, *again = malloc(n + 1);

	MUST(n <= s.len && json_string_decode(s, text, n) == n && utf8_valid(text, n));
	m = json_string_encode(text, n, NULL, 0);
	json = malloc(m);
	MUST(json_string_encode(text, n, json, m) == m && json_check(json, m, 0) == 0);
	MUST(json_string_decode((struct json_slice){ json, m }, again, n) == n && memcmp(text, again, n) == 0);
	free(text);
	free(json);
	free(again);
}

static void try_value(struct json_slice v)
{
	struct json_slice key, each;
	size_t cursor = 0;
	int64_t number;

	MUST(json_check(v.at, v.len, JSON_MAX_DEPTH) == 0);
	switch (json_kind(v)) {
	case JSON_STRING:
		try_string(v);
		break;
	case JSON_NUMBER:
		json_to_integer(v, &number);
		break;
	case JSON_ARRAY:
		while (json_array_next(v, &cursor, &each)) {
			must_lie_in(each, v);
			try_value(each);
		}
		break;
	case JSON_OBJECT:
		while (json_object_next(v, &cursor, &key, &each)) {
			must_lie_in(key, v);
			must_lie_in(each, v);
			try_string(key);
			try_value(each);
		}
		break;
	default:
		break;
	}
}

/* Every placeholder found is a whole object that says so; good ones are in range. */
static void try_placeholders(struct json_slice v, bool valid)
{
	struct json_slice object, mark;
	size_t cursor = 0, before = 0;
	int64_t num, max = -1;
	bool ok = json_placeholders_ok(v, 10);

	while (json_placeholder_next(v, &cursor, &object, &num)) {
		MUST(cursor > before);
		before = cursor;
		must_lie_in(object, v);
		if (!valid)
			continue;
		MUST(json_check(object.at, object.len, JSON_MAX_DEPTH) == 0);
		MUST(json_object_find(object, "_placeholder", &mark) && json_kind(mark) == JSON_TRUE);
		MUST(!ok || (num >= 0 && num < 10));
		max = num > max ? num : max;
	}
	if (valid && ok)
		MUST(json_placeholders_ok(v, (int)max + 1) && (max < 0 || !json_placeholders_ok(v, (int)max)));
}

/* The walkers over text that nobody checked: bounds and an end. */
static void try_unchecked(struct json_slice v)
{
	struct json_slice key, each;
	size_t cursor = 0;
	char out[64];

	while (json_array_next(v, &cursor, &each))
		must_lie_in(each, v);
	for (cursor = 0; json_object_next(v, &cursor, &key, &each);) {
		must_lie_in(key, v);
		must_lie_in(each, v);
	}
	json_string_decode(v, out, sizeof(out));
	json_string_is(v, "connect");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct json_slice v = { (const char *)data, len };
	int full = json_check(v.at, len, JSON_MAX_DEPTH), shallow = json_check(v.at, len, 3);
	char *encoded;
	size_t n;

	MUST(full <= 0 && full >= JSON_TOO_DEEP);
	MUST(full != 0 || shallow == 0 || shallow == JSON_TOO_DEEP);
	if (full == 0)
		try_value(v);
	try_placeholders(v, full == 0);
	try_unchecked(v);
	n = json_string_encode(v.at, len, NULL, 0);
	encoded = malloc(n);
	MUST(json_string_encode(v.at, len, encoded, n) == n && json_check(encoded, n, 0) == 0);
	free(encoded);
	return 0;
}
