/* The application of the tests of core/, in C: it does what an event's name and arguments tell it, and notes in site->said what it was called for. */
#ifndef POLLUX_TEST_FAKE_APPLICATION_H
#define POLLUX_TEST_FAKE_APPLICATION_H

#include "core/handler.h"

/* Its handlers; they work on `site` (core_fixture.h). */
extern const struct handler fake_application;

#endif
