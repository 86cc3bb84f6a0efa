/* SPDX-License-Identifier: MIT */
/*
 * JSON to structs by table: one row a field.  The rows are the reader (this
 * header), the JSON Schema and the reference page (schema.h) at once, hence
 * these cannot disagree.
 *
 *	static const struct json_word sides[] = {
 *		{ "left", SIDE_LEFT },
 *		{ "right", SIDE_RIGHT },
 *	};
 *	static const struct json_field door_fields[] = {
 *		{ "side", JF_WORD(sides), JSON_AT(struct door, side),
 *		    JSON_REQUIRED, "Where the handle is." },
 *		{ "wait", JF_DURATION, JSON_AT(struct door, wait), "5s",
 *		    "How long it stays open." },
 *	};
 *	static const struct json_table door_table = {
 *		.name = "door",
 *		.help = "One door.",
 *		.size = sizeof(struct door),
 *		JSON_FIELDS(door_fields),
 *	};
 *
 * What is read lives in the caller's arena and is const afterwards, except
 * JF_ANY values, which are borrowed from the document.
 */
#ifndef FAULTPOST_JSON_TABLE_H
#define FAULTPOST_JSON_TABLE_H

#include "core/base/arena.h"
#include "core/base/utime.h"
#include "core/json/doc.h"

struct json_table;
struct json_form;

/* A member that holds an array or a map:
 *	JSON_ARRAY_OF(struct rule) rules;    rules.at[i], i < rules.count */
#define JSON_ARRAY_OF(type)                                                    \
	struct {                                                               \
		type const *at;                                                \
		size_t count;                                                  \
	}

/* What JF_ANY fills in. */
struct json_any {
	json_t *value;       /* borrowed from the document; NULL: absent */
	const char *pointer; /* for json_at_pointer() */
};

/* The start of a way down at such a value, which must not be absent. */
struct json_at json_at_any(
    const struct json_doc *doc, const struct json_any *any);

/* A name and what it stands for. */
struct json_word {
	const char *name;
	int64_t value;
};

/* A value with a grammar or a structure of its own.  `read` is called for
 * values of the JSON types in `types` only, fills in `to` (the member, or an
 * array's element), keeps nothing of `at`, and reports with json_fail() or
 * json_fail_inside(). */
struct json_custom {
	const char *name;    /* "SMTP reply": in docs; schema: smtp-reply */
	unsigned types;      /* JSON_ACCEPTS_... */
	const char *pattern; /* regex of a whole string, without anchors, or
	                        NULL: any string */
	const char *schema;  /* JSON object text that says it all, instead of
	                        description, type and pattern; or NULL */
	bool (*read)(const struct json_at *at, void *to, struct arena *arena,
	    struct err *err);
};

enum {
	JSON_ACCEPTS_STRING = 1 << 0,
	JSON_ACCEPTS_INTEGER = 1 << 1,
	JSON_ACCEPTS_NUMBER = 1 << 2, /* integers too */
	JSON_ACCEPTS_BOOLEAN = 1 << 3,
	JSON_ACCEPTS_OBJECT = 1 << 4,
	JSON_ACCEPTS_ARRAY = 1 << 5,
	JSON_ACCEPTS_NULL = 1 << 6
};

/* One way to write a JF_CHOICE; the JSON type of the value selects the first
 * that accepts it, and `tag` is stored. */
struct json_choice {
	const struct json_form *form;
	size_t offset, size; /* in the choice's struct; size 0: not kept */
	size_t has;          /* as in struct json_field */
	int64_t tag;
};

enum json_kind {
	JSON_KIND_STRING,
	JSON_KIND_BOOLEAN,
	JSON_KIND_INTEGER,
	JSON_KIND_NUMBER,
	JSON_KIND_DURATION,
	JSON_KIND_MOMENT,
	JSON_KIND_WORD,
	JSON_KIND_OBJECT,
	JSON_KIND_ARRAY,
	JSON_KIND_MAP,
	JSON_KIND_CHOICE,
	JSON_KIND_ANY,
	JSON_KIND_CUSTOM
};

/* The form of a value; made with the JF_ macros below. */
struct json_form {
	enum json_kind kind;
	bool is_pointer;  /* OBJECT: the member points at the struct */
	bool one_will_do; /* ARRAY: an element alone is an array of 1 */
	int64_t min, max; /* value, characters, or number of elements */
	double low, high; /* NUMBER */
	const struct json_word *words;
	size_t word_count;
	const struct json_table *table;  /* OBJECT */
	const struct json_form *element; /* ARRAY, MAP */
	size_t element_size;
	const struct json_form *key; /* MAP */
	size_t key_offset, key_size, value_offset, value_size;
	const struct json_choice *choices;
	size_t choice_count;
	size_t tag_offset, tag_size;
	const struct json_custom *custom;
};

