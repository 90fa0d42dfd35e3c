# tests/unit/: one cmocka program a file, in check_PROGRAMS: tests/unit/test_<thing>; link with $(CMOCKA_LIBS).

# The front, against a core that only pretends (tests/unit/fake_core.c): no database.
FCGI_TEST_SOURCES = tests/unit/fcgi_client.c tests/unit/fcgi_client.h tests/unit/fake_core.c tests/unit/fake_core.h
FCGI_TEST_LIBS = libfcgifront.a libfront.a $(CORE_LIBS) $(FCGI_LIBS) $(CMOCKA_LIBS)
FRONT_TEST_SOURCES = tests/unit/front_fixture.c tests/unit/front_fixture.h $(FCGI_TEST_SOURCES)
check_PROGRAMS += tests/unit/test_fcgi_params tests/unit/test_fcgi_reply tests/unit/test_fcgi_front tests/unit/test_fcgi_connections \
	tests/unit/test_fcgi_start
tests_unit_test_fcgi_params_SOURCES = tests/unit/test_fcgi_params.c
tests_unit_test_fcgi_params_LDADD = libfcgifront.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_fcgi_reply_SOURCES = tests/unit/test_fcgi_reply.c
tests_unit_test_fcgi_reply_LDADD = libfcgifront.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_fcgi_front_SOURCES = tests/unit/test_fcgi_front.c $(FRONT_TEST_SOURCES)
tests_unit_test_fcgi_front_LDADD = $(FCGI_TEST_LIBS)
tests_unit_test_fcgi_connections_SOURCES = tests/unit/test_fcgi_connections.c $(FRONT_TEST_SOURCES)
tests_unit_test_fcgi_connections_LDADD = $(FCGI_TEST_LIBS)
tests_unit_test_fcgi_start_SOURCES = tests/unit/test_fcgi_start.c $(FCGI_TEST_SOURCES)
tests_unit_test_fcgi_start_LDADD = $(FCGI_TEST_LIBS)

# The sidecar: its parts, its connections on a socket pair, and whole against the same core.
check_PROGRAMS += tests/unit/test_ws_parts tests/unit/test_ws_conn_read tests/unit/test_ws_conn_send tests/unit/test_ws_http tests/unit/test_ws_start
WS_TEST_SOURCES = tests/unit/ws_client.c tests/unit/ws_client.h tests/unit/fake_core.c tests/unit/fake_core.h \
	tests/unit/websocket_client.c tests/unit/websocket_client.h
