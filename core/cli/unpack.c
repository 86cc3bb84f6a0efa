/* SPDX-License-Identifier: MIT */
/*
 * One input buffer, and behind it zlib, libzstd or nothing; see unpack.h.
 * Several gzip members or zstd frames in a row are one text, as gzip and zstd
 * have it.
 */
#include "core/cli/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define READ_BYTES ((size_t)128 << 10) /* at once */
/* A frame may ask for so much memory at most: what zstd itself takes. */
#define WINDOW_LOG_MAX 27
#define GZIP_WINDOW    (15 + 16) /* zlib's word for "gzip, no other" */

enum packing {
	PACKING_NONE,
	PACKING_GZIP,
	PACKING_ZSTD,
};

struct cli_unpack {
	char *path; /* owned; for messages */
	int fd;
	struct stat stat;
	enum packing packing;
	bool is_over;   /* nothing more can be read of the file */
	bool is_within; /* a member or a frame has begun, and not ended */
	z_stream gzip;
	ZSTD_DStream *zstd; /* owned */
	size_t from, end;   /* of `bytes`, what was not taken yet */
	char bytes[READ_BYTES];
};

static bool find_packing(struct cli_unpack *u, struct err *err);

static int
open_fd(const char *path)
{
	return strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
				      : open(path, O_RDONLY | O_CLOEXEC);
}

struct cli_unpack *
cli_unpack_open(const char *path, struct err *err)
{
	int fd = open_fd(path);
	struct cli_unpack *u;
	bool good;

	if (fd < 0) {
		err_at(err, path, 0, 0, "%s", strerror(errno));
		return NULL;
	}
	u = xcalloc(1, sizeof(*u));
	u->path = xstrdup(path);
	u->fd = fd;
	good = fstat(fd, &u->stat) == 0 && !S_ISDIR(u->stat.st_mode);
	if (!good)
		err_at(err, path, 0, 0, "is a folder; expected a file");
	if (!good || !find_packing(u, err))
		cli_unpack_close(&u);
	return u;
}

void
cli_unpack_close(struct cli_unpack **up)
{
	struct cli_unpack *u = *up;

	*up = NULL;
	if (u == NULL)
		return;
	if (u->packing == PACKING_GZIP)
		(void)inflateEnd(&u->gzip);
	(void)ZSTD_freeDStream(u->zstd);
	(void)close(u->fd);
	free(u->path);
	free(u);
}

const struct stat *
cli_unpack_stat(const struct cli_unpack *u)
{
	return &u->stat;
}

static bool
fail(const struct cli_unpack *u, struct err *err, const char *what)
{
	return err_at(err, u->path, 0, 0, "%s", what);
}

/* Reads more behind what is there; false with *err set.  At the end of the file
 * there is no more than before. */
static bool
fill(struct cli_unpack *u, struct err *err)
{
	ssize_t got;

	if (u->is_over)
		return true;
	memmove(u->bytes, u->bytes + u->from, u->end - u->from);
	u->end -= u->from;
	u->from = 0;
	do
		got = read(u->fd, u->bytes + u->end, sizeof(u->bytes) - u->end);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		u->is_over = true;
		return fail(u, err, strerror(errno));
	}
	u->is_over = got == 0;
	u->end += (size_t)got;
	return true;
}

/* ---- what it is ---- */

