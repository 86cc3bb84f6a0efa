/* SPDX-License-Identifier: MIT */
/*
 * Why a log and the run that reproduces it differ: for each message, and for
 * the connections of each domain, where they part first, and what about that
 * the log does not tell, or tells and a scenario cannot say.  Pure.
 */
#ifndef FAULTPOST_LOG_CAUSE_H
#define FAULTPOST_LOG_CAUSE_H

#include "harness/log/log_compare.h"

/* X(constant, name for programs, what the log does not tell) */
#define LOG_CAUSES(X)                                                          \
	X(LOG_CAUSE_RESTART, "restart",                                        \
	    "a log file began before that; whether the appliance was "         \
	    "started again, when it had stopped and what was lost then the "   \
	    "log does not tell")                                               \
	X(LOG_CAUSE_OPERATOR, "operator",                                      \
	    "an operator's doing is in the log before that, and not which "    \
	    "command it was")                                                  \
	X(LOG_CAUSE_ENDED, "ended-without-a-host",                             \
	    "the message ended and no host had it; an operator's command, or " \
	    "an age or a count that ended it, of which the log has not the "   \
	    "rule")                                                            \
	X(LOG_CAUSE_SPLIT, "made-of-others",                                   \
	    "messages were made of others before that, by a policy or "        \
	    "filter that the log does not show")                               \
	X(LOG_CAUSE_OWN_MAIL, "own-mail",                                      \
	    "it was opened for mail that the appliance wrote itself; what "    \
	    "made it write that, and to whom, is a setting that the log does " \
	    "not show")                                                        \
	X(LOG_CAUSE_LEFT_OUT, "left-out",                                      \
	    "the mail behind the end of what is taken of the log is not "      \
	    "there")                                                           \
	X(LOG_CAUSE_NO_ATTEMPT, "no-attempt",                                  \
	    "the mail waits, and no attempt is in the log: a name that did "   \
	    "not resolve, a limit, or a host that was not asked, of which it " \
	    "has no line")                                                     \
	X(LOG_CAUSE_LOOKUP, "look-up",                                         \
	    "DNS did not answer; how often it was asked, and what it had "     \
	    "said that was still known, the log does not tell")                \
	X(LOG_CAUSE_HOST_LEFT, "host-left",                                    \
	    "the mail waits, where the run goes on to another host: one that " \
	    "was no host of the route then, or a setting by which the "        \
	    "appliance does not go on, which the log does not show")           \
	X(LOG_CAUSE_EARLY, "early-round",                                      \
	    "the mail was tried before its wait was over: by an operator's "   \
	    "command, or since other mail had got through; which the log "     \
	    "does not tell")                                                   \
	X(LOG_CAUSE_SCHEDULE, "schedule",                                      \
	    "the mail waited longer than the run lets it: another bounce "     \
	    "profile, a limit, or a host that was known to be down, which "    \
	    "the log does not show")                                           \
	X(LOG_CAUSE_NO_REPLY, "no-smtp",                                       \
	    "the host said what is no answer to the command; at which stage "  \
	    "the log does not tell")                                           \
	X(LOG_CAUSE_SHARE, "part-of-the-recipients",                           \
	    "a part of the recipients went first; which bound or reply "       \
	    "parted them the log does not tell")                               \
	X(LOG_CAUSE_STAGE, "stage",                                            \
	    "the connection failed, or a recipient was put off; at which "     \
	    "stage and on which occasion the log does not tell")               \
	X(LOG_CAUSE_REACH, "reach",                                            \
	    "the host could not be reached; from when to when, between two "   \
	    "attempts, the log does not tell")                                 \
	X(LOG_CAUSE_ADDRESS, "address",                                        \
	    "which host of the route had which address, or how DNS ranked "    \
	    "them, the log does not tell")                                     \
	X(LOG_CAUSE_ORDER, "order",                                            \
	    "several things for the domain are in that second or under way; "  \
	    "which was first, within it, the log does not tell")               \
	X(LOG_CAUSE_SETTING, "setting",                                        \
	    "nothing in the log says why: a setting that it does not show, "   \
	    "or an appliance that does otherwise")                             \
	X(LOG_CAUSE_FOLLOWS, "follows",                                        \
	    "it goes on from what differs before it")
enum log_cause {
#define X(constant, name, words) constant,
	LOG_CAUSES(X) LOG_CAUSE_COUNT
#undef X
};

/* Where a message or the connections of a domain part from the run. */
struct log_parting {
	size_t row; /* of the comparison */
	enum log_cause cause;
	size_t rows; /* of it that differ, with this one */
};

struct log_partings {
	struct log_parting *at; /* owned; in the order of their moments */
	size_t count, cap;
};

/* `has_names`: the routes were given, and have names that the log has not. */
void log_causes_find(struct log_partings *partings,
    const struct log_comparison *comparison, const struct log_case *theirs,
    const struct log_case *ours, bool has_names);
void log_partings_fini(struct log_partings *partings);

const char *log_cause_name(enum log_cause cause);
/* Appends one in words: "mail.log:12, MID 1, 0:01:00 (early-round): 10.1.1.11
 * port 25 is given MID 1 RID 0 in the log only: ...". */
void log_parting_format(const struct log_parting *parting,
    const struct log_comparison *comparison, const struct log_case *theirs,
    const struct log_case *ours, struct buf *out);

#endif
