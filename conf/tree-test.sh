#!/bin/sh
# What the house style asks and a shell can see. Prints TAP; what is wrong stands in comments under its line.
set -u
cd "$(dirname "$0")/.."
n=0
# judge WHAT FOUND: passes if nothing was found.
judge() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/  # /'
		echo "  ..."
	fi
}
# includes FOLDER MAY…: its includes of our headers that lie elsewhere than in the folders it may use.
includes() {
	folder=$1
	shift
	allowed=$(echo "$*" | tr ' ' '|')
	grep -HnE '^#include "[a-z]+/' "$folder"/*.[ch] | grep -vE "#include \"($allowed)/"
}
sources=$(ls base/*.[ch] proto/*.[ch] db/*.[ch] core/*.[ch] app/*.[ch] front/*.[ch] fcgi/*.[ch] ws/*.[ch] cli/*.[ch] tests/*/*.[ch])

unconfigured() {
	for file in $sources; do
		case $file in *.c) [ "$(grep -m 1 '^#include' "$file")" = '#include "config.h"' ] || echo "$file" ;; esac
	done
}
unexplained() {
	for file in conf/*.in; do
		for name in $(grep -o '@[A-Z0-9_]*@' "$file" | sort -u); do
			grep -q "^# $name  *[^ ]" "$file" || echo "$file: $name"
		done
	done
}
# A header that no fragment names is found here and missing in a release.
undistributed() {
	fragments="*/*.mk tests/*/*.mk"
	whole=$(sed -n 's/^EXTRA_DIST += \(.*\)/\1/p' $fragments | tr ' ' '\n')
	for file in conf/*.sh conf/*.awk conf/*.in $sources tests/*/*.mjs app/*.lua tests/*/*.lua doc/* examples/*/*.* examples/*/www/*; do
		# A test program's source may go without saying: automake takes it from the program's name.
		case $file in *.mk) continue ;; tests/*/test_*.c) file=${file%.c} ;; esac
		grep -qwF -e "$file" $fragments && continue
		echo "$whole" | grep -qxF "${file%/*}" || echo "$file"
	done
}

# Of the page that says which test covers what: names of tests that are none.
uncovered() {
	sed -n 's/^|.*| \(.*\) |$/\1/p' doc/reference-tests.md | grep -o '`[a-z_-]*`' | tr -d '`' | sort -u | while read -r name; do
		[ -f "tests/integration/$name.test.mjs" ] || [ -f "tests/unit/$name.c" ] || echo "$name"
	done
}

judge "base names nothing above it" "$(includes base base)"
judge "proto stands on base alone" "$(includes proto proto base)"
judge "db names nothing above it" "$(includes db db proto base)"
judge "core names neither the application nor a front" "$(includes core core db proto base)"
judge "app names no front" "$(includes app app core db proto base)"
judge "what fronts share names none of them" "$(includes front front app core db proto base)"
judge "the FastCGI front names no other" "$(includes fcgi fcgi front app core db proto base)"
judge "the sidecar's front names no other" "$(includes ws ws front app core db proto base)"
judge "the operator's command names no front" "$(includes cli cli app core db proto base)"
judge "SQLite is seen in db alone" "$(grep -n 'sqlite3\.h' base/*.[ch] proto/*.[ch] core/*.[ch] app/*.[ch] front/*.[ch] fcgi/*.[ch] ws/*.[ch] cli/*.[ch])"
judge "no banned call" "$(grep -nE '\b(sprintf|strcpy|strcat|strtok|atoi|gets)\(' $sources)"
judge "config.h is what a C file includes first" "$(unconfigured)"
judge "package-lock.json names no registry" "$(grep -n '"resolved"' package-lock.json)"
judge "a configuration's head explains each of its placeholders" "$(unexplained)"
judge "a release contains every file" "$(undistributed)"
judge "what covers the tests of Socket.IO is there" "$(uncovered)"
echo "1..$n"
