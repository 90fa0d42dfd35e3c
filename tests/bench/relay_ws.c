/* relay.ws: relay.h behind pollux-ws's front. */
#include "config.h"

#include "ws/front.h"
#include "tests/bench/relay.h"

int main(int argc, char **argv)
{
	static const struct front_app app = {
		.name = "relay.ws",
		.about = "The benchmarks' application in C.",
		.load = relay_load,
		.unload = relay_unload,
	};

	return ws_main(argc, argv, &app);
}
