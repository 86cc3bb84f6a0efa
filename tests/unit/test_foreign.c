/* SPDX-License-Identifier: MIT */
/*
 * Tables of others: what is read, what is written, what is noted, and that what
 * is written without a note reads back as the same table.
 */
#include "harness/routes/compare.h"
#include "harness/routes/foreign.h"

#include "tests/unit/kit.h"

#define TEN_LETTERS "abcdefghij"
#define LONG_WORD   /* 100 of them */                                          \
	TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS            \
	    TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS

struct row {
	const char *name;
	enum foreign_form form;
	const char *text;
	const char *table; /* what it reads as; NULL: it is wrong */
	const char *notes; /* "LINE LINE", or the first error */
};

static struct row read_rows[] = {
	{ "postfix", FOREIGN_POSTFIX,
	    "# transport\n"
	    "example.com    smtp:[mx.example.com]:587\n"
	    ".example.com   relay:mx.example.org\n"
	    "example.org    smtp:[10.1.1.1],\n"
	    "  [IPv6:2001:db8::1]:26 mx3\n"
	    "void.example   discard:\n"
	    "dns.example    smtp:\n"
	    "*              :[out.example]\n",
	    "example.com: [mx.example.com]:587\n.example.com: mx.example.org\n"
	    "example.org: 10.1.1.1, [2001:db8::1]:26/pri=10, mx3/pri=20\n"
	    "void.example: /dev/null\ndns.example: USEDNS\n"
	    "ALL: [out.example]\n",
	    "" },
	{ "postfix, what a table cannot say", FOREIGN_POSTFIX,
	    "user@example.com smtp:[a]\nexample.com local:\n"
	    "example.org lmtp:unix:private/lmtp\n",
	    "", "1 2 3" },
	{ "postfix, a word that is no text", FOREIGN_POSTFIX, "a\033[2J\001b\n",
	    NULL,
	    "f:1:1: \"a?[2J?b\" has no value; expected transport:nexthop" },
	/* What was expected is told all the same. */
	{ "postfix, a long word", FOREIGN_POSTFIX,
	    LONG_WORD LONG_WORD LONG_WORD LONG_WORD LONG_WORD LONG_WORD, NULL,
	    "f:1:1: \"" LONG_WORD
	    "...\" has no value; expected transport:nexthop" },
	{ "postfix, wrong", FOREIGN_POSTFIX, "example.com\n", NULL,
	    "f:1:1: \"example.com\" has no value; expected "
	    "transport:nexthop" },
	{ "postfix, twice: the first one wins", FOREIGN_POSTFIX,
	    "a.b smtp:c\nA.b. smtp:d\n", "a.b: c\n", "2" },
	{ "postfix, names of ports, and comments within", FOREIGN_POSTFIX,
	    "\xef\xbb\xbf"
	    "a.example smtp:[h]:submission,\r\n"
	    "# of a.example, too\r\n\r\n\t  inet:i:smtp\r\n"
	    "b.example :\r\nc.example relay:[j]:smtps\r\n",
	    "a.example: [h]:587, i:25/pri=10\nb.example: USEDNS\n"
	    "c.example: [j]:465\n",
	    "" },
	{ "postfix, no port", FOREIGN_POSTFIX, "a.example smtp:h:imap\n", NULL,
	    "f:1:1: \"h:imap\" is no next hop; expected host, [host] or "
	    "[host]:port" },
	{ "postfix, no name", FOREIGN_POSTFIX, "a_b!c smtp:d\n", NULL,
	    "f:1:1: \"a_b!c\" is no name; expected letters, digits, dots, "
	    "hyphens and underscores" },
	{ "postfix relay", FOREIGN_POSTFIX_RELAY,
	    "example.com OK\n.example.org x\n",
	    "example.com: USEDNS\n.example.org: USEDNS\n", "0" },
	{ "exim", FOREIGN_EXIM,
	    "example.com: mx1.example.com:mx2.example.com byname\n"
	    "*.example.com:  mx3/MX : 10.1.1.1\n"
	    "example.org: <; h1:26 ; [2001:db8::1]:27; + ; h2 randomize\n"
	    "ports.example: a::26:b\n"
	    "self.example: self.example/MX\n"
	    "*: out\n",
	    "example.com: [mx1.example.com], [mx2.example.com]/pri=10\n"
	    ".example.com: mx3, 10.1.1.1/pri=10\n"
	    "example.org: [h1]:26, [2001:db8::1]:27, [h2]/pri=10\n"
	    "ports.example: [a]:26, [b]/pri=10\n"
	    "self.example: USEDNS\nALL: [out]\n",
	    "" },
	{ "exim, what a table cannot say", FOREIGN_EXIM,
	    "^rx: a\nexample.com: a hosts_try_auth=x\nm*l.example: b\n",
	    "example.com: [a]\n", "1 2 3" },
	{ "exim, as lsearch reads it", FOREIGN_EXIM,
	    "\"q.example\": a\nblank.example  b.example::26 : c/mx::27\n"
	    "long.example: d :\n  e\n# between\n\n\t: f byname\n"
	    "long.example: never\n",
	    "q.example: [a]\nblank.example: [b.example]:26, c:27/pri=10\n"
	    "long.example: [d], [e]/pri=10, [f]/pri=20\n",
	    "8" },
	{ "exim, what it makes anew or hands on", FOREIGN_EXIM,
	    "a.example: $domain/MX : b\nnone.example:\nalone.example\n"
	    "\\N^x\\N: c\n@@mx_any: d\n+list: e\n!f: g\n",
	    "a.example: [b]/pri=10\n", "1 2 3 4 5 6 7" },
	{ "exim, groups that are an order anyway", FOREIGN_EXIM,
	    "a.example: <; b ; + ; c\n", "a.example: [b], [c]/pri=10\n", "" },
	{ "exim, hosts beside MX records", FOREIGN_EXIM,
	    "a.example: a.example/MX : b\nb.example: c : b.example/MX\n",
	    "a.example: USEDNS\nb.example: [c]\n", "1 2" },
	{ "exim, wrong", FOREIGN_EXIM, "example.com: [h\n", NULL,
	    "f:1:1: \"[h\" is no host; expected host, host/MX or "
	    "host:port" },
	{ "sendmail", FOREIGN_SENDMAIL,
	    "example.com\tesmtp:[mx1.example.com]:mx2\n"
	    ".example.com smtp:[IPv6:2001:db8::1]\n"
	    ".example.net esmtp:%1.example.net\n"
	    "dns.example esmtp:dns.example\n"
	    "void.example discard:x\n. relay:[10.1.1.1]\n",
	    "example.com: [mx1.example.com], mx2/pri=10\n"
	    ".example.com: 2001:db8::1\n.example.net: USEDNS\n"
	    "dns.example: USEDNS\nvoid.example: /dev/null\nALL: 10.1.1.1\n",
	    "" },
	{ "sendmail, what a table cannot say", FOREIGN_SENDMAIL,
	    "example.com error:nouser no\n.b.example esmtp:%1.out\n", "",
	    "1 2" },
	{ "exchange", FOREIGN_EXCHANGE,
	    "#TYPE Microsoft.Exchange.Data\r\n"
	    "\"Port\",\"Name\",\"SmartHosts\",\"AddressSpaces\",\"Enabled\","
	    "\"DNSRoutingEnabled\"\r\n"
	    "25,\"A \"\"1\"\"\",\"[10.1.1.1],mx2\",\"SMTP:example.com;1,\n"
	    "smtp:*.example.com;1\",True,False\r\n"
	    "587,B,backup,SMTP:example.com;6,True,False\r\n"
	    "25,C,,SMTP:dns.example;1,True,True\r\n"
	    "25,D,out,*,True,False\r\n"
	    "25,E,off,*,False,False\r\n",
	    "example.com: 10.1.1.1, mx2, backup:587/pri=5\n"
	    ".example.com: 10.1.1.1, mx2\ndns.example: USEDNS\nALL: out\n",
	    "8" },
	{ "exchange, by another language", FOREIGN_EXCHANGE,
	    "\"Name\";\"AddressSpaces\";\"SmartHosts\"\r\n"
	    "\"a\";\"{SMTP:a.example;1, SMTP:*.b.example;3}\";\"[10.1.1.1]\"\r\n",
	    "a.example: 10.1.1.1\n.b.example: 10.1.1.1/pri=2\n", "" },
	{ "exchange, hosts as text", FOREIGN_EXCHANGE,
	    "AddressSpaces,SmartHosts,SmartHostsString\n"
	    "a.example,Microsoft.Exchange.Data.MultiValuedProperty`1[X],h\n",
	    "a.example: h\n", "" },
	{ "exchange, types for lists", FOREIGN_EXCHANGE,
	    "AddressSpaces,SmartHosts\n"
	    "System.Collections.ArrayList,h\n",
	    NULL,
	    "f:2:1: AddressSpaces has the name of a type for a list; expected "
	    "the list, as by Select-Object "
	    "@{n='AddressSpaces';e={$_.AddressSpaces -join ','}}" },
	{ "exchange, what is no matter of a table", FOREIGN_EXCHANGE,
	    "Name,AddressSpaces,SmartHosts,RequireTLS,SmartHostAuthMechanism,"
	    "IsScopedConnector,DNSRoutingEnabled\n"
	    "A,a.example,h,True,BasicAuth,True,False\n"
	    "B,*;1,,False,None,False,True\n"
	    "C,X400:c=US;a= ;p=x;1,h,False,None,False,False\n"
	    "D,smtp:a.example;5,,False,None,False,True\n",
	    "a.example: h\n", "2 2 2 3 4 2" },
	/* It would have taken the connectors behind it for one field. */
	{ "exchange, a quote that is not closed", FOREIGN_EXCHANGE,
	    "AddressSpaces,SmartHosts\na.example,h\n"
	    "\"b.example,h\nc.example,h\nd.example,h\n",
	    NULL,
	    "f:3:1: a quote is not closed, or stands within a field; expected "
	    "\"...\" around the whole field, each quote in it twice" },
	{ "exchange, a quote that is closed by the next", FOREIGN_EXCHANGE,
	    "AddressSpaces,SmartHosts\n\"a.example,h\n\"b.example\",h\n", NULL,
	    "f:2:1: a quote is not closed, or stands within a field; expected "
	    "\"...\" around the whole field, each quote in it twice" },
	{ "exchange, quotes in quotes", FOREIGN_EXCHANGE,
	    "AddressSpaces,SmartHosts,Name\n"
	    "a.example,\"h\"\r\nb.example,\"\",\"\"\"B\"\"\"\n",
	    "a.example: h\n", "3" },
	{ "exchange, no port", FOREIGN_EXCHANGE,
	    "AddressSpaces,SmartHosts,Port\na.example,h,65536\n", NULL,
	    "f:2:1: \"65536\" is no port; expected a number of 1 to 65535" },
	{ "exchange, nothing to say", FOREIGN_EXCHANGE,
	    "Name,AddressSpaces,SmartHosts\nA,a.example,{}\nB,,h\n", "",
	    "2 3" },
	{ "exchange, wrong", FOREIGN_EXCHANGE, "a,b\n1,2\n", NULL,
	    "f:1:1: no columns AddressSpaces and SmartHosts; expected a line "
	    "with the names of columns" },
	{ "json", FOREIGN_JSON,
	    "{\"routes\": [{\"domain\": \"a.example\", \"destinations\": "
	    "[{\"host\": \"h\", \"port\": 26, \"priority\": 5, "
	    "\"lookup\": \"addresses\"}], \"auth\": \"p\"},\n"
	    " {\"domain\": \"ALL\", \"discard\": true}]}",
	    "a.example: [h]:26/pri=5 auth=p\nALL: /dev/null\n", "" },
	{ "json, twice", FOREIGN_JSON,
	    "{\"routes\": [{\"domain\": \"a\", \"usedns\": true},\n"
	    " {\"domain\": \"A\", \"usedns\": true}]}",
	    NULL, "f:2:1: A is there already, on line 1; expected it once" },
	{ "json, wrong", FOREIGN_JSON,
	    "{\"routes\": [\n {\"domain\": \"a\", \"usedns\": true, "
	    "\"discard\": true}]}",
	    NULL, NULL },
	{ "json, two lines in one", FOREIGN_JSON,
	    "{\"routes\": [{\"domain\": \"a\", \"destinations\": "
	    "[{\"host\": \"h\\nb: i\"}]}]}",
	    NULL, NULL },
};

