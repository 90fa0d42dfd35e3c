# tests/integration/: real web servers, the stock client. ./check runs *.test.mjs with node --test; POLLUX_SERVER chooses what
# they talk to (lib/servers.mjs). The official protocol suites and the stock client's own suite are not part
# of the tree: make official SUITES=socketio/docs TIMES=10, make client-suite SUITES=socketio/packages.
EXTRA_DIST += tests/integration tests/apps/asks.lua tests/apps/client-suite.lua tests/apps/life.lua tests/apps/log.lua tests/apps/plain.lua tests/apps/rooms.lua tests/apps/sockets.lua tests/apps/suite.lua tests/apps/volatile.lua
EXTRA_DIST += tests/apps/doors.lua
EXTRA_DIST += tests/apps/misbehaving.lua
EXTRA_DIST += tests/apps/duties.lua tests/apps/waits.lua
EXTRA_DIST += tests/apps/recovery.lua

official: all
	POLLUX_BUILD=$(abs_builddir) POLLUX_SUITES=$(SUITES) node $(srcdir)/tests/integration/official-suites.mjs $(TIMES)
client-suite: all
	POLLUX_BUILD=$(abs_builddir) POLLUX_SUITES=$(SUITES) node $(srcdir)/tests/integration/client-suite.mjs $(TIMES)
.PHONY: official client-suite

# Exactly once through 500 cuts of a connection and restarts of everything: some three minutes with each server.
soak: test-programs
	for server in lighttpd standalone; do \
		POLLUX_BUILD=$(abs_builddir) POLLUX_CLIENT=$(abs_builddir)/client POLLUX_SERVER=$$server CUTS=500 \
			node --test $(srcdir)/tests/integration/exactly-once.test.mjs || exit 1; \
	done
.PHONY: soak
