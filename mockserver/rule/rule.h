/* SPDX-License-Identifier: MIT */
/*
 * A rule: when a host departs from a well-behaved server.  This file holds what
 * a rule says (const, from the scenario) and decides whether it acts; what its
 * acting looks like on the wire is reaction.h.  Pure.
 *
 * On each occasion (a stage of a dialogue) the rules of the host are asked in
 * the order of the file.  A rule *holds* when its stage is that of the occasion
 * and each of its conditions is true: match, from, to, size, client, during, in
 * and, asked last and drawn only then, probability.  A rule that holds *counts*
 * the occasion, under the key that `per` names, and then acts unless its
 * counting conditions forbid it:
 *
 *	nth     n or a list: the occasion's number is one of them
 *	every   k: the number is a multiple of k
 *	first   k: the number is at most k
 *	times   k: the rule has acted less than k times under this key
 *	within  span: it is less than so long since the first occasion
 *	rate    count, within: the number is over count.  Numbers begin anew
 *	        with the first occasion that comes when `within` has passed
 *	        since the first one of the last window
 *	quota   messages or bytes, within: so much has been taken under this
 *	        key, or would be more with this message.  What was taken is
 *	        forgotten when `within` has passed since the first of it
 *
 * A count that saw nothing for `forget` begins anew.  The first rule that acts
 * ends the search.  Hence an occasion on which an earlier rule acted is not
 * counted by a later one, and one on which an earlier rule held but did not act
 * is.
 *
 * Keys of `per`:
 *
 *	host        one count for the whole run (the default)
 *	connection  one for each connection
 *	message     one for each transaction, which begins with its MAIL
 *	recipient   one for each recipient's address (stage rcpt)
 *	sender      one for each reverse path (stages from mail to eod)
 *	client      one for each client's address, all of its connections
 *	triple      one for each client, sender and recipient (stage rcpt)
 *
 * A host is in a *state*, "start" at first.  A rule with `set` that acts puts
 * it into another, at once, and one with `in` asks for it.  Both mean the
 * host's own state, or with scope "scenario" the one that all hosts share.
 *
 * A command that is wrong (badly written, out of order, not offered) is an
 * occasion for those rules alone whose `wrong` has the code that it deserves;
 * and a DATA for which there is no recipient for those with `nobody`, too.
 *
 * The occasion of stage body is the moment at which `after` bytes of content
 * have come, that of stage command the one at which so many bytes of a command
 * line have, its end included; so each such rule meets its own.
 *
 * Addresses are compared without case.  A host remembers at most RULE_KEYS_MAX
 * keys of recipients, senders, clients and triples; further ones share one
 * count.
 */
#ifndef FAULTPOST_MOCK_RULE_H
#define FAULTPOST_MOCK_RULE_H

#include "core/base/buf.h"
#include "core/base/network.h"
#include "core/base/utime.h"
#include "core/json/table.h"
#include "core/smtp/stage.h"
#include "mockserver/rule/tls_fault.h"
#include "mockserver/rule/tls_kind.h"

#define RULE_KEYS_MAX 1000000

/* X(constant, name in scenarios) */
#define RULE_PERS(X)                                                           \
	X(RULE_PER_HOST, "host")                                               \
	X(RULE_PER_CONNECTION, "connection")                                   \
	X(RULE_PER_MESSAGE, "message")                                         \
	X(RULE_PER_RECIPIENT, "recipient")                                     \
	X(RULE_PER_SENDER, "sender")                                           \
	X(RULE_PER_CLIENT, "client")                                           \
	X(RULE_PER_TRIPLE, "triple")
enum rule_per {
#define X(constant, name) constant,
	RULE_PERS(X)
#undef X
};

/* Whose state `in` and `set` mean.  X(constant, name in scenarios) */
#define RULE_REACHES(X)                                                        \
	X(RULE_REACH_HOST, "host")                                             \
	X(RULE_REACH_SCENARIO, "scenario")
enum rule_reach {
#define X(constant, name) constant,
	RULE_REACHES(X)
#undef X
};

/* More than so many occasions in so long a window. */
struct rule_rate {
	uint64_t count; /* 0: no such condition */
	utime within;
};

/* So much was taken; one of messages and bytes is 0, both: no such
 * condition. */
struct rule_quota {
	uint64_t messages, bytes;
	utime within; /* 0: for good */
};

/* How a reaction ends. */
enum rule_ending {
	RULE_KEEP,    /* the dialogue goes on */
	RULE_CLOSE,   /* FIN behind the whole reply */
	RULE_HALF,    /* the same, and what comes is read and ignored */
	RULE_DISCARD, /* what was pipelined behind is thrown away */
	RULE_DROP,    /* FIN behind some bytes of the reply, or none */
	RULE_RESET,   /* RST behind some bytes of the reply, or none */
	RULE_VANISH,  /* gone without a word behind some bytes of it, or none */
	RULE_STALL,   /* behind the reply, if there is one, nothing is acted
	               * upon any more; FIN when the time is over */
};
/* Those that "then" asks for: X(constant, name in scenarios) */
#define RULE_THENS(X)                                                          \
	X(RULE_CLOSE, "close")                                                 \
	X(RULE_HALF, "half-close")                                             \
	X(RULE_DISCARD, "discard")

