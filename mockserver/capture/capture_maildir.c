/* SPDX-License-Identifier: MIT */
/* Delivery by tmp/ and new/; see capture_maildir.h. */
#include "mockserver/capture/capture_maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 256

struct maildir {
	char *path;   /* owned; for messages */
	char *unique; /* owned */
	int fd;       /* of the folder */
	uint64_t deliveries;
};

static bool
fail(const struct maildir *m, const char *name, struct err *err)
{
	const int error = errno;

	return err_at(err, m->path, 0, 0, "%s: %s", name, strerror(error));
}

static bool
make_folder(int at, const char *path)
{
	return mkdirat(at, path, 0700) == 0 || errno == EEXIST;
}

static bool
open_folders(struct maildir *m, struct err *err)
{
	static const char *const names[] = { "tmp", "new", "cur" };

	if (!make_folder(AT_FDCWD, m->path))
		return fail(m, "the maildir cannot be made", err);
	m->fd = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->fd < 0)
		return fail(m, "the maildir cannot be opened", err);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!make_folder(m->fd, names[i]))
			return fail(m, names[i], err);
	return true;
}

struct maildir *
maildir_open(const char *path, const char *unique, struct err *err)
{
	struct maildir *m = xcalloc(1, sizeof(*m));

	m->path = xstrdup(path);
	m->unique = xstrdup(unique);
	m->fd = -1;
	if (!open_folders(m, err))
		maildir_close(&m);
	return m;
}

void
maildir_close(struct maildir **mp)
{
	struct maildir *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	if (m->fd >= 0)
		(void)close(m->fd);
	free(m->path);
	free(m->unique);
	free(m);
}

/* ---- the file ---- */

/* A header field; what would end it becomes a question mark. */
static void
append_field(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "%s: ", name);
	for (size_t i = 0; i < value.len; i++) {
		const unsigned char c = (unsigned char)value.at[i];

		buf_append_byte(out, c < ' ' || c == 0x7f ? '?' : value.at[i]);
	}
	buf_append_cstr(out, "\r\n");
}

static void
append_envelope(struct buf *out, const struct capture_message *m)
{
	struct buf text = { 0 };
	char server[ENDPOINT_TEXT_MAX], client[ENDPOINT_TEXT_MAX];

	buf_append_byte(&text, '<');
	buf_append(&text, m->sender);
	buf_append_byte(&text, '>');
	append_field(out, "Return-Path", buf_slice(&text));
	for (size_t i = 0; i < m->recipient_count; i++)
		append_field(out, "Delivered-To", m->recipients[i]);
	buf_clear(&text);
	buf_printf(&text, "%s %s from %s, connection %llu", m->host,
	    endpoint_format(&m->server, server),
	    endpoint_format(&m->client, client),
	    (unsigned long long)m->connection);
	append_field(out, "X-Faultpost-Host", buf_slice(&text));
	if (m->tls_protocol != NULL) {
		buf_clear(&text);
		buf_printf(&text, "%s %s", m->tls_protocol, m->tls_cipher);
		append_field(out, "X-Faultpost-TLS", buf_slice(&text));
	}
	buf_fini(&text);
}

/* False with errno set. */
static bool
write_all(int fd, struct slice bytes)
{
	while (bytes.len > 0) {
		const ssize_t n = write(fd, bytes.at, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = slice_skip(bytes, (size_t)n);
	}
	return true;
}

static bool
write_file(struct maildir *m, const char *name, struct slice head,
    struct slice content)
{
	const int fd =
	    openat(m->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;
	int error;

	if (fd < 0)
		return false;
	ok = write_all(fd, head) && write_all(fd, content) && fsync(fd) == 0;
	error = errno;
	if (close(fd) != 0 && ok)
		return false;
	errno = error;
	return ok;
}

bool
maildir_deliver(
    struct maildir *m, const struct capture_message *message, struct err *err)
{
	char tmp[NAME_BYTES], new[NAME_BYTES];
	struct buf head = { 0 };
	bool ok;

	if (message->content.len < message->size_bytes)
		return err_at(err, m->path, 0, 0,
		    "message %llu has %llu bytes; at most %zu are delivered",
		    (unsigned long long)message->number,
		    (unsigned long long)message->size_bytes,
		    MAILDIR_CONTENT_MAX);
	(void)snprintf(tmp, sizeof(tmp), "tmp/%lld.Q%llu.%s",
	    (long long)(message->time / UTIME_S),
	    (unsigned long long)++m->deliveries, m->unique);
	(void)snprintf(new, sizeof(new), "new/%s", tmp + 4);
	append_envelope(&head, message);
	ok = write_file(m, tmp, buf_slice(&head), message->content) &&
	    linkat(m->fd, tmp, m->fd, new, 0) == 0;
	if (!ok)
		(void)fail(m, tmp, err);
	(void)unlinkat(m->fd, tmp, 0);
	buf_fini(&head);
	return ok;
}
