# ws/: the sidecar: libmicrohttpd inside the loop, WebSocket connections, stand-alone HTTP.
noinst_LIBRARIES += libws.a
libws_a_SOURCES = \
	ws/client_address.c ws/client_address.h \
	ws/conn.c ws/conn.h \
	ws/files.c ws/files.h \
	ws/front.c ws/front.h \
	ws/handshake.c ws/handshake.h \
	ws/headers.c ws/headers.h \
	ws/httpd.c ws/httpd.h \
	ws/options.c ws/options.h \
	ws/origin.c ws/origin.h \
	ws/outbox.c ws/outbox.h \
	ws/request.c ws/request.h \
	ws/running.c ws/running.h \
	ws/serve.c ws/serve.h

bin_PROGRAMS += pollux-ws
pollux_ws_SOURCES = ws/main.c
pollux_ws_LDADD = $(WS_LIBS)
