# proto/: pure codecs. Needs base/err.h at most; websocket_key.c also $(CRYPTO_LIBS), for programs that answer handshakes.
noinst_LIBRARIES += libproto.a
libproto_a_SOURCES = \
	proto/attachments.h \
	proto/base64.c proto/base64.h \
	proto/eio.c proto/eio.h \
	proto/header.c proto/header.h \
	proto/json.c proto/json.h proto/json_scan.h \
	proto/json_placeholder.c \
	proto/json_string.c \
	proto/network.c proto/network.h \
	proto/query.c proto/query.h \
	proto/sio.c proto/sio.h \
	proto/span.h \
	proto/utf8.c proto/utf8.h \
	proto/websocket.h \
	proto/websocket_key.c \
	proto/websocket_read.c \
	proto/websocket_write.c
