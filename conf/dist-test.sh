#!/bin/sh
# dist-test.sh BUILD: the release that BUILD makes builds, installs and uninstalls by itself: without git, npm or network. Its unit tests are left to
# `make distcheck`: they ran a minute ago.
set -u
log=$1/distcheck.log
echo "1..1"
# A release carries what a build from git takes out of node_modules; npm is hidden to see that.
hide=$(mktemp -d)
trap 'rm -rf "$hide"' EXIT
printf '#!/bin/sh\necho "npm was called" >&2\nexit 1\n' >"$hide/npm"
chmod +x "$hide/npm"
if PATH=$hide:$PATH make -C "$1" -j"$(nproc)" AM_MAKEFLAGS=check_PROGRAMS= distcheck >"$log" 2>&1; then
	echo "ok 1 - make distcheck"
else
	echo "not ok 1 - make distcheck"
	tail -n 30 "$log" | sed 's/^/  # /'
	echo "  ..."
fi
