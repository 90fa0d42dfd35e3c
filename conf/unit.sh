#!/bin/sh
# unit.sh LOG SUMS PROGRAM...: each PROGRAM named test_… through tap.sh. The exit code tells whether all passed.
set -u
log=$1 sums=$2
shift 2
: >"$log"
: >"$sums"
for program in "$@"; do
	case ${program##*/} in
	test_*) sh "$(dirname "$0")/tap.sh" "$log" "$sums" "${UNIT_SECONDS:-120}" "$program" "./$program" ;;
	esac
done
awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit f > 0 }' "$sums"
