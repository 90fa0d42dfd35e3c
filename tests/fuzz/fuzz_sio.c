/* Socket.IO packets: what is taken has the shape it promises, and written again is the same packet. */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "proto/sio.h"

const char *const fuzz_name = "fuzz_sio";
const struct fuzz_seed fuzz_seeds[] = {
	SEED("0"), SEED("0{\"token\":\"x\"}"), SEED("0/admin,"), SEED("0/custom?a=b"), SEED("1/admin,"), SEED("2[\"hello\",1]"),
	SEED("2/admin,456[\"x\",{\"a\":[null]}]"), SEED("2[1]"), SEED("2[\"disconnect\"]"), SEED("3/admin,456[]"),
	SEED("4{\"message\":\"no\"}"), SEED("50-[\"x\"]"), SEED("51-[\"x\",{\"_placeholder\":true,\"num\":0}]"),
	SEED("52-/a,7[\"x\",[{\"_placeholder\":true,\"num\":1}],{\"k\":{\"num\":0,\"_placeholder\":true}}]"),
	SEED("610-/admin,456[{\"_placeholder\":true,\"num\":9}]"), SEED("29007199254740992[\"x\"]"),
	{ NULL, 0 },
};

static void must_be_promised(const struct sio_packet *p)
{
	struct json_slice name;

	MUST(p->attachments >= 0 && p->attachments <= SIO_MAX_ATTACHMENTS);
	MUST(p->nsp_len > 0 && p->nsp[0] == '/' && !memchr(p->nsp, ',', p->nsp_len));
	MUST(p->id >= -1 && p->id <= INT64_C(1) << 53);
	if (p->payload.len)
		MUST(json_check(p->payload.at, p->payload.len, JSON_MAX_DEPTH) == 0);
	if (p->type == SIO_ACK || p->type == SIO_BINARY_ACK)
		MUST(p->id >= 0 && json_kind(p->payload) == JSON_ARRAY);
	if (p->type == SIO_EVENT || p->type == SIO_BINARY_EVENT) {
		name = sio_event_name(p->payload);
		MUST(json_kind(name) == JSON_NUMBER || (json_kind(name) == JSON_STRING && !json_string_is(name, "connect")));
	}
	if (p->attachments)
		MUST(json_placeholders_ok(p->payload, p->attachments));
}

static void must_round_trip(const struct sio_packet *p)
{
	size_t head = sio_write_head(NULL, 0, p->type, p->attachments, p->nsp, p->nsp_len, p->id);
	char *text = malloc(head + p->payload.len);
	struct sio_packet q;

	MUST(head <= SIO_HEAD_MAX + p->nsp_len);
	MUST(sio_write_head(text, head, p->type, p->attachments, p->nsp, p->nsp_len, p->id) == head);
	if (p->payload.len)
		memcpy(text + head, p->payload.at, p->payload.len);
	MUST(sio_parse(text, head + p->payload.len, &q) == SIO_OK);
	MUST(q.type == p->type && q.attachments == p->attachments && q.id == p->id);
	MUST(q.nsp_len == p->nsp_len && memcmp(q.nsp, p->nsp, q.nsp_len) == 0);
	MUST(q.payload.len == p->payload.len && memcmp(q.payload.at, p->payload.at, q.payload.len) == 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sio_packet p;
	enum sio_verdict v = sio_parse((const char *)data, len, &p);

	MUST(sio_verdict_text(v)[0]);
	if (v == SIO_OK) {
		must_be_promised(&p);
		must_round_trip(&p);
	}
	return 0;
}
