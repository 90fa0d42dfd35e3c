# doc/: for readers.
dist_man_MANS += doc/pollux.1 doc/pollux.fcgi.8 doc/pollux-ws.8
dist_doc_DATA = doc/app.md doc/architecture.md doc/chat.md doc/examples.md doc/protocol.md doc/reference-tests.md doc/storage.md
EXTRA_DIST += doc/screenshot.png
