/* SPDX-License-Identifier: MIT */
/* Keeping messages, and the admin API of the daemon; see main_admin.h. */
#include "mockserver/main_admin.h"

#include "core/cli/cli.h"
#include "mockserver/main_log.h"

#include <sys/random.h>
#include <unistd.h>

#define KEEP_MAX  1000000
#define TOKEN_MIN 8
#define TOKEN_MAX 512

bool
watching_read_at(struct watching *x, const char *value, struct err *err)
{
	struct slice text = slice_cstr(value);
	uint64_t port;

	x->has_admin = true;
	x->at = (struct endpoint){ ip_v4(127, 0, 0, 1), 0 };
	if (slice_to_u64(text, 65535, &port)) {
		x->at.port = (uint16_t)port;
		return true;
	}
	return endpoint_parse(text, -1, &x->at) ||
	    err_set(err,
		"--admin %s is wrong; expected a port, or an address and port "
		"as 127.0.0.1:8025",
		value);
}

bool
watching_read_keep(struct watching *x, const char *value, struct err *err)
{
	struct slice bytes = slice_cstr(value), count;

	slice_split(&bytes, ',', &count);
	if (slice_to_u64(count, KEEP_MAX, &x->keep) && x->keep > 0 &&
	    (bytes.len == 0 || slice_to_u64(bytes, INT64_MAX, &x->keep_bytes)))
		return true;
	return err_set(err,
	    "--keep %s is wrong; expected a number up to %d, and perhaps a "
	    "comma and how many bytes they may have",
	    value, KEEP_MAX);
}

/* ---- the token ---- */

/* Of a header field's text, hence without spaces and control characters. */
static bool
is_token(struct slice text)
{
	if (text.len < TOKEN_MIN)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f)
			return false;
	return true;
}

static bool
read_token(struct watching *x, struct err *err)
{
	size_t len;
	char *text = cli_read_file(x->token_path, TOKEN_MAX, &len, err);
	struct slice token = slice_of(text, len);

	if (text == NULL)
		return false;
	while (token.len > 0 &&
	    (token.at[token.len - 1] == '\n' ||
		token.at[token.len - 1] == '\r'))
		token.len--;
	if (is_token(token))
		x->token = slice_dup(token);
	free(text);
	return x->token != NULL ||
	    err_at(err, x->token_path, 0, 0,
		"this is no token; expected %d to %d printable characters "
		"without spaces",
		TOKEN_MIN, TOKEN_MAX);
}

bool
watching_check(struct watching *x, struct err *err)
{
	char text[ENDPOINT_TEXT_MAX];

	if (x->token_path != NULL && !x->has_admin)
		return err_set(err, "--token-file needs --admin");
	if (x->token_path != NULL && !read_token(x, err))
		return false;
	if (!x->has_admin || x->token != NULL || ip_is_loopback(&x->at.ip))
		return true;
	return err_set(err,
	    "--admin %s can be reached from elsewhere; expected an address "
	    "such as 127.0.0.1, or --token-file",
	    endpoint_format(&x->at, text));
}

/* ---- messages ---- */

static void
on_message(void *owner, const struct capture_message *message)
{
	struct watching *x = owner;
	struct err err;

	if (x->maildir == NULL || x->has_failed ||
	    maildir_deliver(x->maildir, message, &err))
		return;
	/* A maildir with holes is no witness: the daemon ends. */
	main_report(&err, CLI_TROUBLE);
	x->has_failed = true;
	world_stop(x->world);
}

static void
on_full(void *owner)
{
	const struct watching *x = owner;

	main_say("messages-full",
	    "note: %llu messages or %llu bytes are kept (--keep); from now on "
	    "the oldest go",
	    (unsigned long long)x->keep, (unsigned long long)x->keep_bytes);
}

/* For names in a maildir: this process, on this machine, at this start. */
static bool
open_maildir(struct watching *x, struct err *err)
{
	char unique[160], host[65] = "localhost";
	uint32_t chance = 0;

	(void)gethostname(host, sizeof(host) - 1);
	for (char *c = host; *c != '\0'; c++)
		if (*c == '/' || *c == ':')
			*c = '-';
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		return err_set(err, "the kernel gives no random number");
	(void)snprintf(unique, sizeof(unique), "P%ldR%08x.%s", (long)getpid(),
	    (unsigned)chance, host);
	x->maildir = maildir_open(x->maildir_path, unique, err);
	return x->maildir != NULL;
}

bool
watching_begin(struct watching *x, struct world *w, struct err *err)
{
	const struct capture_options options = {
		.count_max = x->has_admin ? (size_t)x->keep : 0,
		.bytes_max = (size_t)x->keep_bytes,
		.intake_max = x->maildir_path != NULL ? MAILDIR_CONTENT_MAX : 0,
		.owner = x,
		.on_message = on_message,
		.on_full = on_full,
	};

	x->world = w;
	if (x->maildir_path != NULL && !open_maildir(x, err))
		return false;
	if (x->has_admin || x->maildir != NULL)
		x->capture = capture_new(&options);
	return true;
}

/* ---- the API ---- */

static void
on_note(void *owner, const char *note)
{
	(void)owner;
	main_say("admin", "note: %s", note);
}

static void
before_answer(void *owner)
{
	struct watching *x = owner;

	if (x->transcript != NULL)
		transcript_file_flush(x->transcript);
}

bool
watching_serve(struct watching *x, struct mock *mock,
    const struct json_doc *scenario, struct err *err)
{
	const struct admin_options options = {
		.mock = mock,
		.capture = x->capture,
		.scenario = scenario,
		.token = x->token,
		.owner = x,
		.on_note = on_note,
		.before_answer = before_answer,
	};
	struct http_handler handler;

	if (!x->has_admin)
		return true;
	x->admin = admin_new(x->world, &options);
	handler = admin_handler(x->admin);
	x->server = ev_http_server_new(x->world, &x->at, &handler, err);
	return x->server != NULL;
}

void
watching_set_scenario(struct watching *x, const struct json_doc *scenario)
{
	if (x->admin != NULL)
		admin_set_scenario(x->admin, scenario);
}

const struct endpoint *
watching_local(const struct watching *x)
{
	return x->server != NULL ? ev_http_server_local(x->server) : NULL;
}

void
watching_stop(struct watching *x)
{
	ev_http_server_destroy(&x->server);
	admin_destroy(&x->admin);
}

void
watching_fini(struct watching *x)
{
	watching_stop(x);
	capture_destroy(&x->capture);
	maildir_close(&x->maildir);
	free(x->token);
	x->token = NULL;
}
