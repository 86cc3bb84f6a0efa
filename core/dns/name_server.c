/* SPDX-License-Identifier: MIT */
/* A name server; see name_server.h. */
#include "core/dns/name_server.h"

#include "core/base/arena.h"
#include "core/base/map.h"
#include "core/dns/wire.h"

/* What fits into a packet on any path (DNS flag day 2020), and the most that is
 * believed of a client that says it takes more. */
#define UDP_OFFERED 1232
#define UDP_MOST    4096

/* Numbers of a SOA that nobody goes by (RFC 1035, 3.3.13). */
#define SOA_SERIAL    1
#define SOA_REFRESH_S 3600
#define SOA_RETRY_S   600
#define SOA_EXPIRE_S  86400

/* How many questions for a type at a name have come, where some are dropped. */
struct tally {
	uint64_t asked;
};

struct name_server {
	const struct zone *zone;  /* borrowed */
	const struct zone *front; /* borrowed; NULL: none */
	struct map tallies;       /* "MX example.com" -> struct tally */
	struct arena arena;       /* of keys and tallies */
};

/* An answer being made. */
struct responding {
	struct name_server *server;
	const struct dns_request *request;
	struct dns_writer writer;
	enum dns_code code;
};

static bool request_is_dropped(struct name_server *s, struct slice name,
    enum dns_type type, uint32_t drop);
static enum dns_code code_of_request(const struct dns_request *r);
static void write_answer(struct responding *r, struct slice name,
    enum dns_type type, const struct dns_answer *answer);

struct name_server *
name_server_new(const struct zone *zone)
{
	struct name_server *s = xcalloc(1, sizeof(*s));

	s->zone = zone;
	return s;
}

void
name_server_destroy(struct name_server **sp)
{
	struct name_server *s = *sp;

	*sp = NULL;
	if (s == NULL)
		return;
	map_fini(&s->tallies);
	arena_fini(&s->arena);
	free(s);
}

void
name_server_set_zone(struct name_server *s, const struct zone *zone)
{
	s->zone = zone;
	map_fini(&s->tallies);
	arena_fini(&s->arena);
	s->tallies = (struct map){ 0 };
	s->arena = (struct arena){ 0 };
}

void
name_server_set_front(struct name_server *s, const struct zone *front)
{
	s->front = front;
}

/* Which of the two has that name. */
static const struct zone *
zone_of(const struct name_server *s, struct slice name)
{
	return s->front != NULL && zone_has(s->front, name) ? s->front
							    : s->zone;
}

/* Types that the zone does not know have no records at any name. */
static bool
type_is_known(uint16_t number, enum dns_type *type)
{
#define X(constant, wire, text)                                                \
	if (number == (wire)) {                                                \
		*type = constant;                                              \
		return true;                                                   \
	}
	DNS_TYPES(X)
#undef X
	return false;
}

/* The longest answer that the client takes. */
static size_t
room_of(const struct dns_request *r, enum dns_transport over)
{
	if (over == DNS_OVER_TCP)
		return DNS_MESSAGE_MAX;
	if (!r->has_edns || r->edns_bytes < DNS_UDP_BYTES)
		return DNS_UDP_BYTES;
	return r->edns_bytes < UDP_MOST ? r->edns_bytes : UDP_MOST;
}

/* Closes the answer, cut short when there is no room for it. */
static void
finish(struct responding *r, size_t room, bool is_cut)
{
	const size_t edns_bytes = r->request->has_edns ? 11 : 0;

	if (dns_write_position(&r->writer) + edns_bytes > room)
		is_cut = true;
	if (is_cut)
		dns_write_empty(&r->writer, r->request);
	if (r->request->has_edns)
		dns_write_edns(&r->writer, UDP_OFFERED, r->code);
	dns_write_finish(&r->writer, r->code, is_cut);
}

bool
name_server_answer(struct name_server *s, struct slice query,
    enum dns_transport over, struct buf *out, utime *delay)
{
	struct dns_request request;
	struct responding r = { .server = s, .request = &request };
	struct dns_answer answer = { 0 };
	enum dns_type type = DNS_A;
	struct slice name;
	bool is_cut = false, is_known;

	*delay = 0;
	if (!dns_request_read(&request, query, &r.code))
		return false;
	if (r.code == DNS_CODE_NOERROR)
		r.code = code_of_request(&request);
	name = slice_of(request.name, request.name_len);
	if (r.code == DNS_CODE_NOERROR) {
		is_known = type_is_known(request.type, &type);
		(void)zone_lookup(zone_of(s, name), name, type, &answer);
		/* There are names below the root. */
		if (name.len == 0 && answer.status == DNS_NXDOMAIN)
			answer.status = DNS_NODATA;
		*delay = answer.delay;
		if (answer.status == DNS_TIMEOUT ||
		    (over == DNS_OVER_UDP &&
			request_is_dropped(s, name, type, answer.drop)))
			return false;
		is_cut = answer.is_cut && over == DNS_OVER_UDP;
		if (!is_known && answer.status == DNS_OK)
			answer.status = DNS_NODATA;
	}
	dns_write_begin(&r.writer, &request, out);
	if (r.code == DNS_CODE_NOERROR)
		write_answer(&r, name, type, &answer);
	finish(&r, room_of(&request, over), is_cut);
	return true;
}

