#!/bin/sh
# fuzz.sh SRCDIR BUILDDIR [SECONDS]: each codec for that long (60) with libFuzzer where clang has it, else two million
# inputs of the driver. Needs BUILDDIR/config.h and the built tests/fuzz/test_fuzz_* there. Stops at the first finding.
set -eu
src=$1 build=$2 seconds=${3:-60}
work=$build/fuzz
mkdir -p "$work"
codecs="base64 eio header json query sio utf8 websocket"

# What a target is linked with besides the codecs.
more_of() {
	case $1 in websocket) echo "$src/tests/unit/websocket_transcript.c $src/base/buf.c" ;; esac
}

has_libfuzzer() {
	printf '#include <stddef.h>\nint LLVMFuzzerTestOneInput(const unsigned char *d, size_t n);\nint LLVMFuzzerTestOneInput(const unsigned char *d, size_t n) { return d && n ? 0 : 0; }\n' >"$work/try.c"
	clang -fsanitize=fuzzer "$work/try.c" -o "$work/try" 2>/dev/null
}

if has_libfuzzer; then
	for codec in $codecs; do
		mkdir -p "$work/$codec"
		"$build/tests/fuzz/test_fuzz_$codec" --seeds "$work/$codec"
		clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I"$build" -I"$src" \
			"$src/tests/fuzz/fuzz_$codec.c" "$src"/proto/*.c $(more_of "$codec") -lcrypto -o "$work/fuzz_$codec"
		echo "fuzz_$codec: $seconds s"
		# what it found lies in $work as crash-…
		(cd "$work" && "./fuzz_$codec" -max_total_time="$seconds" -max_len=4096 "$codec" >"$codec.log" 2>&1) || {
			tail -40 "$work/$codec.log"
			exit 1
		}
	done
else
	echo "clang has no libFuzzer here: the driver's mutations"
	for codec in $codecs; do
		"$build/tests/fuzz/test_fuzz_$codec" 2000000
	done
fi
