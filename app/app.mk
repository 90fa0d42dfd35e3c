# app/: the Lua host, what Lua may call, and the default application.
noinst_LIBRARIES += libapp.a
libapp_a_SOURCES = \
	app/ack.c app/ack.h \
	app/admission.c app/admission.h \
	app/arguments.c app/arguments.h \
	app/charge.c app/charge.h \
	app/asking.c app/asking.h \
	app/class.c app/class.h \
	app/dispatch.c app/dispatch.h \
	app/encode.c app/encode.h \
	app/guard.c app/guard.h \
	app/headers.c app/headers.h \
	app/host.c app/host.h \
	app/json.c app/json.h \
	app/jwt.c app/jwt.h \
	app/lazy.c app/lazy.h \
	app/limits.c app/limits.h \
	app/lint.c app/lint.h \
	app/lists.c app/lists.h \
	app/match.c app/match.h \
	app/module.c app/module.h \
	app/modules.c app/modules.h \
	app/namespaces.c app/namespaces.h \
	app/options.c app/options.h \
	app/options_web.c app/options_web.h \
	app/outgoing.c app/outgoing.h \
	app/register.c app/register.h \
	app/rooms.c app/rooms.h \
	app/sandbox.c app/sandbox.h \
	app/secret.c app/secret.h \
	app/server_side.c app/server_side.h \
	app/socket.c app/socket.h \
	app/source.c app/source.h \
	app/sockets.c app/sockets.h \
	app/state.h \
	app/store.c app/store.h \
	app/strings.c app/strings.h \
	app/target.c app/target.h \
	app/timers.c app/timers.h \
	app/values.c app/values.h

dist_pkgdata_DATA += app/chat.lua
