#!/bin/sh
# tap.sh LOG SUMS SECONDS NAME COMMAND...: runs one program that prints TAP under a time limit, appends what it printed to LOG and
# "passed failed" to SUMS (tally.awk), and prints what failed. With EMPTY_OK=1 it may have no test. A sanitizer's report ($REPORTS/…, where that is set) is a failure.
set -u
log=$1 sums=$2 seconds=$3 name=$4
shift 4
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# timeout makes a process group of its own and passes signals on to it: nothing the program started outlives it.
trap 'kill "$child" 2>/dev/null; exit 1' INT TERM HUP
CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$seconds" "$@" >"$out" 2>&1 </dev/null &
child=$!
wait "$child"
status=$?
{ echo "# $name"; cat "$out"; } >>"$log"
awk -v name="$name" -v status=$status -v sums="$sums" -v empty_ok="${EMPTY_OK-}" -f "$(dirname "$0")/tally.awk" "$out"
for report in "${REPORTS:-/nonexistent}"/*; do
	[ -f "$report" ] || continue
	echo "FAIL $name: a sanitizer complained"
	head -n 40 "$report" | sed 's/^/    /'
	cat "$report" >>"$log"
	rm -f "$report"
	echo "0 1" >>"$sums"
done