static bool
begins_gzip(const unsigned char *bytes, size_t count)
{
	return count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* A frame, or one that is to be skipped (RFC 8878, 3.1). */
static bool
begins_zstd(const unsigned char *bytes, size_t count)
{
	static const unsigned char frame[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const unsigned char skipped[] = { 0x2a, 0x4d, 0x18 };

	if (count < sizeof(frame))
		return false;
	return memcmp(bytes, frame, sizeof(frame)) == 0 ||
	    (bytes[0] >> 4 == 5 &&
		memcmp(bytes + 1, skipped, sizeof(skipped)) == 0);
}

static bool
find_packing(struct cli_unpack *u, struct err *err)
{
	const unsigned char *bytes = (const unsigned char *)u->bytes;

	while (u->end < 4 && !u->is_over)
		if (!fill(u, err))
			return false;
	if (begins_gzip(bytes, u->end)) {
		if (inflateInit2(&u->gzip, GZIP_WINDOW) != Z_OK)
			return fail(u, err, "no memory to read it");
		u->packing = PACKING_GZIP;
	} else if (begins_zstd(bytes, u->end)) {
		u->packing = PACKING_ZSTD;
		u->zstd = ZSTD_createDStream();
		if (u->zstd == NULL ||
		    ZSTD_isError(ZSTD_DCtx_setParameter(
			u->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
			return fail(u, err, "no memory to read it");
	}
	return true;
}

/* ---- what comes of it ---- */

/* One step: what it makes of the input that is there.  False with *err set. */
static bool
step_gzip(
    struct cli_unpack *u, char *to, size_t room, size_t *made, struct err *err)
{
	int code;

	/* What stands behind the last member is padding, as gzip has it. */
	if (!u->is_within &&
	    !begins_gzip(
		(const unsigned char *)u->bytes + u->from, u->end - u->from)) {
		u->from = u->is_over || u->end - u->from > 1 ? u->end : u->from;
		return true;
	}
	u->gzip.next_in = (unsigned char *)u->bytes + u->from;
	u->gzip.avail_in = (unsigned)(u->end - u->from);
	u->gzip.next_out = (unsigned char *)to;
	u->gzip.avail_out = (unsigned)room;
	code = inflate(&u->gzip, Z_NO_FLUSH);
	u->from = u->end - u->gzip.avail_in;
	*made = room - u->gzip.avail_out;
	u->is_within = code != Z_STREAM_END;
	if (code == Z_STREAM_END)
		(void)inflateReset(&u->gzip);
	else if (code != Z_OK && code != Z_BUF_ERROR)
		return fail(u, err,
		    u->gzip.msg != NULL ? u->gzip.msg : "is no gzip file");
	return true;
}

/* NOLINTBEGIN(readability-non-const-parameter) */
static bool
step_zstd(
    struct cli_unpack *u, char *to, size_t room, size_t *made, struct err *err)
/* NOLINTEND(readability-non-const-parameter) */
{
	ZSTD_inBuffer in = { u->bytes + u->from, u->end - u->from, 0 };
	ZSTD_outBuffer out = { to, room, 0 };
	size_t left = ZSTD_decompressStream(u->zstd, &out, &in);

	if (ZSTD_isError(left))
		return fail(u, err, ZSTD_getErrorName(left));
	u->from += in.pos;
	*made = out.pos;
	if (in.pos > 0 || out.pos > 0)
		u->is_within = left != 0;
	return true;
}

static bool
step_plain(struct cli_unpack *u, char *to, size_t room, size_t *made)
{
	size_t len = u->end - u->from < room ? u->end - u->from : room;

	memcpy(to, u->bytes + u->from, len);
	u->from += len;
	*made = len;
	return true;
}

static bool
step(struct cli_unpack *u, char *to, size_t room, size_t *made, struct err *err)
{
	*made = 0;
	switch (u->packing) {
	case PACKING_GZIP:
		return step_gzip(u, to, room, made, err);
	case PACKING_ZSTD:
		return step_zstd(u, to, room, made, err);
	case PACKING_NONE:
		break;
	}
	return step_plain(u, to, room, made);
}

ptrdiff_t
cli_unpack_read(struct cli_unpack *u, char *to, size_t room, struct err *err)
{
	for (;;) {
		size_t left = u->end - u->from, made;

		/* Of what is there something may still come, even when all of
		 * it was taken. */
		if (!step(u, to, room, &made, err))
			return -1;
		if (made > 0)
			return (ptrdiff_t)made;
		if (left > 0 && u->end - u->from < left)
			continue;
		if (u->is_over)
			break;
		if (!fill(u, err))
			return -1;
	}
	if (u->packing == PACKING_NONE || !u->is_within)
		return 0;
	u->is_within = false;
	(void)fail(u, err, "unexpected end of file");
	return -1;
}