/* The first `drop` of each `drop` + 1 questions are. */
static bool
request_is_dropped(
    struct name_server *s, struct slice name, enum dns_type type, uint32_t drop)
{
	char key[DNS_WIRE_NAME_MAX + 8];
	struct tally *t;

	if (drop == 0)
		return false;
	(void)snprintf(
	    key, sizeof(key), "%s %.*s", dns_type_name(type), SLICE_ARG(name));
	t = map_find(&s->tallies, slice_cstr(key));
	if (t == NULL) {
		t = arena_alloc(&s->arena, sizeof(*t));
		map_add(&s->tallies,
		    slice_cstr(arena_strdup(&s->arena, slice_cstr(key))), t);
	}
	return t->asked++ % (drop + 1) < drop;
}

/* What is refused whatever the zone says. */
static enum dns_code
code_of_request(const struct dns_request *r)
{
	if (r->opcode != 0)
		return DNS_CODE_NOTIMP;
	if (r->has_edns && r->edns_version != 0)
		return DNS_CODE_BADVERS;
	if (r->class != DNS_CLASS_IN || r->type >= DNS_NUMBER_IXFR ||
	    r->type == 0 || r->type == DNS_NUMBER_OPT)
		return DNS_CODE_REFUSED;
	return DNS_CODE_NOERROR;
}

static void
write_data(struct dns_writer *w, const struct dns_record *record)
{
	switch (record->type) {
	case DNS_A:
	case DNS_AAAA:
		dns_write_bytes(w,
		    slice_of((const char *)record->ip.bytes,
			record->type == DNS_A ? 4 : 16));
		break;
	case DNS_MX:
		dns_write_u16(w, record->preference);
		dns_write_name(w, record->name);
		break;
	case DNS_CNAME:
		dns_write_name(w, record->name);
		break;
	}
}

static void
write_record(
    struct dns_writer *w, struct slice owner, const struct dns_record *record)
{
	size_t data_at;

	dns_write_record(
	    w, DNS_ANSWER, owner, (uint16_t)record->type, record->ttl_s);
	data_at = dns_write_position(w);
	write_data(w, record);
	dns_write_record_end(w, data_at);
}

/* How long it may be kept that there is nothing (RFC 2308, 3 and 5). */
static void
write_soa(struct dns_writer *w, uint32_t ttl_s)
{
	static const struct slice root;
	size_t data_at;

	dns_write_record(w, DNS_AUTHORITY, root, DNS_NUMBER_SOA, ttl_s);
	data_at = dns_write_position(w);
	dns_write_name(w, SLICE("ns.invalid"));
	dns_write_name(w, SLICE("hostmaster.invalid"));
	dns_write_u32(w, SOA_SERIAL);
	dns_write_u32(w, SOA_REFRESH_S);
	dns_write_u32(w, SOA_RETRY_S);
	dns_write_u32(w, SOA_EXPIRE_S);
	dns_write_u32(w, ttl_s);
	dns_write_record_end(w, data_at);
}

/* The CNAMEs that lead from `name` on, each once; gives the last target. */
static struct slice
write_aliases(struct responding *r, struct slice name, enum dns_type type)
{
	struct slice owners[DNS_CNAME_MAX + 1];
	size_t count = 0;
	const struct dns_record *alias;

	while (count < ARRAY_LEN(owners) &&
	    (alias = zone_alias(zone_of(r->server, name), name, type)) !=
		NULL) {
		for (size_t i = 0; i < count; i++)
			if (dns_name_equal(owners[i], name))
				return name;
		owners[count++] = name;
		write_record(&r->writer, name, alias);
		name = alias->name;
	}
	return name;
}

static void
write_answer(struct responding *r, struct slice name, enum dns_type type,
    const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_OK:
		name = write_aliases(r, name, type);
		for (size_t i = 0; i < answer->count; i++)
			write_record(&r->writer, name, &answer->records[i]);
		break;
	case DNS_LOOP:
		(void)write_aliases(r, name, type);
		break;
	case DNS_NXDOMAIN:
	case DNS_NODATA:
		if (answer->status == DNS_NXDOMAIN)
			r->code = DNS_CODE_NXDOMAIN;
		(void)write_aliases(r, name, type);
		write_soa(&r->writer, answer->ttl_s);
		break;
	case DNS_REFUSED:
		r->code = DNS_CODE_REFUSED;
		break;
	case DNS_SERVFAIL:
	case DNS_TIMEOUT: /* nobody comes here with it */
		r->code = DNS_CODE_SERVFAIL;
		break;
	}
}