static void
check_read(void **state)
{
	const struct row *row = *state;
	struct foreign_notes notes = { 0 };
	struct err_list errors = { 0 };
	struct buf table = { 0 }, said = { 0 };
	char text[ERR_FILE_MAX + ERR_MSG_MAX + 32];
	struct routes *r = foreign_read(
	    row->form, slice_cstr(row->text), "f", &notes, &errors);

	assert_int_equal(r == NULL, row->table == NULL);
	assert_int_equal(errors.total > 0, row->table == NULL);
	for (size_t i = 0; i < notes.count; i++)
		buf_printf(&said, "%s%d", i > 0 ? " " : "", notes.list[i].line);
	if (r == NULL) {
		buf_clear(&said);
		buf_append_cstr(
		    &said, err_format(&errors.list[0], text, sizeof(text)));
	} else {
		routes_format(r, &table);
		assert_slice(buf_slice(&table), row->table);
	}
	if (row->notes != NULL)
		assert_slice(buf_slice(&said), row->notes);
	foreign_notes_fini(&notes);
	err_list_fini(&errors);
	routes_destroy(&r);
	buf_fini(&table);
	buf_fini(&said);
}

/* ---- there and back ---- */

/* Each is said by some and not by others. */
static const char *const tables[] = {
	"a.example: h\n",
	"a.example: [h]\nb.example: h\n.c.example: 10.1.1.1\n",
	"a.example: [h], [i]/pri=10, 10.1.1.1/pri=20\n",
	"a.example: h, i\n",
	"a.example: h/pri=3, i/pri=4\n",
	"a.example: h:26, [2001:db8::1]:27/pri=10\n",
	"a.example: 2001:db8::1\n",
	"a.example: USEDNS\n.b.example: USEDNS\n",
	"a.example: /dev/null\nALL: [out]\n",
	"a.example: h auth=p\n",
	"a.example: h/pri=200\n",
	"a.example: h:25\n",
};