/* What drop, reset and vanish say: `true`, or {"after": n}. */
enum rule_cut_way {
	RULE_CUT_ABSENT,
	RULE_CUT_TRUE,
	RULE_CUT_AFTER,
};
struct rule_cut_after {
	uint64_t bytes;
};
struct rule_cut {
	enum rule_cut_way way;
	struct rule_cut_after after; /* bytes of the reply that are sent */
};

/* What stall says: `true`, or a duration. */
enum rule_stall_way {
	RULE_STALL_ABSENT,
	RULE_STALL_FOREVER,
	RULE_STALL_SPAN,
};
struct rule_stall {
	enum rule_stall_way way;
	utime span;
};

/* A reply as it goes on the wire, "452-a\r\n452 b\r\n", its templates not
 * yet filled in; or raw bytes. */
struct rule_reply {
	struct slice wire; /* at NULL: the rule has no reply */
	int code;          /* of the last line; raw: of the first reply that the
	                    * bytes are, 0 when they are none */
	bool has_templates;
};

/* An answer in portions. */
struct rule_drip {
	JSON_ARRAY_OF(uint64_t)
	portions; /* empty: all at once; one: each has
	           * so many bytes; more: the first
	           * ones, then the rest */
	utime every;
};
/* How many of `left` bytes the portion of that index has, from 0. */
size_t rule_drip_portion(
    const struct rule_drip *drip, size_t index, size_t left);

/* How many times an answer is sent. */
enum rule_repeat_way {
	RULE_REPEAT_TIMES,
	RULE_REPEAT_ENDLESS,
};
struct rule_repeat {
	enum rule_repeat_way way;
	uint64_t times;
};

/* How fast the host reads from then on. */
enum rule_read_way {
	RULE_READ_ABSENT,
	RULE_READ_NOTHING,
	RULE_READ_SLOWLY,
};
struct rule_read_pace {
	uint64_t bytes;
	utime every;
};
struct rule_read {
	enum rule_read_way way;
	struct rule_read_pace pace;
};

/* The manner of all replies from then on. */
struct rule_throughout {
	struct slice line_end; /* at NULL: CR LF */
	bool text;             /* false: the code and nothing else */
	struct rule_drip drip;
};

struct pcre2_real_code_8;
struct rule_pattern {
	const struct pcre2_real_code_8 *code; /* NULL: none */
	struct slice text;                    /* as in the file */
};

/* All pointers live in the arena of the scenario. */
struct rule {
	const char *place;   /* FILE:LINE:COL of the rule */
	const char *pointer; /* JSON pointer */
	bool is_of_profile;  /* the pointer is one in a profile's file */
	enum smtp_stage on;

	struct rule_pattern match;
	JSON_ARRAY_OF(struct slice) from, to; /* globs; empty list: any */
	uint64_t size;                        /* at least so many bytes */
	struct ip_network client;             /* family 0: any */
	JSON_ARRAY_OF(utime)
	during; /* empty, or from (included) and until (excluded) */
	double probability;
	bool nobody; /* DATA behind recipients that were all refused */
	JSON_ARRAY_OF(uint16_t) wrong; /* codes; empty list: nothing is wrong */
	enum rule_per per;
	JSON_ARRAY_OF(uint64_t) nth;
	uint64_t every, first, times; /* 0: no such condition */
	struct rule_rate rate;
	struct rule_quota quota;
	utime within, forget;           /* 0: no such condition */
	JSON_ARRAY_OF(struct slice) in; /* states; empty list: any */
	enum rule_reach scope;
	bool optional;
	uint64_t after; /* BODY, COMMAND: when so many bytes have come */

	JSON_ARRAY_OF(struct slice) reply_lines; /* as in the file */
	struct slice raw;        /* bytes instead; at NULL: none */
	struct rule_reply reply; /* made of either */
	uint64_t garbage;        /* so many random bytes instead; 0: none */
	struct rule_repeat repeat;
	struct rule_drip drip;
	utime delay;
	struct rule_stall stall;
	struct rule_cut drop, reset, vanish;
	uint16_t as;           /* the code that counts; 0: that of the answer */
	struct slice set;      /* the state behind it; at NULL: none */
	enum rule_ending then; /* KEEP, or one of RULE_THENS */
	enum mock_tls_kind starttls;
	struct mock_tls_fault tls_fault;
	bool has_starttls; /* else the host's own certificate is shown */

	struct rule_read read;
	utime linger; /* before the host ends what the client has ended */
	struct rule_throughout throughout;
	bool has_throughout;
	uint64_t throttle; /* bytes a second both ways, as read and throughout
	                    * then say it; 0: no limit */
};

