/*
 * Runs a fuzz target without libFuzzer: mutations of its seeds, the same ones each time.
 *   test_fuzz_json [ITERATIONS [FIRST]]     one TAP line; a failure names the iteration, which alone repeats it:
 *   test_fuzz_json 1 FIRST
 *   test_fuzz_json --seeds DIR              writes the seeds there, for libFuzzer's corpus
 * Each iteration depends on its number alone. The input ends at a page nobody may read.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/guard.h"

#define MAX_INPUT 4096
#define DEFAULT_ITERATIONS 20000

struct input {
	size_t len;
	char data[MAX_INPUT];
};

static uint64_t random_state;
static unsigned long iteration;

/* splitmix64: any state is good, neighbours are unlike. */
static uint64_t next_random(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return n ? next_random() % n : 0;
}

/* Puts n bytes at place, as many as there is room for. */
static void insert(struct input *in, size_t place, const char *data, size_t n)
{
	if (n > MAX_INPUT - in->len)
		n = MAX_INPUT - in->len;
	memmove(in->data + place + n, in->data + place, in->len - place);
	memcpy(in->data + place, data, n);
	in->len += n;
}

static void cut(struct input *in, size_t place, size_t n)
{
	memmove(in->data + place, in->data + place + n, in->len - place - n);
	in->len -= n;
}

static const struct fuzz_seed *any_seed(void)
{
	static size_t count;

	while (fuzz_seeds[count].data)
		count++;
	return &fuzz_seeds[below(count)];
}

/* Pieces that mean something to one codec or another. */
static const struct fuzz_seed *any_piece(void)
{
	static const struct fuzz_seed pieces[] = {
		SEED("{"), SEED("}"), SEED("["), SEED("]"), SEED("\""), SEED("\\"), SEED(","), SEED(":"), SEED("-"), SEED("/"),
		SEED("\\u0041"), SEED("\\ud83d"), SEED("\\ude00"), SEED("\\u005f"), SEED("null"), SEED("true"), SEED("1e5"),
		SEED("9007199254740993"), SEED("{\"_placeholder\":true,\"num\":0}"), SEED("\"num\":"), SEED("\"_placeholder\":true"),
		SEED("\x1e"), SEED("b"), SEED("4"), SEED("51-"), SEED("="), SEED("&"), SEED("%41"), SEED("%"), SEED("+"),
		SEED("\0"), SEED("\xff"), SEED("\xc3\xa9"), SEED("\xe2\x80\xa8"), SEED("\xf0\x9f\x98\x80"), SEED("\xed\xa0\x80"),
		SEED(";q=0"), SEED("W/\""), SEED("*"), SEED(" "), SEED("\t"), SEED("\n"), SEED("aaaaaaaaaaaaaaaaaaaaaaaa"),
	};

	return &pieces[below(sizeof(pieces) / sizeof(pieces[0]))];
}

static void mutate(struct input *in)
{
	size_t place = below(in->len + 1), n = below(in->len - place + 1);
	const struct fuzz_seed *piece;
	char copy[64];

	switch (below(7)) {
	case 0:
		if (place < in->len)
			in->data[place] = (char)next_random();
		break;
	case 1:
		if (place < in->len)
			in->data[place] ^= (char)(1 << below(8));
		break;
	case 2:
		piece = any_piece();
		insert(in, place, piece->data, piece->len);
		break;
	case 3:
		cut(in, place, below(4) ? below(n < 4 ? n + 1 : 4) : n);
		break;
	case 4:
		in->len = place;
		break;
	case 5:
		n = n < sizeof(copy) ? n : sizeof(copy);
		memcpy(copy, in->data + place, n);
		insert(in, below(in->len + 1), copy, n);
		break;
	case 6:
		piece = any_seed();
		insert(in, place, piece->data, below(piece->len + 1));
		break;
	}
}

static void run_one(void)
{
	static struct input in;
	const struct fuzz_seed *seed;
	size_t times;

	random_state = iteration * UINT64_C(0x2545f4914f6cdd1d);
	seed = any_seed();
	in.len = 0;
	insert(&in, 0, seed->data, seed->len);
	for (times = below(8); times > 0; times--)
		mutate(&in);
	LLVMFuzzerTestOneInput((const uint8_t *)guard_put(in.data, in.len), in.len);
}

/* Says which iteration it was; only what a signal handler may call. */
static void on_crash(int number)
{
	char text[128], digits[24];
	size_t len = 0, n = sizeof(digits);
	unsigned long i = iteration;

	do {
		digits[--n] = (char)('0' + i % 10);
		i /= 10;
	} while (i);
	memcpy(text, "not ok 1 - iteration ", 21);
	len = 21;
	memcpy(text + len, digits + n, sizeof(digits) - n);
	len += sizeof(digits) - n;
	text[len++] = '\n';
	if (write(STDOUT_FILENO, text, len) < 0)
		_exit(2);
	signal(number, SIG_DFL);
	raise(number);
}

static int write_seeds(const char *dir)
{
	char path[4096];
	size_t i;
	FILE *f;

	for (i = 0; fuzz_seeds[i].data; i++) {
		snprintf(path, sizeof(path), "%s/seed-%zu", dir, i);
		f = fopen(path, "wb");
		if (!f || fwrite(fuzz_seeds[i].data, 1, fuzz_seeds[i].len, f) != fuzz_seeds[i].len || fclose(f) != 0) {
			fprintf(stderr, "%s: %s\n", path, strerror(errno));
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_ITERATIONS;
	unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		return write_seeds(argv[2]);
	printf("1..1\n");
	fflush(stdout);
	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	for (iteration = first; iteration < first + count; iteration++)
		run_one();
	printf("ok 1 - %s %lu inputs\n", fuzz_name, count);
	return 0;
}
