# examples/: small applications, a folder each: app.lua, its pages in www/, and a README.md. What they show: doc/examples.md.
nobase_dist_doc_DATA = \
	examples/chat/README.md \
	examples/chat/app.lua \
	examples/chat/www/index.html \
	examples/chat/www/page.js \
	examples/chat/www/style.css \
	examples/crowd/README.md \
	examples/crowd/app.lua \
	examples/crowd/www/index.html \
	examples/crowd/www/page.js \
	examples/crowd/www/style.css \
	examples/greeting/README.md \
	examples/greeting/app.lua \
	examples/greeting/www/index.html \
	examples/greeting/www/page.js \
	examples/greeting/www/style.css \
	examples/live/README.md \
	examples/live/app.lua \
	examples/live/www/bare.html \
	examples/live/www/bare.js \
	examples/live/www/index.html \
	examples/live/www/page.js \
	examples/live/www/style.css \
	examples/steps/README.md \
	examples/steps/app.lua \
	examples/steps/www/bare.html \
	examples/steps/www/bare.js \
	examples/steps/www/chat.js \
	examples/steps/www/index.html \
	examples/steps/www/style.css \
	examples/talk/README.md \
	examples/talk/app.lua \
	examples/talk/www/404.html \
	examples/talk/www/index.html \
	examples/talk/www/page.js \
	examples/talk/www/style.css
