/* See the header. */
#include "config.h"
#include "tests/unit/row_fixture.h"

#include "tests/unit/db_fixture.h"

struct row *row_of(enum log_kind kind, int64_t seq, const char *nsp, const char *room, const char *targets, const char *packet)
{
	struct log_row from = { .kind = kind, .seq = seq, .nsp = text(nsp), .room = text(room), .targets = text(targets),
				.packet = text(packet) };
	struct row *made = row_new(&from, true, NULL);

	assert_non_null(made);
	return made;
}
