# conf/: web server configurations, and the shell that ./run, ./check and make share.
confdir = $(docdir)/conf
dist_conf_DATA = conf/apache.conf.in conf/lighttpd.conf.in conf/lighttpd-spawn.conf.in conf/nginx.conf.in
EXTRA_DIST += .clang-format .ci/run run \
	conf/build.sh conf/deps.sh conf/dist-test.sh conf/tally.awk conf/tap.sh conf/tree-test.sh conf/unit.sh
# Named in EXTRA_DIST it would be the target of that name, and `make dist` would run the tests.
dist-hook:
	cp -p $(srcdir)/check $(distdir)/check
