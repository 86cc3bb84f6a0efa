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

/* Reads the stamp at the start of a line; false when there is none.  What a
 * syslog server puts there is read in the forms of RFC 3164, RFC 5424, and of
 * files with stamps as in RFC 3339.  A stamp without a year is that of the year
 * which brings it nearest to `clock`; of one with a zone the time is taken as
 * it stands, as the appliance's own is, and whole seconds as a log has. */
bool maillog_stamp_parse(
    struct slice line, utime clock, struct maillog_stamp *stamp);

/* The clock by which a first stamp without a year is of the year before `last`,
 * when the log was written last, with a day for clocks and zones. */
utime maillog_clock_before(utime last);

#endif
