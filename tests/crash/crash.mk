# tests/crash/: several processes on one file, kill -9, stopped processes, foreign writers, power cuts.
CRASH_SOURCES = tests/crash/writer.c tests/crash/writer.h $(DB_TEST_SOURCES)
check_PROGRAMS += tests/crash/test_crash_writers tests/crash/test_crash_powercut
tests_crash_test_crash_writers_SOURCES = tests/crash/test_crash_writers.c $(CRASH_SOURCES)
tests_crash_test_crash_writers_LDADD = $(DB_TEST_LIBS)
tests_crash_test_crash_powercut_SOURCES = tests/crash/test_crash_powercut.c $(DB_TEST_SOURCES)
tests_crash_test_crash_powercut_LDADD = $(DB_TEST_LIBS)

# The same for longer: a minute of kills, a foreign transaction of ten seconds.
crash-long: tests/crash/test_crash_writers
	POLLUX_CRASH_SECONDS=60 tests/crash/test_crash_writers
.PHONY: crash-long
