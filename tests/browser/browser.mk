# tests/browser/: people at the chat page in Chromium. People are driven by people.mjs, servers by server.mjs; the examples by examples.mjs.
EXTRA_DIST += \
	tests/browser/accessible.test.mjs \
	tests/browser/chat.test.mjs \
	tests/browser/examples-documents.mjs \
	tests/browser/examples.mjs \
	tests/browser/examples.test.mjs \
	tests/browser/parts.test.mjs \
	tests/browser/people.mjs \
	tests/browser/reading.test.mjs \
	tests/browser/readme.test.mjs \
	tests/browser/recovery.test.mjs \
	tests/browser/reference-chat.mjs \
	tests/browser/screenshots.mjs \
	tests/browser/seeds.mjs \
	tests/browser/server.mjs \
	tests/browser/timeline.test.mjs \
	tests/browser/transport.test.mjs
