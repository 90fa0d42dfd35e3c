# tests/bench/: measurements. `make bench` measures (POLLUX_NODE_MODULES names where npm's socket.io lies); smoke.mjs is the
# short form ./check runs: every benchmark at tiny size, results checked, nothing timed.
check_PROGRAMS += tests/bench/pollgen tests/bench/wsgen tests/bench/append tests/bench/relay.fcgi tests/bench/relay.ws
# What both load generators are made of.
bench_run = \
	tests/bench/address.c tests/bench/address.h \
	tests/bench/event.c tests/bench/event.h \
	tests/bench/histogram.c tests/bench/histogram.h \
	tests/bench/options.c tests/bench/options.h \
	tests/bench/procs.c tests/bench/procs.h \
	tests/bench/report.c tests/bench/report.h \
	tests/bench/run.c tests/bench/run.h
tests_bench_pollgen_SOURCES = $(bench_run) \
	tests/bench/net.c tests/bench/net.h \
	tests/bench/poller.c tests/bench/poller.h \
	tests/bench/pollgen.c \
	tests/bench/wire.c tests/bench/wire.h
tests_bench_wsgen_SOURCES = $(bench_run) \
	tests/bench/wsclient.c tests/bench/wsclient.h \
	tests/bench/wsframe.c tests/bench/wsframe.h \
	tests/bench/wsgen.c
tests_bench_wsgen_LDADD = libbase.a
tests_bench_append_SOURCES = tests/bench/append.c
tests_bench_append_LDADD = $(DB_LIBS)
tests_bench_relay_fcgi_SOURCES = tests/bench/relay.c tests/bench/relay.h tests/bench/relay_fcgi.c
tests_bench_relay_fcgi_LDADD = libfcgifront.a libfront.a $(CORE_LIBS) $(FCGI_LIBS)
tests_bench_relay_ws_SOURCES = tests/bench/relay.c tests/bench/relay.h tests/bench/relay_ws.c
tests_bench_relay_ws_LDADD = libws.a libfront.a $(CORE_LIBS) $(MHD_LIBS)
EXTRA_DIST += tests/bench/bench.mjs tests/bench/reference.mjs tests/bench/relay.lua tests/bench/runs.mjs tests/bench/servers.mjs \
	tests/bench/handlers.mjs tests/bench/reference-say.mjs tests/bench/trouble.lua tests/bench/trouble.mjs \
	tests/bench/smoke.mjs tests/bench/sqlite.mjs tests/bench/sqlite/package.json tests/bench/sqlite/package-lock.json \
	tests/bench/wsruns.mjs tests/bench/wsservers.mjs tests/bench/wstable.mjs

bench: all
	$(MAKE) $(AM_MAKEFLAGS) tests/bench/pollgen tests/bench/wsgen tests/bench/append tests/bench/relay.fcgi tests/bench/relay.ws
	POLLUX_BUILD='$(abs_builddir)' node $(srcdir)/tests/bench/bench.mjs
.PHONY: bench
