# fcgi/: the FastCGI and CGI front.
noinst_LIBRARIES += libfcgifront.a
libfcgifront_a_SOURCES = \
	fcgi/accept.c fcgi/accept.h \
	fcgi/cgi.c fcgi/cgi.h \
	fcgi/conn.c fcgi/conn.h \
	fcgi/front.c fcgi/front.h \
	fcgi/intake.c fcgi/intake.h \
	fcgi/options.c fcgi/options.h \
	fcgi/params.c fcgi/params.h \
	fcgi/reply.c fcgi/reply.h \
	fcgi/request.c fcgi/request.h \
	fcgi/scan.c fcgi/scan.h

bin_PROGRAMS += pollux.fcgi
pollux_fcgi_SOURCES = fcgi/main.c
pollux_fcgi_LDADD = $(FRONT_LIBS)
