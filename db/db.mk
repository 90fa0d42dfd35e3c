# db/: the store; SQLite is seen here alone.
noinst_LIBRARIES += libdb.a
libdb_a_SOURCES = \
	db/asks.c db/asks.h \
	db/audience.c db/audience.h \
	db/bell.c db/bell.h \
	db/checkpoint.c db/checkpoint.h \
	db/clients.c db/clients.h \
	db/connection.c db/connection.h \
	db/kv.c db/kv.h \
	db/log.c db/log.h \
	db/members.c \
	db/meta.c \
	db/namespaces.c db/namespaces.h \
	db/network_fs.c db/network_fs.h \
	db/parting.c db/parting.h \
	db/processes.c db/processes.h \
	db/retention.c db/retention.h \
	db/retention_parts.c db/retention_parts.h \
	db/side_file.c db/side_file.h \
	db/sockets.c db/sockets.h \
	db/statement.c db/statement.h \
	db/store.c db/store.h db/store_internal.h \
	db/store_open.c \
	db/timers.c db/timers.h \
	db/writer_lock.c db/writer_lock.h
nodist_libdb_a_SOURCES = db/schema_sql.h

# schema.sql, comments and all, as one C string: whoever looks into a database finds them there.
db/schema_sql.h: db/schema.sql
	@$(MKDIR_P) db
	$(AM_V_GEN){ echo '/* Made from schema.sql. */'; echo 'static const char schema_sql[] ='; \
		$(SED) -e 's/[\\"]/\\&/g' -e 's/^/	"/' -e 's/$$/\\n"/' $(srcdir)/db/schema.sql; echo '	;'; } > $@.new && mv $@.new $@
db/store_open.$(OBJEXT): db/schema_sql.h
BUILT_SOURCES += db/schema_sql.h
CLEANFILES += db/schema_sql.h
EXTRA_DIST += db/schema.sql
