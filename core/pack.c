/* Packing attachments. */
#include "config.h"
#include "core/pack.h"

#include "proto/attachments.h"
#include "proto/sio.h"

int pack_attachments(struct buf *out, const struct text *attachments, int count)
{
	unsigned char head[ATTACHMENT_HEAD];

	if (count > SIO_MAX_ATTACHMENTS)
		return POLLUX_TOO_BIG;
	for (int i = 0; i < count; i++) {
		attachment_head((uint32_t)attachments[i].len, head);
		buf_add(out, head, sizeof(head));
		buf_add(out, attachments[i].at, attachments[i].len);
	}
	return out->error;
}
