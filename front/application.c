/* See the header. */
#include "config.h"
#include "front/application.h"

#include "base/buf.h"
#include "base/say.h"
#include "front/options.h"

int application_load(struct application *a)
{
	int error = settings_init(&a->settings);

	if (error == 0)
		error = a->app->load(&a->loaded, a->options->app, &a->settings, &a->handler);
	options_override(a->options, &a->settings);
	return error;
}

/* Takes over settings, but for those that stand as long as the process; next is left with what is no longer wanted. */
static void take_settings(struct application *a, struct settings *next)
{
	struct buf kept;

	buf_init(&kept, 1024);
	settings_replace(&a->settings, next, &kept);
	if (kept.len)
		say(SAY_WARN, "front", NULL, "these settings change when the process is started again: %s", kept.data);
	buf_deinit(&kept);
}

bool application_reload(struct application *a)
{
	struct application next = { .app = a->app, .options = a->options };
	int error = application_load(&next);
	void *old = a->loaded;

	if (error) {
		say(SAY_ERROR, "front", NULL, "%s was not loaded again: what was loaded before goes on", a->options->app);
	} else {
		take_settings(a, &next.settings);
		a->handler = next.handler;
		a->loaded = next.loaded;
		next.loaded = old;
		say(SAY_INFO, "front", NULL, "%s was loaded again", a->options->app);
	}
	application_unload(&next);
	return error == 0;
}

void application_unload(struct application *a)
{
	a->app->unload(a->loaded);
	settings_deinit(&a->settings);
}
