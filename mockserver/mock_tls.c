/* SPDX-License-Identifier: MIT */
/* Certificates of mock hosts; see mock_tls.h. */
#include "mockserver/mock_tls.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>

#define DAY (24 * UTIME_HOUR)
/* Valid for longer than any scenario lasts. */
#define VALID_BEFORE DAY
#define VALID_AFTER  (3650 * DAY)
#define NAMES_MAX    256

/* What a host has shown. */
struct shown {
	const struct mock_host *host;                 /* borrowed: the key */
	struct tls_context *contexts[MOCK_TLS_KINDS]; /* owned, or NULL */
	UT_hash_handle hh;
};

struct mock_tls {
	struct mock_tls_options options;
	struct tls_authority *authority; /* owned */
	/* Owned, made when a host first needs it; the latter is signed by the
	 * authority. */
	struct tls_authority *unknown, *intermediate;
	struct shown *shown; /* owned */
};

/* The names and addresses of one host, while its certificate is made. */
struct naming {
	const struct mock_tls *tls;
	const struct mock_host *host;
	struct slice names[NAMES_MAX];
	size_t count;
};

static struct tls_authority *
authority_make(const struct mock_tls *t, struct slice name)
{
	return tls_authority_new(name, t->options.keys,
	    t->options.now - VALID_BEFORE,
	    utime_add(t->options.now, VALID_AFTER));
}

struct mock_tls *
mock_tls_new(const struct mock_tls_options *options)
{
	struct mock_tls *t = xcalloc(1, sizeof(*t));

	t->options = *options;
	t->authority = authority_make(t, SLICE("faultpost test authority"));
	return t;
}

static void
forget(struct mock_tls *t, struct shown *shown)
{
	for (size_t i = 0; i < MOCK_TLS_KINDS; i++)
		tls_context_destroy(&shown->contexts[i]);
	HASH_DEL(t->shown, shown);
	free(shown);
}

void
mock_tls_set_zone(struct mock_tls *t, const struct zone *zone)
{
	t->options.zone = zone;
}

void
mock_tls_forget(struct mock_tls *t, const struct mock_host *host)
{
	struct shown *shown;

	HASH_FIND_PTR(t->shown, &host, shown);
	if (shown != NULL)
		forget(t, shown);
}

/* Where the context of that kind is kept. */
static struct tls_context **
context_of(
    struct mock_tls *t, const struct mock_host *host, enum mock_tls_kind kind)
{
	struct shown *shown;

	HASH_FIND_PTR(t->shown, &host, shown);
	if (shown == NULL) {
		shown = xcalloc(1, sizeof(*shown));
		shown->host = host;
		HASH_ADD_PTR(t->shown, host, shown);
	}
	return &shown->contexts[kind];
}

void
mock_tls_destroy(struct mock_tls **tp)
{
	struct mock_tls *t = *tp;
	struct shown *shown, *next;

	if (t == NULL)
		return;
	*tp = NULL;
	HASH_ITER(hh, t->shown, shown, next)
	{
		forget(t, shown);
	}
	tls_authority_destroy(&t->authority);
	tls_authority_destroy(&t->unknown);
	tls_authority_destroy(&t->intermediate);
	free(t);
}

struct slice
mock_tls_authority(const struct mock_tls *t)
{
	return tls_authority_certificate(t->authority);
}

void
mock_tls_issue(struct mock_tls *t, struct slice name, struct buf *certificate,
    struct buf *key)
{
	const struct tls_certificate_spec spec = {
		.common_name = name,
		.names = &name,
		.name_count = 1,
		.from = t->options.now - VALID_BEFORE,
		.until = utime_add(t->options.now, VALID_AFTER),
		.key = t->options.keys,
	};

	struct tls_identity *made = tls_identity_new(t->authority, &spec);

	tls_identity_format(made, certificate, key);
	tls_identity_destroy(&made);
}

/* ---- who the host is ---- */

static bool
leads_to(const struct mock_tls *t, struct slice name, enum dns_type type,
    const struct mock_host *host)
{
	struct dns_answer answer;

	if (zone_lookup(t->options.zone, name, type, &answer) != DNS_OK)
		return false;
	for (size_t i = 0; i < answer.count; i++)
		for (size_t j = 0; j < host->addresses.count; j++)
			if (ip_equal(
				&answer.records[i].ip, &host->addresses.at[j]))
				return true;
	return false;
}

