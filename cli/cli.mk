# cli/: pollux, the operator's command.
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	cli/check.c cli/check.h \
	cli/command.c cli/command.h

bin_PROGRAMS += pollux
pollux_SOURCES = cli/main.c
pollux_LDADD = libcli.a $(APP_LIBS)
