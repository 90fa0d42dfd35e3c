/* Values of HTTP headers: what may stand in one, lists of tokens, entity tags, media types. Pure, any thread. */
#include "config.h"
#include "proto/header.h"

#include <string.h>
#include <strings.h>

bool header_value_ok(const char *value, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t");
}

/* Where this member of a list ends: a comma outside quotes, or the end. */
static const char *member_end(const char *at)
{
	bool quoted = false;

	for (; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at[1])
			at++;
		else if (*at == ',' && !quoted)
			break;
	}
	return at;
}

/* True when a weight's text is zero: 0, 0.0, 0.000. */
static bool is_zero(const char *at)
{
	if (*at != '0')
		return false;
	at++;
	if (*at == '.')
		at += 1 + strspn(at + 1, "0");
	return !(*at >= '0' && *at <= '9');
}

/* True when the parameters from at to end hold q=0. */
static bool weight_is_zero(const char *at, const char *end)
{
	while ((at = memchr(at, ';', (size_t)(end - at))) != NULL) {
		at = skip_space(at + 1);
		if (at >= end)
			return false;
		if ((*at == 'q' || *at == 'Q') && *skip_space(at + 1) == '=')
			return is_zero(skip_space(skip_space(at + 1) + 1));
	}
	return false;
}

/* True when what starts at at is that name, with a delimiter behind it. */
static bool name_is(const char *at, const char *name)
{
	size_t len = strlen(name);

	return len > 0 && strncasecmp(at, name, len) == 0 && strchr(" \t;,", at[len]) != NULL;
}

bool header_list_has(const char *list, const char *token)
{
	const char *at = list, *end;

	while (at && *at) {
		at = skip_space(at);
		end = member_end(at);
		if (name_is(at, token) && !weight_is_zero(at, end))
			return true;
		at = *end ? end + 1 : end;
	}
	return false;
}

static const char *skip_weak(const char *etag)
{
	return etag[0] == 'W' && etag[1] == '/' ? etag + 2 : etag;
}

bool header_etag_matches(const char *if_none_match, const char *etag)
{
	const char *at = if_none_match, *end;
	size_t len;

	if (!at || !etag)
		return false;
	if (strcmp(skip_space(at), "*") == 0)
		return true;
	etag = skip_weak(etag);
	len = strlen(etag);
	while (*at) {
		at = skip_weak(skip_space(at));
		/* an entity tag knows no escapes: it ends at the next quote */
		end = *at == '"' ? strchr(at + 1, '"') : NULL;
		if (end && (size_t)(end + 1 - at) == len && memcmp(at, etag, len) == 0)
			return true;
		at = end ? end + 1 : at;
		at += strcspn(at, ",");
		at += *at == ',';
	}
	return false;
}

bool header_media_type_is(const char *content_type, const char *type)
{
	return content_type && name_is(skip_space(content_type), type) &&
	       skip_space(content_type)[strlen(type)] != ',';
}
