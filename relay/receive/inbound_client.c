/* SPDX-License-Identifier: MIT */
/*
 * Who a receiving session's client is and what it may do: its address, what
 * XCLIENT says instead, how many of it there are.  The lists are access.c's.
 */
#include "relay/receive/inbound_impl.h"
#include "relay/receive/xclient.h"

void
inbound_admit(struct inbound *in)
{
	const struct ip_network *match = NULL;
	const struct relay_listener_config *config = in->listener->config;

	in->access = ACCESS_REJECT;
	in->is_delayed_reject = false;
	if (config != NULL) {
		in->access = access_of(config, &in->client, &match);
		in->is_delayed_reject =
		    in->access == ACCESS_REJECT && config->delayed_reject;
	}
	inbound_log_new(in, match);
}

bool
inbound_may_relay(const struct inbound *in)
{
	return in->access == ACCESS_RELAY || in->login != NULL;
}

bool
inbound_has_xclient(const struct inbound *in)
{
	const struct relay_listener_config *config = in->listener->config;

	return config != NULL &&
	    access_has_xclient(config, &stream_remote(in->stream)->ip);
}

/* The listener's sessions with clients of this one's address, itself
 * included. */
static size_t
count_of_client(const struct inbound *in)
{
	size_t count = 0;

	LIST_FOREACH(link, &in->relay->sessions) {
		const struct inbound *other =
		    CONTAINER_OF(link, struct inbound, link);

		count += other->listener == in->listener &&
		    ip_equal(&other->client, &in->client);
	}
	return count;
}

/* Why there is no room for it now; NULL: there is. */
static const char *
crowd_text(struct inbound *in)
{
	const struct relay_limits *limits = &in->limits;
	const struct rate_limit rate = { limits->connections_per_minute,
		limits->connections_per_hour };

	if (in->listener->session_count > limits->connections)
		return "4.7.0 Too many connections, try again later";
	if (limits->connections_per_client > 0 &&
	    count_of_client(in) > limits->connections_per_client)
		return "4.7.0 Too many connections from your address";
	if (!rate_take(&in->listener->connection_rate, &in->client, &rate,
		world_now(in->relay->world)))
		return "4.7.0 Too many connections from your address, try "
		       "again later";
	return NULL;
}

/* One who may say who it is, or prove it, has to be let in to do so. */
static bool
is_refused(const struct inbound *in)
{
	return in->access == ACCESS_REJECT && !in->is_delayed_reject &&
	    !inbound_has_xclient(in) && !inbound_has_users(in);
}

void
inbound_greet(struct inbound *in)
{
	struct buf text = { 0 };
	const char *crowd = crowd_text(in);

	if (crowd != NULL) {
		inbound_log_failed(in, SLICE("Connection limit exceeded"));
		inbound_answer(in, 421, crowd);
	} else if (is_refused(in)) {
		inbound_answer(in, 554, "5.7.1 Access denied");
		in->ending = true;
	} else {
		buf_printf(&text, "%.*s ESMTP",
		    SLICE_ARG(in->relay->config->hostname));
		inbound_answer(in, 220, buf_cstr(&text));
	}
	buf_fini(&text);
}

/* Empty becomes NULL. */
static void
replace_text(char **to, const struct buf *text)
{
	free(*to);
	*to = buf_len(text) > 0 ? slice_dup(buf_slice(text)) : NULL;
}

/* The session is one of another client now: the log has the end of one and the
 * beginning of the next.  Who had logged in was the one before. */
static void
become(struct inbound *in, const struct xclient *x)
{
	inbound_log_icid(in, MAILLOG_ICID_CLOSE);
	in->icid = ++in->relay->icid;
	in->messages = 0;
	if (x->has_name)
		replace_text(&in->client_host, &x->name);
	if (x->has_address)
		in->client = x->address;
	replace_text(&in->login, &x->login);
	inbound_admit(in);
}

void
inbound_xclient(struct inbound *in, const struct smtp_command *command)
{
	struct xclient x = { 0 };
	const char *why;

	if (!xclient_parse(command->argument, &x, &why)) {
		inbound_answer(in, 501, why);
	} else {
		become(in, &x);
		inbound_greet(in);
		if (!in->ending && x.has_helo && buf_len(&x.helo) > 0)
			smtp_server_assume_hello(in->server, buf_slice(&x.helo),
			    x.has_proto && x.is_extended);
	}
	xclient_fini(&x);
}