/* An entry of the rules list in scenarios ("rule" in the schema). */
extern const struct json_table rule_table;

/* How the rule's reaction ends, and how many bytes of the reply go before it
 * (UINT64_MAX: all). */
enum rule_ending rule_ending_of(const struct rule *r, uint64_t *reply_bytes);
/* What the rule does, in words, for transcripts: "delay 5s, reply 452". */
void rule_format_action(const struct rule *r, struct buf *out);
/* One of RULE_THENS, as scenarios say it. */
const char *rule_then_name(enum rule_ending then);

/* A stage of a dialogue, as rules see it.  Slices are borrowed for the call;
 * those that make no sense at the stage are empty. */
struct occasion {
	enum smtp_stage stage;
	utime now;
	struct slice argument;  /* of the command; UNKNOWN: the whole line;
	                         * COMMAND: what has come of it */
	struct slice from;      /* reverse path; empty: the null path or none */
	const struct slice *to; /* RCPT: the one; later: those accepted */
	size_t to_count;
	uint64_t size; /* MAIL to DATA: what SIZE= says; later: bytes of
	                * content */
	const struct ip_address *client;
	bool is_secured;
	bool is_for_nobody; /* DATA: sent ahead, no recipient was accepted */
	int wrong; /* what a correct server would say to a command that is
	            * wrong; 0: nothing is */
};

/* The counts that belong to one connection; zeroed is empty.  Init before use
 * with the number of rules; message counts start anew with each
 * rule_scope_begin_message(). */
struct rule_count;
struct rule_scope {
	struct rule_count *connection, *message; /* owned; [number] */
	size_t count;
};
void rule_scope_init(struct rule_scope *s, size_t rule_count);
void rule_scope_begin_message(struct rule_scope *s);
void rule_scope_fini(struct rule_scope *s);

/* A state, which rules read and set; RULE_STATE_START at first. */
#define RULE_STATE_START "start"
#define RULE_STATE_MAX   64 /* characters */
struct rule_machine {
	char state[4 * RULE_STATE_MAX + 1]; /* empty: RULE_STATE_START */
};
const char *rule_machine_state(const struct rule_machine *m);
/* `state` has at most RULE_STATE_MAX characters. */
void rule_machine_set(struct rule_machine *m, struct slice state);

/* The counts of a host's rules, its state, and its dice. */
struct rule_book;
/* `rules` is borrowed until rule_book_destroy(); `start` is where `during`
 * counts from. */
struct rule_book *rule_book_new(
    const struct rule *rules, size_t count, uint64_t seed, utime start);
void rule_book_destroy(struct rule_book **bp);
/* One more rule (borrowed likewise), which is not asked before it is arranged.
 * Returns its number: the rules that the book was made with have the first
 * ones, in their order.  No number is given twice. */
size_t rule_book_add(struct rule_book *b, const struct rule *rule);
/* From now on the rules of these numbers are asked, in this order.  The others
 * keep their counts. */
void rule_book_arrange(
    struct rule_book *b, const size_t *numbers, size_t count);
/* The state of scope "scenario" is this one, borrowed until
 * rule_book_destroy(); without, the book has one of its own. */
void rule_book_share(struct rule_book *b, struct rule_machine *machine);
/* The rule that acts on this occasion, or NULL, counting as told above.  *n is
 * the number of the occasion under its key.  Under 1 us for 100 rules that do
 * not hold. */
const struct rule *rule_book_ask(struct rule_book *b, struct rule_scope *s,
    const struct occasion *o, uint64_t *n);
/* A message was taken: counts it for the quotas of its recipients, its sender
 * and its client.  `o` is its occasion of stage eod. */
void rule_book_charge(
    struct rule_book *b, struct rule_scope *s, const struct occasion *o);
/* How often the rule of that number acted. */
uint64_t rule_book_acted(const struct rule_book *b, size_t number);
/* The occasion on which the rule of that number, which never acted, came
 * nearest to it; NULL: there was none.  Valid until the book is asked again. */
struct rule_near;
const struct rule_near *rule_book_near(
    const struct rule_book *b, size_t number);
/* Why the rule of that number, which never acted, did not: appends a sentence,
 * without a full stop, about the occasion on which it came nearest to it.
 * Returns when that was, or UTIME_NEVER: there was none on which but one
 * condition was false. */
utime rule_book_explain(
    const struct rule_book *b, size_t number, struct buf *out);
/* The host's state. */
struct rule_machine *rule_book_machine(struct rule_book *b);
/* The least `after` of the rules for that stage, BODY or COMMAND, that is at
 * least `from`, or UINT64_MAX: the number of bytes at which the next occasion
 * is due. */
uint64_t rule_book_next_after(
    const struct rule_book *b, enum smtp_stage stage, uint64_t from);
/* A number of the host's dice, for what a rule does. */
uint64_t rule_book_draw(struct rule_book *b);
/* More than RULE_KEYS_MAX keys were needed. */
bool rule_book_overflowed(const struct rule_book *b);

#endif
