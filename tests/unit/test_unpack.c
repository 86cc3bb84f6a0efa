/* SPDX-License-Identifier: MIT */
/* Bytes of files in each packing: several members, what stands behind them,
 * files that are cut at each byte, and little memory for much text. */
#include "core/cli/unpack.h"

#include "core/base/buf.h"
#include "tests/unit/kit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum {
	PLAIN,
	GZIP,
	ZSTD,
	PACKINGS
};

static char path[] = "/tmp/test_unpack.XXXXXX";

static void
pack_gzip(struct slice text, struct buf *out)
{
	unsigned char bytes[4096];
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)text.at;
	z.avail_in = (unsigned)text.len;
	z.next_out = bytes;
	z.avail_out = sizeof(bytes);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_append(out, slice_of((char *)bytes, sizeof(bytes) - z.avail_out));
	(void)deflateEnd(&z);
}

static void
pack_zstd(struct slice text, struct buf *out)
{
	char bytes[4096];
	size_t len = ZSTD_compress(bytes, sizeof(bytes), text.at, text.len, 19);

	assert_false(ZSTD_isError(len));
	buf_append(out, slice_of(bytes, len));
}

static void
pack(int packing, const char *text, struct buf *out)
{
	if (packing == GZIP)
		pack_gzip(slice_cstr(text), out);
	else if (packing == ZSTD)
		pack_zstd(slice_cstr(text), out);
	else
		buf_append_cstr(out, text);
}

static void
write_file(struct slice bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
	(void)close(fd);
}

/* All of it, `room` bytes at a time, and then "!" and what is wrong. */
static void
read_all(size_t room, struct buf *out)
{
	struct err err;
	struct cli_unpack *u = cli_unpack_open(path, &err);
	char bytes[64];
	ptrdiff_t got;

	assert_true(room <= sizeof(bytes));
	assert_non_null(u);
	while ((got = cli_unpack_read(u, bytes, room, &err)) > 0)
		buf_append(out, slice_of(bytes, (size_t)got));
	if (got < 0)
		buf_printf(out, "!%s", err.msg);
	cli_unpack_close(&u);
}

static void
test_members(void **state)
{
	static const size_t rooms[] = { 1, 3, 64 };

	(void)state;
	for (int packing = 0; packing < PACKINGS; packing++)
		for (size_t i = 0; i < ARRAY_LEN(rooms); i++) {
			struct buf file = { 0 }, got = { 0 };

			pack(packing, "one\n", &file);
			pack(packing, "", &file);
			pack(packing, "two\n", &file);
			write_file(buf_slice(&file));
			read_all(rooms[i], &got);
			assert_slice(buf_slice(&got), "one\ntwo\n");
			buf_fini(&file);
			buf_fini(&got);
		}
}

static void
test_behind_the_end(void **state)
{
	struct buf file = { 0 }, got = { 0 };

	(void)state;
	pack(GZIP, "text", &file);
	buf_append(&file, slice_of("\0\0\0", 3));
	write_file(buf_slice(&file));
	read_all(64, &got);
	assert_slice(buf_slice(&got), "text");
	buf_clear(&got);
	buf_clear(&file);
	pack(ZSTD, "text", &file);
	buf_append_cstr(&file, "no frame");
	write_file(buf_slice(&file));
	read_all(64, &got);
	assert_true(slice_starts_with(buf_slice(&got), SLICE("text!")));
	buf_fini(&file);
	buf_fini(&got);
}

/* Cut anywhere it says so, and never says so when it is whole. */
static void
test_cut(void **state)
{
	(void)state;
	for (int packing = GZIP; packing < PACKINGS; packing++) {
		struct buf file = { 0 };

		pack(packing, "a line\nanother\n", &file);
		for (size_t len = 4; len < buf_len(&file); len++) {
			struct buf got = { 0 };

			write_file(slice_sub(buf_slice(&file), 0, len));
			read_all(64, &got);
			assert_true(slice_find(buf_slice(&got),
					SLICE("!unexpected end of file")) <
			    buf_len(&got));
			buf_fini(&got);
		}
		buf_fini(&file);
	}
}

/* 256 MiB of nothing, which zstd makes a few kilobytes of. */
static void
test_much_of_little(void **state)
{
	struct rusage before, after;
	struct buf file = { 0 };
	struct err err;
	struct cli_unpack *u;
	char *bytes = xcalloc(1, 1 << 20);
	uint64_t seen = 0;
	ptrdiff_t got;

	(void)state;
	for (int i = 0; i < 256; i++)
		pack_zstd(slice_of(bytes, 1 << 20), &file);
	write_file(buf_slice(&file));
	getrusage(RUSAGE_SELF, &before);
	u = cli_unpack_open(path, &err);
	while ((got = cli_unpack_read(u, bytes, 1 << 20, &err)) > 0)
		seen += (uint64_t)got;
	cli_unpack_close(&u);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(got, 0);
	assert_int_equal(seen, (uint64_t)256 << 20);
	/* Sanitizers keep what is freed. */
	assert_true(after.ru_maxrss - before.ru_maxrss < 65536);
	buf_fini(&file);
	free(bytes);
}

/* What asks for more memory than zstd's own program gives is refused. */
static void
test_window(void **state)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	char *text = xcalloc(1, 1 << 20), packed[4096];
	struct buf got = { 0 };
	ZSTD_inBuffer in = { text, 1 << 20, 0 };
	ZSTD_outBuffer out = { packed, sizeof(packed), 0 };

	(void)state;
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 30);
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
	assert_int_equal(
	    ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush), 0);
	write_file(slice_of(packed, out.pos));
	read_all(64, &got);
	assert_true(slice_starts_with(buf_slice(&got), SLICE("!")));
	buf_fini(&got);
	free(text);
	(void)ZSTD_freeCCtx(context);
}

/* A pipe can be read once only, and needs not be read twice. */
static void
test_pipe(void **state)
{
	struct buf file = { 0 }, got = { 0 };
	int fds[2];

	(void)state;
	pack(ZSTD, "through a pipe", &file);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(
	    write(fds[1], buf_slice(&file).at, buf_len(&file)), buf_len(&file));
	(void)close(fds[1]);
	assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	{
		struct err err;
		struct cli_unpack *u = cli_unpack_open("-", &err);
		char bytes[64];
		ptrdiff_t n = cli_unpack_read(u, bytes, sizeof(bytes), &err);

		assert_true(n > 0);
		assert_slice(slice_of(bytes, (size_t)n), "through a pipe");
		cli_unpack_close(&u);
	}
	buf_fini(&file);
	buf_fini(&got);
}

int
main(void)
{
	struct kit kit = { 0 };
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	(void)close(fd);
	TEST(&kit, test_members);
	TEST(&kit, test_behind_the_end);
	TEST(&kit, test_cut);
	TEST(&kit, test_much_of_little);
	TEST(&kit, test_window);
	TEST(&kit, test_pipe);
	failed = kit_run(&kit, "unpack");
	(void)unlink(path);
	return failed;
}
