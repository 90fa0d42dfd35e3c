/*
 * The upgrade from polling to a WebSocket, which may be in another process. Inside the tick's transaction: every step is a
 * change of the client's row, so whoever comes first has it.
 */
#ifndef POLLUX_UPGRADE_H
#define POLLUX_UPGRADE_H

#include "core/link.h"
#include "core/state.h"

/* Claims the right to upgrade this session for one WebSocket of this process. False: somebody has it, or had it. */
bool upgrade_claim(struct server *s, struct client_row *row);
/* The probe has come: polls of the session are answered soon from now on, wherever they wait. */
int upgrade_probe(struct server *s, struct client_row *row) WARN_UNUSED;
/* The switch: the session's transport is this link, which gets every row that no poll has had. row changes. */
int upgrade_switch(struct server *s, struct link *l, struct client_row *row) WARN_UNUSED;
/* The WebSocket has gone before the switch: polling lives on. */
int upgrade_abandon(struct server *s, struct client_row *row) WARN_UNUSED;
/* Whether that session's polls are to be held only for a moment. */
bool upgrade_under_way(const struct server *s, const struct client_row *row);
/* A poll has come. *at_once: it is the first since the probe, and the client, which may have sent it before it heard of the probe's answer,
 * can't switch until it is answered. Later ones are held for a moment, or a client whose WebSocket is slow would ask without pause. */
int upgrade_meet_poll(struct server *s, struct client_row *row, bool *at_once) WARN_UNUSED;

#endif
