# front/: what every front needs to start: options, listening socket, the process, Lua applications.
noinst_LIBRARIES += libfront.a
libfront_a_SOURCES = \
	front/app.h \
	front/application.c front/application.h \
	front/life.c front/life.h \
	front/listen.c front/listen.h \
	front/lua.c front/lua.h \
	front/options.c front/options.h \
	front/process.c front/process.h
