/* SPDX-License-Identifier: MIT */
/* Master files, read by ldns from memory; see zone_file.h. */
/* First, for ours take names away that OpenSSL has, which ldns includes. */
#include <ldns/ldns.h>

#include "core/base/buf.h"
#include "core/dns/zone_file.h"

#include <stdio.h>

/* Where relative names end as long as there is no $ORIGIN. */
#define NO_ORIGIN "no-origin.invalid."

enum {
	TTL_S_DEFAULT = 3600
};

struct reading {
	const char *file;
	FILE *stream;      /* on the text; owned */
	struct slice rest; /* lines of the text that have not been read */
	int lines;         /* that have been read */
	int line;          /* where the entry begins that is being read */
	struct zone *zone; /* owned */
	uint32_t ttl_s;
	ldns_rdf *origin, *owner; /* that hold for the next record; owned */
	size_t left_out;
	struct err *err;
};

/* The name in lower case with a dot at its end; the caller frees it. */
static char *
name_text(const ldns_rdf *name)
{
	char *text = ldns_rdf2str(name);

	if (text == NULL)
		abort();
	return text;
}

static bool
is_without_origin(const char *name)
{
	return slice_ends_with_nocase(slice_cstr(name), SLICE(NO_ORIGIN));
}

static bool
fail(struct reading *r, const char *what)
{
	return err_at(r->err, r->file, r->line, 1, "%s", what);
}

/* ---- a record ---- */

/* Fills in what the record says of a name; false: it is of no type that counts.
 * *target is owned by the caller then. */
static bool
record_read(const ldns_rr *rr, struct dns_record *record, char **target)
{
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);

	record->ttl_s = ldns_rr_ttl(rr);
	switch ((int)ldns_rr_get_type(rr)) {
	case LDNS_RR_TYPE_A:
		record->type = DNS_A;
		record->ip.family = 4;
		memcpy(record->ip.bytes, ldns_rdf_data(first), 4);
		return true;
	case LDNS_RR_TYPE_AAAA:
		record->type = DNS_AAAA;
		record->ip.family = 6;
		memcpy(record->ip.bytes, ldns_rdf_data(first), 16);
		return true;
	case LDNS_RR_TYPE_CNAME:
		record->type = DNS_CNAME;
		*target = name_text(first);
		return true;
	case LDNS_RR_TYPE_MX:
		record->type = DNS_MX;
		record->preference = ldns_rdf2native_int16(first);
		*target = name_text(ldns_rr_rdf(rr, 1));
		return true;
	}
	return false;
}

static bool
record_add(
    struct reading *r, const char *owner, const struct dns_record *record)
{
	struct err why;

	if (zone_add(r->zone, slice_cstr(owner), record, &why))
		return true;
	return err_at(r->err, r->file, r->line, 1, "%s: %s", owner, why.msg);
}

static bool
record_take(struct reading *r, const ldns_rr *rr)
{
	char *owner = name_text(ldns_rr_owner(rr)), *target = NULL;
	struct dns_record record = { 0 };
	bool is_soa = ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA;
	bool is_ours = ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	    owner[0] != '*' && record_read(rr, &record, &target);
	bool good = true;

	record.name = slice_cstr(target);
	if (is_without_origin(owner) ||
	    (target != NULL && is_without_origin(target)))
		good = fail(r,
		    "a relative name, and no origin; expected $ORIGIN before "
		    "it, as in \"$ORIGIN example.com.\"");
	else if (is_soa)
		good = zone_limit(r->zone, slice_cstr(owner), r->err);
	else if (is_ours)
		good = record_add(r, owner, &record);
	r->left_out += !is_ours;
	free(owner);
	free(target);
	return good;
}

/* ---- lines ---- */

/* The first line of what ldns has taken, with blank lines and comments around
 * it: r->line is its number then. */
static struct slice
line_take(struct reading *r, int taken)
{
	struct slice first = { 0 }, line;

	for (int i = 0; i < taken && slice_split(&r->rest, '\n', &line); i++) {
		r->lines++;
		line = slice_trim(line);
		if (first.len > 0 || line.len == 0 || line.at[0] == ';' ||
		    line.at[0] == '\r')
			continue;
		first = line;
		r->line = r->lines;
	}
	return first;
}

/* ldns takes each origin for a whole name; without a dot at its end it is
 * relative to the one before. */
static bool
origin_take(struct reading *r, struct slice line, ldns_rdf *before)
{
	struct slice comment = slice_sub(line, 0, slice_find_byte(line, ';'));
	bool is_whole = slice_ends_with_nocase(slice_trim(comment), SLICE("."));

	if (is_whole)
		return true;
	if (ldns_dname_cat(r->origin, before) != LDNS_STATUS_OK)
		return fail(r, "the origin is too long");
	return true;
}

static bool
status_take(
    struct reading *r, ldns_status status, struct slice line, ldns_rdf *origin)
{
	switch ((int)status) {
	case LDNS_STATUS_SYNTAX_EMPTY:
	case LDNS_STATUS_SYNTAX_TTL:
		return true;
	case LDNS_STATUS_SYNTAX_ORIGIN:
		return origin_take(r, line, origin);
	case LDNS_STATUS_SYNTAX_INCLUDE:
		return fail(r, "$INCLUDE; expected all records in one file");
	}
	if (slice_starts_with_nocase(line, SLICE("$GENERATE")))
		return fail(r, "$GENERATE; expected the records themselves");
	return err_at(r->err, r->file, r->line, 1,
	    "%s; expected a record as in RFC 1035, 5.1",
	    ldns_get_errorstr_by_id(status));
}

static bool
entry_read(struct reading *r)
{
	ldns_rdf *origin = ldns_rdf_clone(r->origin);
	ldns_rr *rr = NULL;
	int taken = 0;
	ldns_status status = ldns_rr_new_frm_fp_l(
	    &rr, r->stream, &r->ttl_s, &r->origin, &r->owner, &taken);
	struct slice line = line_take(r, taken);
	bool good = status == LDNS_STATUS_OK
	    ? record_take(r, rr)
	    : status_take(r, status, line, origin);

	if (rr != NULL)
		ldns_rr_free(rr);
	ldns_rdf_deep_free(origin);
	return good;
}

struct zone *
zone_file_read(
    struct slice text, const char *file, size_t *left_out, struct err *err)
{
	struct reading r = { .file = file,
		.rest = text,
		.zone = zone_new(),
		.ttl_s = TTL_S_DEFAULT,
		.err = err };
	struct buf copy = { 0 };
	bool good = true;

	/* fmemopen(3) takes no text of no bytes. */
	buf_append(&copy, text);
	buf_append_byte(&copy, '\n');
	r.stream = fmemopen(copy.mem + copy.head, buf_len(&copy), "r");
	r.origin = ldns_dname_new_frm_str(NO_ORIGIN);
	if (r.stream == NULL || r.origin == NULL)
		abort();
	while (good && !feof(r.stream))
		good = entry_read(&r);
	(void)fclose(r.stream);
	ldns_rdf_deep_free(r.origin);
	ldns_rdf_deep_free(r.owner);
	buf_fini(&copy);
	if (!good)
		zone_destroy(&r.zone);
	*left_out = r.left_out;
	return r.zone;
}
