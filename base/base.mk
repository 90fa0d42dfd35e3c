# base/: what every folder may use. Names nothing above it.
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/beneath.c base/beneath.h \
	base/buf.c base/buf.h \
	base/bytes.c base/bytes.h \
	base/clock.c base/clock.h \
	base/err.c base/err.h \
	base/random.c base/random.h \
	base/say.c base/say.h
