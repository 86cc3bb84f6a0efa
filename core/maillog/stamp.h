/* SPDX-License-Identifier: MIT */
/*
 * What stands before the text of a record: our own "asctime Level: ", or what
 * a syslog server puts there.
 */
#ifndef FAULTPOST_MAILLOG_STAMP_H
#define FAULTPOST_MAILLOG_STAMP_H

#include "core/maillog/maillog.h"

struct maillog_stamp {
	utime time;
	enum maillog_level level;
	size_t used; /* bytes up to the text */
	/* Which appliance wrote it, as a syslog server says: where in the line
	 * its name is; length 0: nobody says. */
	size_t host_at, host_len;
};

/* Reads the stamp at the start of a line; false when there is none.  A stamp
 * without a year is that of the year which brings it nearest to `clock`. */
bool maillog_stamp_parse(
    struct slice line, utime clock, struct maillog_stamp *stamp);

#endif
