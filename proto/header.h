/* HTTP header values (RFC 9110). Pure. */
#ifndef POLLUX_HEADER_H
#define POLLUX_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* Only HTAB, SP, visible ASCII and 0x80-0xff: what a header value may hold. */
bool header_value_ok(const char *value, size_t len);
/* True when the comma-separated list names the token (case-insensitive, parameters ignored, q=0 is not naming it). */
bool header_list_has(const char *list, const char *token);
/* True when an If-None-Match value matches the etag (with its quotes; weak comparison; * matches). */
bool header_etag_matches(const char *if_none_match, const char *etag);
/* True when a Content-Type names that media type (parameters and case ignored). */
bool header_media_type_is(const char *content_type, const char *type);

#endif
