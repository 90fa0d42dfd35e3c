#!/bin/sh
# build.sh DIR TARGET [configure's options]: builds TARGET of the tree in DIR (absolute), configuring it where that is due. Its noise goes to DIR.log, whose end is
# shown when something fails. One build at a time in a source tree: they share autoconf's files.
set -u
dir=$1 target=$2
shift 2
top=$(cd "$(dirname "$0")/.." && pwd)
log=$dir.log
mkdir -p "$dir" || exit 1

steps() {
	set -e
	cd "$top"
	[ -x configure ] || autoreconf -i
	cd "$dir"
	# Another release of ./run or ./check may want other options.
	[ -f Makefile ] && [ "$(cat options 2>/dev/null)" = "$*" ] || { "$top/configure" -q "$@"; echo "$*" >options; }
	make -j"$(nproc)" "$target"
}

exec 9<"$top/configure.ac"
flock 9
# A subshell of its own: `set -e` does nothing left of an ||.
(steps "$@") >"$log" 2>&1 9<&-
status=$?
[ $status = 0 ] || { tail -n 40 "$log"; echo "the build failed; all of it is in $log"; } >&2
exit $status
