/* SPDX-License-Identifier: MIT */
/*
 * Profiles: how a kind of server behaves, in a file of its own.  A host that
 * names one takes its rules, behind those that it has itself.  A profile has
 * rules as a host has them, or replies by name, of which each comes
 *	- by its weight: so often in a thousand occasions of its stage;
 *	- by its trigger: an address whose local part is the reply's name, or
 *	  ends with "+" and the name: at stage mail the sender's, at rcpt and
 *	  behind it a recipient's;
 *	- always, when the host asks for it: {"name": ..., "reply": ...}.
 * Profiles may take the rules of other profiles.  Pure: whoever reads the
 * scenario says how the file of a profile is found.
 */
#ifndef FAULTPOST_MOCK_PROFILE_H
#define FAULTPOST_MOCK_PROFILE_H

#include "core/base/buf.h"
#include "mockserver/hosts.h"

/* Bounds of a file, and of profiles that stand behind each other. */
#define PROFILE_TEXT_MAX  ((size_t)1 << 20)
#define PROFILE_DEPTH_MAX 8
/* Weights are so many of this. */
#define PROFILE_WEIGHT_MAX 1000

/* Where profiles come from. */
struct profile_source {
	void *owner;
	/* The text of the profile of that name (letters, digits, hyphens), its
	 * length, and its file for messages, both malloc'd; NULL with the
	 * message of *err set when there is none. */
	char *(*read)(void *owner, const char *name, size_t *len, char **file,
	    struct err *err);
};

/* Gives each host that names profiles their rules; what is made lives in the
 * arena.  `at` is the place of the "hosts" object, `source` may be NULL: there
 * are no profiles. */
bool profiles_apply(struct mock_hosts *hosts, const struct json_at *at,
    const struct profile_source *source, struct arena *arena, struct err *err);

/* Appends the JSON Schema of the files. */
void profile_schema_format(struct buf *out);

#endif
