# tests/apps/: applications the tests serve.
noinst_PROGRAMS += tests/apps/engine-echo.fcgi tests/apps/engine-echo-ws
tests_apps_engine_echo_fcgi_SOURCES = tests/apps/engine-echo.c
tests_apps_engine_echo_fcgi_LDADD = libfcgifront.a libfront.a $(CORE_LIBS) $(FCGI_LIBS)
tests_apps_engine_echo_ws_SOURCES = tests/apps/engine-echo.c
tests_apps_engine_echo_ws_CPPFLAGS = $(AM_CPPFLAGS) -DSIDECAR
tests_apps_engine_echo_ws_LDADD = libws.a libfront.a $(CORE_LIBS) $(MHD_LIBS)