/* Which of them each form says without a note. */
static struct there_row {
	const char *name;
	enum foreign_form form;
	const char *said; /* a letter a table */
} there_rows[] = {
	{ "postfix, there and back", FOREIGN_POSTFIX, "yyynnyyyynny" },
	{ "exim, there and back", FOREIGN_EXIM, "yyynnyynnnny" },
	{ "sendmail, there and back", FOREIGN_SENDMAIL, "yyynnnyyynnn" },
	{ "exchange, there and back", FOREIGN_EXCHANGE, "ynnyyyyynnnn" },
	{ "json, there and back", FOREIGN_JSON, "yyyyyyyyyyyy" },
	{ "postfix relay, there and back", FOREIGN_POSTFIX_RELAY,
	    "nnnnnnnnnnnn" },
};

static bool
same_way(const struct routes *a, const struct routes *b)
{
	struct compare *c = compare_new(a, b);
	bool same = compare_count(c) == 0;

	compare_destroy(&c);
	return same;
}

static void
check_there(void **state)
{
	const struct there_row *row = *state;

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		struct foreign_notes notes = { 0 };
		struct err_list errors = { 0 };
		struct routes *r = routes_parse(
				  slice_cstr(tables[i]), "t", &errors),
			      *back;
		struct buf out = { 0 };

		assert_non_null(r);
		foreign_write(row->form, r, &notes, &out);
		if ((notes.count == 0) != (row->said[i] == 'y'))
			fail_msg("table %zu: %zu notes", i, notes.count);
		back = foreign_read(
		    row->form, buf_slice(&out), "f", &notes, &errors);
		if (back == NULL)
			fail_msg("table %zu: %s", i, errors.list[0].msg);
		if (row->said[i] == 'y' && !same_way(r, back))
			fail_msg("table %zu: %s", i, buf_cstr(&out));
		routes_destroy(&r);
		routes_destroy(&back);
		err_list_fini(&errors);
		foreign_notes_fini(&notes);
		buf_fini(&out);
	}
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, read_rows, check_read);
	ROWS(&kit, there_rows, check_there);
	return kit_run(&kit, "foreign");
}
