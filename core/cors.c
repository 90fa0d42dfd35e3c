/* Credentials never go with the wildcard: browsers would refuse the pair. */
#include "config.h"
#include "core/cors.h"

#include <string.h>

#include "proto/header.h"

/* The value of Access-Control-Allow-Origin; NULL: none. */
static const char *allowed_origin(const struct cors *cors, const char *origin)
{
	switch (cors->mode) {
	case CORS_OFF:
		return NULL;
	case CORS_ANY:
		return "*";
	case CORS_REFLECT:
		return origin;
	case CORS_LIST:
		break;
	}
	for (size_t i = 0; origin && i < cors->origins_count; i++)
		if (strcmp(cors->origins[i], origin) == 0)
			return origin;
	return NULL;
}

void cors_add_headers(const struct cors *cors, const struct exchange *x, struct buf *out)
{
	const char *origin = exchange_header(x, "origin");
	const char *allowed = allowed_origin(cors, origin && header_value_ok(origin, strlen(origin)) ? origin : NULL);

	if (allowed)
		buf_addf(out, "Access-Control-Allow-Origin: %s\r\n", allowed);
	if (cors->mode >= CORS_REFLECT)
		buf_add_str(out, "Vary: Origin\r\n");
	if (allowed && cors->credentials && cors->mode != CORS_ANY)
		buf_add_str(out, "Access-Control-Allow-Credentials: true\r\n");
	if (cors->mode != CORS_OFF && cors->exposed_headers)
		buf_addf(out, "Access-Control-Expose-Headers: %s\r\n", cors->exposed_headers);
}

void cors_add_preflight(const struct cors *cors, const struct exchange *x, struct buf *out)
{
	const char *asked = exchange_header(x, "access-control-request-headers");

	buf_addf(out, "Access-Control-Allow-Methods: %s\r\n", cors->methods ? cors->methods : "GET,HEAD,PUT,PATCH,POST,DELETE");
	if (cors->allowed_headers)
		buf_addf(out, "Access-Control-Allow-Headers: %s\r\n", cors->allowed_headers);
	else if (asked && header_value_ok(asked, strlen(asked)))
		buf_addf(out, "Vary: Access-Control-Request-Headers\r\nAccess-Control-Allow-Headers: %s\r\n", asked);
	if (cors->max_age_s >= 0)
		buf_addf(out, "Access-Control-Max-Age: %lld\r\n", (long long)cors->max_age_s);
}
