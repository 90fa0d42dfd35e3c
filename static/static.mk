# static/: the chat page, served by the web server; and client/, the browser's client, which pollux.fcgi reads at its start.
EXTRA_DIST += static
install-data-local:
	@cd $(srcdir)/static && find . -type f ! -name static.mk | while read -r f; do \
		d="$(DESTDIR)$(pkgdatadir)/static/$${f%/*}"; \
		$(MKDIR_P) "$$d" && $(INSTALL_DATA) "$$f" "$$d" || exit 1; \
	done
uninstall-local:
	rm -rf "$(DESTDIR)$(pkgdatadir)/static"

clientdir = $(pkgdatadir)/client
client_DATA = \
	client/LICENSE \
	client/socket.io.js client/socket.io.js.map \
	client/socket.io.min.js client/socket.io.min.js.map \
	client/socket.io.esm.min.js client/socket.io.esm.min.js.map
EXTRA_DIST += $(client_DATA) package.json package-lock.json conf/npm.sh

if !CLIENT_SHIPPED
# One command makes them all, so a stamp stands for them. package-lock.json pins the version.
client_package = $(srcdir)/node_modules/socket.io-client
$(client_DATA): client/stamp
client/stamp: $(srcdir)/node_modules/.package-lock.json
	$(AM_V_GEN)$(MKDIR_P) client && \
	cp $(client_package)/LICENSE client && \
	for f in $(client_DATA); do \
		test $$f = client/LICENSE || cp $(client_package)/dist/$${f#client/} client || exit 1; \
	done && touch $@
$(srcdir)/node_modules/.package-lock.json: $(srcdir)/package-lock.json
	$(AM_V_GEN)$(SHELL) $(srcdir)/conf/npm.sh
CLEANFILES += $(client_DATA) client/stamp
endif