static void
on_name(void *owner, struct slice name)
{
	struct naming *n = owner;

	if (n->count < NAMES_MAX &&
	    (leads_to(n->tls, name, DNS_A, n->host) ||
		leads_to(n->tls, name, DNS_AAAA, n->host)))
		n->names[n->count++] = name;
}

static void
find_names(struct naming *n)
{
	n->names[n->count++] = slice_cstr(n->host->name);
	if (n->tls->options.zone != NULL)
		zone_each_name(n->tls->options.zone, on_name, n);
}

/* ---- what it shows ---- */

/* Whom the certificate makes of the host, and until when. */
static void
spec_spoil(struct tls_certificate_spec *spec, const struct mock_tls *t,
    enum mock_tls_kind kind)
{
	static const struct slice wrong = SLICE_INIT("wrong-name.invalid");

	if (kind == MOCK_TLS_WRONG_NAME) {
		spec->names = &wrong;
		spec->name_count = 1;
		spec->address_count = 0;
	} else if (kind == MOCK_TLS_EXPIRED) {
		spec->from -= DAY;
		spec->until = t->options.now - UTIME_HOUR;
	} else if (kind == MOCK_TLS_NOT_YET_VALID) {
		spec->from = t->options.now + VALID_AFTER / 2;
	} else if (kind == MOCK_TLS_WEAK_KEY) {
		spec->key = TLS_KEY_RSA_1024;
	}
}

/* Who signs such a certificate; NULL: it does itself. */
static const struct tls_authority *
signer(struct mock_tls *t, enum mock_tls_kind kind)
{
	if (kind == MOCK_TLS_SELF_SIGNED)
		return NULL;
	if (kind == MOCK_TLS_UNKNOWN_AUTHORITY) {
		if (t->unknown == NULL)
			t->unknown = authority_make(
			    t, SLICE("faultpost unknown authority"));
		return t->unknown;
	}
	if (kind == MOCK_TLS_NO_INTERMEDIATE) {
		if (t->intermediate == NULL)
			t->intermediate = tls_authority_new_below(t->authority,
			    SLICE("faultpost intermediate authority"));
		return t->intermediate;
	}
	return t->authority;
}

static struct tls_context *
context_make(struct mock_tls *t, const struct mock_host *host,
    enum mock_tls_kind kind, struct tls_context_options *o)
{
	struct naming n = { .tls = t, .host = host };
	struct tls_certificate_spec spec = {
		.names = host->tls.names.at,
		.name_count = host->tls.names.count,
		.addresses = host->addresses.at,
		.address_count = host->addresses.count,
		.from = t->options.now - VALID_BEFORE,
		.until = utime_add(t->options.now, VALID_AFTER),
		.key =
		    host->tls.has_rsa_key ? TLS_KEY_RSA_2048 : t->options.keys,
	};
	struct tls_identity *identity;
	struct tls_context *made;

	if (spec.name_count == 0) {
		find_names(&n);
		spec.names = n.names;
		spec.name_count = n.count;
	}
	spec_spoil(&spec, t, kind);
	spec.common_name = spec.names[0];
	identity = tls_identity_new(signer(t, kind), &spec);
	o->identity = identity;
	made = tls_context_new_server(o, &(struct err){ 0 });
	tls_identity_destroy(&identity);
	return made;
}

const struct tls_context *
mock_tls_context(
    struct mock_tls *t, const struct mock_host *host, enum mock_tls_kind kind)
{
	struct tls_context **context = context_of(t, host, kind);
	struct tls_context_options o = {
		.version_min = host->tls.min_version,
		.version_max = host->tls.max_version,
		.ciphers = host->tls.ciphers,
		.suites = host->tls.suites,
		.is_lax = true,
		.ask = host->tls.ask,
	};

	if (*context != NULL)
		return *context;
	if (kind == MOCK_TLS_PROTOCOL) {
		o.version_min = o.version_max = TLS_1_1;
		o.ciphers = NULL;
	} else if (kind == MOCK_TLS_HANDSHAKE_FAILURE) {
		/* No key of ours is good for it. */
		o.version_min = o.version_max = TLS_1_2;
		o.ciphers = host->tls.has_rsa_key
		    ? "ECDHE-ECDSA-AES256-GCM-SHA384"
		    : "ECDHE-RSA-AES256-GCM-SHA384";
	}
	*context = context_make(t, host, kind, &o);
	assert(*context != NULL);
	return *context;
}
