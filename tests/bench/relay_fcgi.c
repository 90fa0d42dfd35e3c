/* relay.fcgi: relay.h behind FastCGI. */
#include "config.h"

#include "fcgi/front.h"
#include "tests/bench/relay.h"

int main(int argc, char **argv)
{
	static const struct front_app app = {
		.name = "relay.fcgi",
		.about = "The benchmarks' application in C.",
		.load = relay_load,
		.unload = relay_unload,
	};

	return front_main(argc, argv, &app);
}