WS_TEST_LIBS = libws.a libfront.a $(CORE_LIBS) $(MHD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ws_parts_SOURCES = tests/unit/test_ws_parts.c
tests_unit_test_ws_parts_LDADD = libws.a libcore.a $(PROTO_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
WS_CONN_TEST_SOURCES = tests/unit/ws_conn_fixture.c tests/unit/ws_conn_fixture.h tests/unit/websocket_client.c tests/unit/websocket_client.h
tests_unit_test_ws_conn_read_SOURCES = tests/unit/test_ws_conn_read.c $(WS_CONN_TEST_SOURCES)
tests_unit_test_ws_conn_read_LDADD = libws.a $(PROTO_LIBS) $(EV_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ws_conn_send_SOURCES = tests/unit/test_ws_conn_send.c $(WS_CONN_TEST_SOURCES)
tests_unit_test_ws_conn_send_LDADD = libws.a $(PROTO_LIBS) $(EV_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ws_http_SOURCES = tests/unit/test_ws_http.c $(WS_TEST_SOURCES)
tests_unit_test_ws_http_LDADD = $(WS_TEST_LIBS)
tests_unit_test_ws_start_SOURCES = tests/unit/test_ws_start.c $(WS_TEST_SOURCES)
tests_unit_test_ws_start_LDADD = $(WS_TEST_LIBS)

# The codecs and what all stand on.
check_PROGRAMS += tests/unit/test_network
tests_unit_test_network_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_base tests/unit/test_buf tests/unit/test_say \
	tests/unit/test_base64 tests/unit/test_eio tests/unit/test_header tests/unit/test_json tests/unit/test_json_placeholder \
	tests/unit/test_json_string tests/unit/test_query tests/unit/test_sio tests/unit/test_utf8
EXTRA_DIST += tests/unit/check.h tests/unit/guard.h
tests_unit_test_base_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_buf_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_say_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base64_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_eio_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_header_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_json_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_json_placeholder_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_json_string_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_query_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_sio_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_utf8_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)

# WebSocket frames, and clients' bytes to read.
WEBSOCKET_TEST_SOURCES = tests/unit/websocket_client.c tests/unit/websocket_client.h \
	tests/unit/websocket_transcript.c tests/unit/websocket_transcript.h
check_PROGRAMS += tests/unit/test_websocket_read tests/unit/test_websocket_pieces tests/unit/test_websocket_write tests/unit/test_websocket_key
tests_unit_test_websocket_read_SOURCES = tests/unit/test_websocket_read.c $(WEBSOCKET_TEST_SOURCES)
tests_unit_test_websocket_read_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_websocket_pieces_SOURCES = tests/unit/test_websocket_pieces.c $(WEBSOCKET_TEST_SOURCES)
tests_unit_test_websocket_pieces_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_websocket_write_LDADD = $(PROTO_LIBS) $(CMOCKA_LIBS)
tests_unit_test_websocket_key_LDADD = $(PROTO_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
# What implementations make of a stream, for tests/integration/websocket-verdicts.test.mjs.
VERDICT_SOURCES = tests/unit/verdict.c tests/unit/verdict.h tests/unit/websocket_transcript.c tests/unit/websocket_transcript.h
check_PROGRAMS += tests/unit/verdict_pollux
tests_unit_verdict_pollux_SOURCES = tests/unit/verdict_pollux.c $(VERDICT_SOURCES)
tests_unit_verdict_pollux_LDADD = $(PROTO_LIBS)
if HAVE_WSLAY
check_PROGRAMS += tests/unit/verdict_wslay
endif
tests_unit_verdict_wslay_SOURCES = tests/unit/verdict_wslay.c $(VERDICT_SOURCES)
tests_unit_verdict_wslay_LDADD = $(PROTO_LIBS) -lwslay

# The store.
DB_TEST_SOURCES = tests/unit/db_fixture.c tests/unit/db_fixture.h
DB_TEST_LIBS = $(DB_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_db_store tests/unit/test_db_log tests/unit/test_db_rows tests/unit/test_db_lock \
	tests/unit/test_db_processes tests/unit/test_db_retention tests/unit/test_db_checkpoint
tests_unit_test_db_store_SOURCES = tests/unit/test_db_store.c $(DB_TEST_SOURCES)
tests_unit_test_db_store_LDADD = $(DB_TEST_LIBS)
tests_unit_test_db_log_SOURCES = tests/unit/test_db_log.c $(DB_TEST_SOURCES)
tests_unit_test_db_log_LDADD = $(DB_TEST_LIBS)
tests_unit_test_db_rows_SOURCES = tests/unit/test_db_rows.c $(DB_TEST_SOURCES)
tests_unit_test_db_rows_LDADD = $(DB_TEST_LIBS)
tests_unit_test_db_lock_SOURCES = tests/unit/test_db_lock.c $(DB_TEST_SOURCES)
tests_unit_test_db_lock_LDADD = $(DB_TEST_LIBS)
tests_unit_test_db_processes_SOURCES = tests/unit/test_db_processes.c $(DB_TEST_SOURCES)
tests_unit_test_db_processes_LDADD = $(DB_TEST_LIBS)
tests_unit_test_db_retention_SOURCES = tests/unit/test_db_retention.c $(DB_TEST_SOURCES)
tests_unit_test_db_retention_LDADD = $(DB_TEST_LIBS)
tests_unit_test_db_checkpoint_SOURCES = tests/unit/test_db_checkpoint.c $(DB_TEST_SOURCES)
tests_unit_test_db_checkpoint_LDADD = $(DB_TEST_LIBS)

# The Lua host over a fake of core/event.h. libcore.a gives the settings only.
LUA_TEST_SOURCES = tests/unit/fake_duties.c tests/unit/fake_event.c tests/unit/fake_event.h tests/unit/lua_fixture.c tests/unit/lua_fixture.h
LUA_TEST_LIBS = libapp.a libcore.a $(PROTO_LIBS) $(LUA_LIBS) $(JWT_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS) -lm
check_PROGRAMS += tests/unit/test_lua_api tests/unit/test_lua_chat tests/unit/test_lua_limits tests/unit/test_lua_match tests/unit/test_lua_values
tests_unit_test_lua_api_SOURCES = tests/unit/test_lua_api.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_api_LDADD = $(LUA_TEST_LIBS)
tests_unit_test_lua_chat_SOURCES = tests/unit/test_lua_chat.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_chat_CPPFLAGS = $(AM_CPPFLAGS) -DCHAT_LUA='"$(abs_top_srcdir)/app/chat.lua"'
tests_unit_test_lua_chat_LDADD = $(LUA_TEST_LIBS)
tests_unit_test_lua_limits_SOURCES = tests/unit/test_lua_limits.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_limits_LDADD = $(LUA_TEST_LIBS)
tests_unit_test_lua_match_SOURCES = tests/unit/test_lua_match.c
tests_unit_test_lua_match_LDADD = libapp.a $(LUA_LIBS) $(CMOCKA_LIBS) -lm
tests_unit_test_lua_values_SOURCES = tests/unit/test_lua_values.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_values_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_handlers
tests_unit_test_lua_handlers_SOURCES = tests/unit/test_lua_handlers.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_handlers_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_misbehaviour
tests_unit_test_lua_misbehaviour_SOURCES = tests/unit/test_lua_misbehaviour.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_misbehaviour_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_modules
tests_unit_test_lua_modules_SOURCES = tests/unit/test_lua_modules.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_modules_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_namespaces
tests_unit_test_lua_namespaces_SOURCES = tests/unit/test_lua_namespaces.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_namespaces_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_rooms
tests_unit_test_lua_rooms_SOURCES = tests/unit/test_lua_rooms.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_rooms_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_acks
tests_unit_test_lua_acks_SOURCES = tests/unit/test_lua_acks.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_acks_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_lua_duties
tests_unit_test_lua_duties_SOURCES = tests/unit/test_lua_duties.c $(LUA_TEST_SOURCES)
tests_unit_test_lua_duties_LDADD = $(LUA_TEST_LIBS)
check_PROGRAMS += tests/unit/test_db_asks
tests_unit_test_db_asks_SOURCES = tests/unit/test_db_asks.c $(DB_TEST_SOURCES)
tests_unit_test_db_asks_LDADD = $(DB_TEST_LIBS)
check_PROGRAMS += tests/unit/test_db_timers
tests_unit_test_db_timers_SOURCES = tests/unit/test_db_timers.c $(DB_TEST_SOURCES)
tests_unit_test_db_timers_LDADD = $(DB_TEST_LIBS)
check_PROGRAMS += tests/unit/test_db_faults
tests_unit_test_db_faults_SOURCES = tests/unit/test_db_faults.c tests/unit/faulty_vfs.c tests/unit/faulty_vfs.h $(DB_TEST_SOURCES)
tests_unit_test_db_faults_LDADD = $(DB_TEST_LIBS)

# core/: whole servers on one database, with exchanges that only pretend.
CORE_TEST_SOURCES = tests/unit/core_fixture.c tests/unit/core_fixture.h tests/unit/fake_application.c tests/unit/fake_application.h $(DB_TEST_SOURCES)
CORE_TEST_LIBS = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_core_polls
tests_unit_test_core_polls_SOURCES = tests/unit/test_core_polls.c $(CORE_TEST_SOURCES)
tests_unit_test_core_polls_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_sessions
tests_unit_test_core_sessions_SOURCES = tests/unit/test_core_sessions.c $(CORE_TEST_SOURCES)
tests_unit_test_core_sessions_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_rooms
tests_unit_test_core_rooms_SOURCES = tests/unit/test_core_rooms.c $(CORE_TEST_SOURCES)
tests_unit_test_core_rooms_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_posts
tests_unit_test_core_posts_SOURCES = tests/unit/test_core_posts.c $(CORE_TEST_SOURCES)
tests_unit_test_core_posts_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_full
tests_unit_test_core_full_SOURCES = tests/unit/test_core_full.c tests/unit/faulty_vfs.c tests/unit/faulty_vfs.h $(CORE_TEST_SOURCES)
tests_unit_test_core_full_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_recovery
tests_unit_test_core_recovery_SOURCES = tests/unit/test_core_recovery.c $(CORE_TEST_SOURCES)
tests_unit_test_core_recovery_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_asks
tests_unit_test_core_asks_SOURCES = tests/unit/test_core_asks.c $(CORE_TEST_SOURCES)
tests_unit_test_core_asks_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_duties
tests_unit_test_core_duties_SOURCES = tests/unit/test_core_duties.c $(CORE_TEST_SOURCES)
tests_unit_test_core_duties_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_parts
tests_unit_test_core_parts_SOURCES = tests/unit/test_core_parts.c $(DB_TEST_SOURCES)
tests_unit_test_core_parts_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_recent
tests_unit_test_core_recent_SOURCES = tests/unit/test_core_recent.c tests/unit/row_fixture.c tests/unit/row_fixture.h $(DB_TEST_SOURCES)
tests_unit_test_core_recent_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_route
tests_unit_test_core_route_SOURCES = tests/unit/test_core_route.c tests/unit/row_fixture.c tests/unit/row_fixture.h $(DB_TEST_SOURCES)
tests_unit_test_core_route_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_watchdog
tests_unit_test_core_watchdog_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_faults
tests_unit_test_core_faults_SOURCES = tests/unit/test_core_faults.c tests/unit/faulty_vfs.c tests/unit/faulty_vfs.h $(CORE_TEST_SOURCES)
tests_unit_test_core_faults_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_links
tests_unit_test_core_links_SOURCES = tests/unit/test_core_links.c tests/unit/wire_fixture.c tests/unit/wire_fixture.h $(CORE_TEST_SOURCES)
tests_unit_test_core_links_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_upgrade
tests_unit_test_core_upgrade_SOURCES = tests/unit/test_core_upgrade.c tests/unit/wire_fixture.c tests/unit/wire_fixture.h $(CORE_TEST_SOURCES)
tests_unit_test_core_upgrade_LDADD = $(CORE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_core_sets
tests_unit_test_core_sets_SOURCES = tests/unit/test_core_sets.c tests/unit/faulty_vfs.c tests/unit/faulty_vfs.h tests/unit/wire_fixture.c tests/unit/wire_fixture.h $(CORE_TEST_SOURCES)
tests_unit_test_core_sets_LDADD = $(CORE_TEST_LIBS)
