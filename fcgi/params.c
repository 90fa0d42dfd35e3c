/*
 * CGI variables. REQUEST_URI names what the client asked for and every web server of ours sends it; SCRIPT_NAME and PATH_INFO are
 * the fall-back, since a rewrite changes them. Nothing is decoded here.
 */
#include "config.h"
#include "fcgi/params.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VARS_MAX_BYTES (1024 * 1024)
/* A browser's request fits into this without growing. */
#define VARS_USUAL_BYTES 2048

static const char *var(char *const *vars, const char *name)
{
	size_t len = strlen(name);

	for (; *vars; vars++)
		if (**vars == *name && strncmp(*vars, name, len) == 0 && (*vars)[len] == '=')
			return *vars + len + 1;
	return "";
}

/* HTTP_X_FORWARDED_FOR -> x-forwarded-for. The two that CGI spells without HTTP_ would come twice from some servers. */
static const char *header_name(const char *name, size_t *len)
{
	if (*name != 'H' && *name != 'C')
		return NULL;
	if (strncmp(name, "CONTENT_TYPE=", 13) == 0 || strncmp(name, "CONTENT_LENGTH=", 15) == 0)
		return name[*len + 1] ? name : NULL;
	if (strncmp(name, "HTTP_", 5) != 0 || *len == 5 || strncmp(name, "HTTP_CONTENT_TYPE=", 18) == 0 ||
		strncmp(name, "HTTP_CONTENT_LENGTH=", 20) == 0)
		return NULL;
	*len -= 5;
	return name + 5;
}

/* Written in one go: this is most of what an intake thread does for a request. */
static void add_header(struct buf *b, const char *entry)
{
	const char *equals = strchr(entry, '='), *name;
	size_t len, value_len;
	char *to;

	if (!equals)
		return;
	len = (size_t)(equals - entry);
	name = header_name(entry, &len);
	if (!name)
		return;
	value_len = strlen(equals + 1) + 1;
	to = buf_reserve(b, len + 1 + value_len);
	if (!to)
		return;
	for (size_t i = 0; i < len; i++)
		to[i] = name[i] == '_' ? '-' : name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
	to[len] = '\0';
	memcpy(to + len + 1, equals + 1, value_len);
	buf_commit(b, len + 1 + value_len);
}

static size_t add_text(struct buf *b, const char *text, size_t len)
{
	size_t at = b->len;

	buf_add(b, text, len);
	buf_add_char(b, '\0');
	return at;
}

/* "http://host/socket.io/?x" -> "/socket.io/?x": proxies may ask in absolute form (RFC 9112, 3.2.2). */
static const char *skip_authority(const char *uri)
{
	const char *colons = strstr(uri, "://"), *rest;

	if (*uri == '/' || !colons || memchr(uri, '?', (size_t)(colons - uri)))
		return uri;
	rest = strpbrk(colons + 3, "/?");
	return rest ? rest : "/";
}

static void add_target(struct params *p, char *const *vars)
{
	const char *uri = skip_authority(var(vars, "REQUEST_URI")), *query = var(vars, "QUERY_STRING");
	size_t len = strcspn(uri, "?");

	if (*uri == '\0') {
		p->path = p->block.len;
		buf_add_str(&p->block, var(vars, "SCRIPT_NAME"));
		buf_add_str(&p->block, var(vars, "PATH_INFO"));
		buf_add_char(&p->block, '\0');
	} else {
		p->path = add_text(&p->block, len ? uri : "/", len ? len : 1);
	}
	if (*query == '\0' && uri[len] == '?')
		query = uri + len + 1;
	p->query = add_text(&p->block, query, strlen(query));
	p->path_info = add_text(&p->block, var(vars, "PATH_INFO"), strlen(var(vars, "PATH_INFO")));
}

static bool is_secure(char *const *vars)
{
	const char *https = var(vars, "HTTPS");

	return (*https && strcasecmp(https, "off") != 0) || strcasecmp(var(vars, "REQUEST_SCHEME"), "https") == 0;
}

static long long content_length(char *const *vars)
{
	const char *text = var(vars, "CONTENT_LENGTH");
	char *end;
	long long n;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' ? n : -1;
}

int params_init(struct params *p, char *const *vars, size_t max_body)
{
	const char *method = var(vars, "REQUEST_METHOD"), *peer = var(vars, "REMOTE_ADDR");

	memset(p, 0, sizeof(*p));
	buf_init(&p->block, VARS_MAX_BYTES + max_body);
	buf_reserve(&p->block, VARS_USUAL_BYTES);
	for (char *const *v = vars; *v; v++)
		add_header(&p->block, *v);
	buf_add_char(&p->block, '\0');
	p->method = add_text(&p->block, method, strlen(method));
	add_target(p, vars);
	p->peer = add_text(&p->block, peer, strlen(peer));
	p->body = p->block.len;
	p->secure = is_secure(vars);
	p->content_length = content_length(vars);
	if (p->block.error == 0 && p->body > VARS_MAX_BYTES)
		return POLLUX_TOO_BIG;
	return p->block.error;
}

char *params_finish(struct params *p, struct exchange *x)
{
	size_t body_len = p->block.len - p->body;
	char *text = buf_steal(&p->block);

	if (!text)
		return NULL;
	x->method = text + p->method;
	x->path = text + p->path;
	x->path_info = text + p->path_info;
	x->query = text + p->query;
	x->peer = text + p->peer;
	x->secure = p->secure;
	x->body = text + p->body;
	x->body_len = body_len;
	return text;
}

void params_deinit(struct params *p)
{
	buf_deinit(&p->block);
}

bool params_header_at(const char *text, size_t index, const char **name, const char **value)
{
	for (; text && *text; index--) {
		*name = text;
		*value = text + strlen(text) + 1;
		if (index == 0)
			return true;
		text = *value + strlen(*value) + 1;
	}
	return false;
}

const char *params_header(const char *text, const char *name)
{
	while (text && *text) {
		const char *value = text + strlen(text) + 1;

		if (strcmp(text, name) == 0)
			return value;
		text = value + strlen(value) + 1;
	}
	return NULL;
}
