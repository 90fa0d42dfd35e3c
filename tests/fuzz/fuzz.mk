# tests/fuzz/: one target a codec. In ./check each runs 20,000 mutations by the driver; `make fuzz` goes on for longer.
FUZZ_LIST = tests/fuzz/test_fuzz_base64 tests/fuzz/test_fuzz_eio tests/fuzz/test_fuzz_header tests/fuzz/test_fuzz_json \
	tests/fuzz/test_fuzz_query tests/fuzz/test_fuzz_sio tests/fuzz/test_fuzz_utf8 tests/fuzz/test_fuzz_websocket
FUZZ_DRIVER = tests/fuzz/driver.c tests/fuzz/fuzz.h tests/unit/guard.h
check_PROGRAMS += $(FUZZ_LIST)
tests_fuzz_test_fuzz_base64_SOURCES = tests/fuzz/fuzz_base64.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_base64_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_eio_SOURCES = tests/fuzz/fuzz_eio.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_eio_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_header_SOURCES = tests/fuzz/fuzz_header.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_header_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_json_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_query_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_sio_SOURCES = tests/fuzz/fuzz_sio.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_sio_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_utf8_SOURCES = tests/fuzz/fuzz_utf8.c $(FUZZ_DRIVER)
tests_fuzz_test_fuzz_utf8_LDADD = $(PROTO_LIBS)
tests_fuzz_test_fuzz_websocket_SOURCES = tests/fuzz/fuzz_websocket.c $(FUZZ_DRIVER) \
	tests/unit/websocket_transcript.c tests/unit/websocket_transcript.h
tests_fuzz_test_fuzz_websocket_LDADD = $(PROTO_LIBS)
EXTRA_DIST += tests/fuzz/fuzz.sh

FUZZ_SECONDS = 60
fuzz: $(FUZZ_LIST)
	@$(SHELL) $(srcdir)/tests/fuzz/fuzz.sh $(abs_srcdir) $(abs_builddir) $(FUZZ_SECONDS)
.PHONY: fuzz