#define JSON_FORM(...) (&(const struct json_form){ __VA_ARGS__ })

/* Member: struct slice or const char *, both terminated; lengths in
 * characters. */
#define JF_STRING(least, most)                                                 \
	JSON_FORM(.kind = JSON_KIND_STRING, .min = (least), .max = (most))
/* Member: bool. */
#define JF_BOOLEAN JSON_FORM(.kind = JSON_KIND_BOOLEAN)
/* Member: an integer of any width that holds the range.  1.0 is an integer, as
 * in JSON Schema. */
#define JF_INTEGER(least, most)                                                \
	JSON_FORM(.kind = JSON_KIND_INTEGER, .min = (least), .max = (most))
/* An integer, or a word that stands for one. */
#define JF_INTEGER_OR(least, most, names)                                      \
	JSON_FORM(.kind = JSON_KIND_INTEGER, .min = (least), .max = (most),    \
	    .words = (names), .word_count = ARRAY_LEN(names))
/* Member: double. */
#define JF_NUMBER(least, most)                                                 \
	JSON_FORM(.kind = JSON_KIND_NUMBER, .low = (least), .high = (most))
/* Member: utime.  A string as utime_parse_duration() reads it; SOME: not 0.
 * No other range: a schema could not say it. */
#define JF_DURATION      JSON_FORM(.kind = JSON_KIND_DURATION)
#define JF_DURATION_SOME JSON_FORM(.kind = JSON_KIND_DURATION, .min = 1)
/* A duration, or a word that stands for one. */
#define JF_DURATION_OR(names)                                                  \
	JSON_FORM(.kind = JSON_KIND_DURATION, .words = (names),                \
	    .word_count = ARRAY_LEN(names))
/* Member: utime.  A string as utime_parse_rfc3339() reads it. */
#define JF_MOMENT JSON_FORM(.kind = JSON_KIND_MOMENT)
/* Member: an enum or integer. */
#define JF_WORD(names)                                                         \
	JSON_FORM(.kind = JSON_KIND_WORD, .words = (names),                    \
	    .word_count = ARRAY_LEN(names))
/* Member: the table's struct.  With preset "{}" the defaults inside hold when
 * the key is absent. */
#define JF_OBJECT(of) JSON_FORM(.kind = JSON_KIND_OBJECT, .table = (of))
/* Member: const pointer to the table's struct, NULL when absent.  A table may
 * contain itself this way. */
#define JF_OBJECT_POINTER(of)                                                  \
	JSON_FORM(.kind = JSON_KIND_OBJECT, .table = (of), .is_pointer = true)
/* Member: JSON_ARRAY_OF(type). */
#define JF_ARRAY(type, of, least, most)                                        \
	JSON_FORM(.kind = JSON_KIND_ARRAY, .element = (of),                    \
	    .element_size = sizeof(type), .min = (least), .max = (most))
/* The same, where a single element may stand without its brackets; the
 * element's form must not itself be an array. */
#define JF_ARRAY_OR_ONE(type, of, least, most)                                 \
	JSON_FORM(.kind = JSON_KIND_ARRAY, .element = (of),                    \
	    .element_size = sizeof(type), .min = (least), .max = (most),       \
	    .one_will_do = true)
/* Member: JSON_ARRAY_OF(type), in file order.  An object with free keys: each
 * key is read into the member `key_member` by `key_form` (a form of strings),
 * each value by `of` into the member `value_member`, or into the whole type
 * (JF_MAP_OF), whose table then has no row for the key. */
#define JF_MAP(type, key_member, key_form, value_member, of, least, most)      \
	JSON_FORM(.kind = JSON_KIND_MAP, .element = (of),                      \
	    .element_size = sizeof(type), .key = (key_form),                   \
	    .key_offset = offsetof(type, key_member),                          \
	    .key_size = sizeof(((type *)0)->key_member),                       \
	    .value_offset = offsetof(type, value_member),                      \
	    .value_size = sizeof(((type *)0)->value_member), .min = (least),   \
	    .max = (most))
