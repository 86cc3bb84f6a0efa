/* SPDX-License-Identifier: MIT */
/*
 * The inside of destination controls: the table of parameters, which
 * destination.c prints by and destination_read.c reads by.  For these only.
 */
#ifndef FAULTPOST_RELAY_DESTINATION_IMPL_H
#define FAULTPOST_RELAY_DESTINATION_IMPL_H

#include "core/base/arena.h"
#include "core/base/map.h"
#include "relay/deliver/destination.h"

/* A value and its spellings: as it is printed, and the other or NULL. */
struct parameter_word {
	const char *name, *number;
};

struct parameter {
	const char *name;
	size_t offset, size; /* of the member */
	/* One of three forms: words (the value is the index), a number, or,
	 * with neither, a name. */
	const struct parameter_word *words;
	size_t word_count;
	uint32_t min, max;
	/* Parameters, as bits, without which it says nothing. */
	unsigned needs;
	bool is_default_only; /* only [DEFAULT] may have it */
	bool is_optional;     /* [DEFAULT] need not have it */
	bool may_be_empty;    /* "name =" says: none */
	/* What does not come of a word other than the first, which is noted;
	 * NULL: all is done. */
	const char *lacks;
	enum relay_lack lack;
};

enum parameter_id {
	PARAMETER_IP_SORT_PREF,
	PARAMETER_MAX_HOST_CONCURRENCY,
	PARAMETER_MAX_MESSAGES_PER_CONNECTION,
	PARAMETER_RECIPIENT_MINUTES,
	PARAMETER_RECIPIENT_LIMIT,
	PARAMETER_LIMIT_TYPE,
	PARAMETER_LIMIT_APPLY,
	PARAMETER_TABLE_TLS,
	PARAMETER_BOUNCE_VALIDATION,
	PARAMETER_BOUNCE_PROFILE,
	PARAMETER_SEND_TLS_REQ_ALERT,
	PARAMETER_CERTIFICATE,
	PARAMETER_COUNT,
};
extern const struct parameter relay_parameters[PARAMETER_COUNT];

struct relay_destinations {
	struct arena arena;
	struct map map; /* domains -> struct relay_destination */
	struct relay_destination **list; /* owned; they are in the arena */
	size_t count, cap;
	struct relay_destination *fallback; /* [DEFAULT]; or NULL */
	struct err_list notes[LACK_KINDS];
};

/* What the appliance does where nobody says otherwise. */
extern const struct relay_destination relay_destination_own;

/* The member of a section that a parameter sets. */
static inline void *
parameter_member(struct relay_destination *d, const struct parameter *p)
{
	return (char *)d + p->offset;
}

#endif
