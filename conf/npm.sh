#!/bin/sh
# Fetches what package-lock.json pins into node_modules, unless it is there already. Run by make, ./run and ./check.
set -eu
cd "$(dirname "$0")/.."
have=node_modules/.package-lock.json
[ "$have" -nt package-lock.json ] && exit 0
command -v npm >/dev/null || {
	echo "npm is missing: it brings the browser's client. Install it, or build from a release tarball, which contains the client." >&2
	exit 1
}
# Two builds may find it missing at once; the second finds it done.
exec 9<package-lock.json
flock 9
[ "$have" -nt package-lock.json ] && exit 0
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
touch "$have"
