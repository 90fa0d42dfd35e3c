# tests/apps/: applications the tests serve.
noinst_PROGRAMS += tests/apps/engine-echo.fcgi
tests_apps_engine_echo_fcgi_SOURCES = tests/apps/engine-echo.c
tests_apps_engine_echo_fcgi_LDADD = libfcgifront.a libfront.a $(CORE_LIBS) $(FCGI_LIBS)
