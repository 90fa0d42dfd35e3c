# core/: the tick, clients, sockets, rooms, deadlines, transports.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	core/admission.c core/admission.h \
	core/asks.c core/asks.h \
	core/asks_end.c \
	core/bundle.c core/bundle.h \
	core/catch_up.c core/catch_up.h \
	core/channel.h \
	core/client.c core/client.h \
	core/compress.c core/compress.h \
	core/connect.c core/connect.h \
	core/cors.c core/cors.h \
	core/duties.c core/duties.h \
	core/event.c core/event.h \
	core/event_read.c \
	core/event_namespace.c \
	core/event_set.c \
	core/event_run.c core/event_run.h \
	core/event_store.c \
	core/exchange.h \
	core/frames.c core/frames.h \
	core/handler.h \
	core/handshake.c core/handshake.h \
	core/housekeeping.c core/housekeeping.h \
	core/http.c core/http.h \
	core/input.c core/input.h \
	core/journal.c core/journal.h \
	core/limits.h \
	core/link.c core/link.h \
	core/link_run.c core/link_run.h \
	core/link_wait.c \
	core/pack.c core/pack.h \
	core/packet.c core/packet.h \
	core/plain.c core/plain.h \
	core/poll.c core/poll.h \
	core/post.c core/post.h \
	core/recent.c core/recent.h \
	core/recovery.c core/recovery.h \
	core/route.c core/route.h \
	core/row.c core/row.h \
	core/server.c core/server.h \
	core/server_side.c core/server_side.h \
	core/session.c core/session.h \
	core/settings.c core/settings.h \
	core/settings_replace.c \
	core/state.h \
	core/throttle.c core/throttle.h \
	core/tick.c core/tick.h \
	core/timers.c core/timers.h \
	core/upgrade.c core/upgrade.h \
	core/waiting.c core/waiting.h \
	core/watchdog.c core/watchdog.h