#define JF_MAP_OF(type, key_member, key_form, of, least, most)                 \
	JSON_FORM(.kind = JSON_KIND_MAP, .element = (of),                      \
	    .element_size = sizeof(type), .key = (key_form),                   \
	    .key_offset = offsetof(type, key_member),                          \
	    .key_size = sizeof(((type *)0)->key_member),                       \
	    .value_size = sizeof(type), .min = (least), .max = (most))
/* Member: a struct of type `type` that has the integer `tag_member`.  Give
 * each way at most one JSON type: values are not tried twice. */
#define JF_CHOICE(type, tag_member, ways)                                      \
	JSON_FORM(.kind = JSON_KIND_CHOICE, .choices = (ways),                 \
	    .choice_count = ARRAY_LEN(ways),                                   \
	    .tag_offset = offsetof(type, tag_member),                          \
	    .tag_size = sizeof(((type *)0)->tag_member))
/* Member: struct json_any. */
#define JF_ANY JSON_FORM(.kind = JSON_KIND_ANY)
/* Member: whatever the custom's `read` fills in. */
#define JF_CUSTOM(of) JSON_FORM(.kind = JSON_KIND_CUSTOM, .custom = (of))

struct json_field {
	const char *name;
	const struct json_form *form;
	size_t offset, size; /* size 0: checked, not kept */
	size_t has;          /* offset of a bool that becomes true when the
	                        key is in the file; 0: none */
	const char *preset;  /* JSON_REQUIRED, JSON_OPTIONAL, or the value that
	                        holds when the key is absent: JSON, but bare
	                        where a string is meant */
	const char *help;    /* one sentence */
};

/* Where a row's value goes: a member, a member and the bool that tells whether
 * the key was there, or nowhere. */
#define JSON_AT(type, member)                                                  \
	offsetof(type, member), sizeof(((type *)0)->member), 0
#define JSON_AT_HAS(type, member, has_member)                                  \
	offsetof(type, member), sizeof(((type *)0)->member),                   \
	    offsetof(type, has_member)
#define JSON_NOWHERE 0, 0, 0

extern const char json_required[];
#define JSON_REQUIRED json_required
/* Absent leaves the member zero: NULL, 0, false, no elements. */
#define JSON_OPTIONAL NULL

/* What must hold between the keys of one object; `keys` is a list of names
 * with single spaces between. */
enum json_group_rule {
	JSON_EXACTLY_ONE,  /* of the keys is present */
	JSON_AT_MOST_ONE,  /* of the keys is present */
	JSON_AT_LEAST_ONE, /* of the keys is present */
	JSON_NEEDS_ONE,    /* the first requires one of the others */
	JSON_NEEDS_ALL     /* the first requires all the others */
};

struct json_group {
	enum json_group_rule rule;
	const char *keys;
};

struct json_table {
	const char *name; /* unique among the tables of a schema */
	const char *help; /* one sentence */
	size_t size;      /* of the struct */
	const struct json_field *fields;
	size_t field_count;
	const struct json_group *groups;
	size_t group_count;
	/* Offset of a const char * (not the first member) that gets the
	 * object's pointer, for json_doc_place() later; 0: none. */
	size_t pointer;
	/* Called when all fields are filled in; may be NULL.  Checks what one
	 * field cannot see and may fill in members that no row names. */
	bool (*check)(const struct json_at *at, void *value,
	    struct arena *arena, struct err *err);
	/* JSON object text that the schema must hold in addition, for what
	 * `check` refuses; may be NULL. */
	const char *schema;
};

#define JSON_FIELDS(rows) .fields = (rows), .field_count = ARRAY_LEN(rows)
#define JSON_GROUPS(rows) .groups = (rows), .group_count = ARRAY_LEN(rows)

/* Reads the object at `at` into `value` (table->size bytes, zeroed first). */
bool json_table_read(const struct json_table *table, const struct json_at *at,
    void *value, struct arena *arena, struct err *err);
/* Reads one value by its form into a member of `size` bytes, zeroed before. */
bool json_form_read(const struct json_form *form, const struct json_at *at,
    void *member, size_t size, struct arena *arena, struct err *err);

/* "expected a string, got a number", with the JSON_ACCEPTS_ types that were
 * expected; always false. */
bool json_fail_type(const struct json_at *at, unsigned types, struct err *err);
/* `"resett" is none of "reply", "drop" (did you mean "reset"?)`; false. */
bool json_fail_word(const struct json_at *at, const struct json_word *words,
    size_t count, struct err *err);

#endif
