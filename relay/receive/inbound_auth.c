/* SPDX-License-Identifier: MIT */
/*
 * AUTH of a receiving session (RFC 4954): the dialogue is sasl.c's, the
 * passwords' hashes are crypt(3)'s.  A wrong one is answered late, and only so
 * often.
 */
#include "relay/receive/inbound_impl.h"

#include <crypt.h>

/* Hashed when there is no such user, so that both take the same time. */
#define NOBODY "$6$faultpost$"

bool
inbound_has_users(const struct inbound *in)
{
	const struct relay_listener_config *config = in->listener->config;

	return config != NULL && config->auth.users.count > 0;
}

bool
inbound_offers_auth(const struct inbound *in)
{
	return inbound_has_users(in) &&
	    (in->is_tls || in->listener->config->auth.clear);
}

static struct slice
hash_of(const struct relay_auth *auth, struct slice user)
{
	for (size_t i = 0; i < auth->users.count; i++)
		if (slice_eq(auth->users.at[i].name, user))
			return auth->users.at[i].hash;
	return SLICE(NOBODY);
}

/* Takes as long wherever they differ. */
static bool
is_same(struct slice a, struct slice b)
{
	unsigned char differ = 0;

	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		differ |= (unsigned char)(a.at[i] ^ b.at[i]);
	return differ == 0;
}

static bool
is_right(const struct relay_auth *auth, const struct sasl *sasl)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	struct slice hash = hash_of(auth, buf_slice(&sasl->user));
	struct buf password = { 0 };
	const char *made;
	bool same;

	buf_append(&password, buf_slice(&sasl->password));
	made = crypt_r(buf_cstr(&password), hash.at, data);
	same = made != NULL && is_same(slice_cstr(made), hash);
	explicit_bzero(data, sizeof(*data));
	explicit_bzero(password.mem, password.cap);
	buf_fini(&password);
	free(data);
	return same;
}

static void
answer(struct inbound *in, int code, const char *text)
{
	sasl_fini(&in->sasl);
	inbound_answer(in, code, text);
}

/* It ends the dialogue without a password being looked at. */
static void
answer_bad(struct inbound *in, int code, const char *text)
{
	sasl_fini(&in->sasl);
	inbound_answer_bad(in, code, text);
}

/* The answer to a wrong password is due. */
void
inbound_on_late(struct timer *t)
{
	struct inbound *in = CONTAINER_OF(t, struct inbound, late);
	const struct relay_listener_config *config = in->listener->config;

	if (config == NULL || ++in->wrong_passwords >= config->auth.tries)
		answer(in, 421, "4.7.0 Too many failed authentications");
	else
		answer(in, 535, "5.7.8 Authentication credentials invalid");
	inbound_pump(in);
}

static void
take_password(struct inbound *in)
{
	const struct relay_auth *auth = &in->listener->config->auth;

	if (!is_right(auth, &in->sasl)) {
		timer_set(in->relay->world, &in->late,
		    utime_add(world_now(in->relay->world), auth->delay));
		return;
	}
	free(in->login);
	in->login = slice_dup(buf_slice(&in->sasl.user));
	answer(in, 235, "2.7.0 Authentication succeeded");
}

static void
take(struct inbound *in, enum sasl_result result)
{
	switch (result) {
	case SASL_MORE:
		inbound_answer(in, 334, in->sasl.challenge);
		return;
	case SASL_DONE:
		take_password(in);
		return;
	case SASL_CANCELLED:
		answer_bad(in, 501, "5.7.0 Authentication cancelled");
		return;
	case SASL_MALFORMED:
		answer_bad(in, 501, "5.5.2 Cannot read that");
		return;
	case SASL_UNKNOWN:
		answer_bad(in, 504, "5.5.4 Unrecognized authentication type");
		return;
	}
}

void
inbound_auth(struct inbound *in, const struct smtp_command *command)
{
	if (!inbound_offers_auth(in))
		answer(in, 421, "4.3.2 Service shutting down");
	else if (in->sasl.challenge != NULL)
		take(in, sasl_continue(&in->sasl, command->argument));
	else if (in->login != NULL)
		answer_bad(in, 503, "5.5.1 Already authenticated");
	else
		take(in, sasl_begin(&in->sasl, command->argument));
}
