/* SPDX-License-Identifier: MIT */
/* What is printed from the tables: the schema by its parts, the page whole. */
#include "core/json/schema.h"

#include "tests/unit/json_thing.h"
#include "tests/unit/kit.h"

struct schema_row {
	const char *name; /* the pointer */
	const char *json; /* what it leads to; NULL: nowhere */
};

#define SMALL_STRING "{\"type\":\"string\",\"minLength\":1,\"maxLength\":99}"

static struct schema_row schema_rows[] = {
	{ "/$schema", "\"http://json-schema.org/draft-07/schema#\"" },
	{ "/$id", "\"https://example.com/thing.json\"" },
	{ "/title", "\"Things\"" },
	{ "/description", "\"A thing.\"" },
	{ "/type", "\"object\"" },
	{ "/additionalProperties", "false" },
	{ "/required", "[\"title\"]" },
	{ "/definitions/part/required", NULL },
	{ "/definitions/thing", NULL },
	{ "/properties/title",
	    "{\"description\":\"Title.\",\"type\":\"string\","
	    "\"minLength\":1,\"maxLength\":5}" },
	{ "/properties/on",
	    "{\"description\":\"On.\",\"type\":\"boolean\","
	    "\"default\":true}" },
	{ "/properties/port",
	    "{\"description\":\"Port.\",\"type\":\"integer\",\"minimum\":0,"
	    "\"maximum\":65535,\"default\":25}" },
	{ "/properties/times/anyOf",
	    "[{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000},"
	    "{\"enum\":[\"forever\"]}]" },
	{ "/properties/times/default", "\"forever\"" },
	{ "/properties/share",
	    "{\"description\":\"Share.\",\"type\":\"number\","
	    "\"minimum\":0.0,\"maximum\":1.0,\"default\":0.5}" },
	{ "/properties/delay",
	    "{\"description\":\"Delay.\","
	    "\"$ref\":\"#/definitions/duration\",\"default\":\"1.5s\"}" },
	{ "/properties/until/anyOf",
	    "[{\"$ref\":\"#/definitions/duration\"},{\"enum\":[\"idle\"]}]" },
	{ "/properties/colour",
	    "{\"description\":\"Colour.\","
	    "\"enum\":[\"red\",\"green\",\"blue\"],\"default\":\"green\"}" },
	{ "/properties/part",
	    "{\"description\":\"Part.\",\"$ref\":\"#/definitions/part\","
	    "\"default\":{}}" },
	{ "/properties/parts",
	    "{\"description\":\"Parts.\",\"type\":\"array\","
	    "\"items\":{\"$ref\":\"#/definitions/part\"},"
	    "\"minItems\":1,\"maxItems\":3}" },
	{ "/properties/to/anyOf",
	    "[" SMALL_STRING ",{\"type\":\"array\",\"items\":" SMALL_STRING
	    ",\"minItems\":0,\"maxItems\":3}]" },
	{ "/properties/to/default", "[\"a\",\"b\"]" },
	{ "/properties/named",
	    "{\"description\":\"Named.\",\"type\":\"object\","
	    "\"propertyNames\":{\"$ref\":\"#/definitions/name\"},"
	    "\"additionalProperties\":{\"$ref\":\"#/definitions/part\"},"
	    "\"minProperties\":1,\"maxProperties\":2}" },
	{ "/properties/shape/anyOf/2", "{\"$ref\":\"#/definitions/part\"}" },
	{ "/properties/any", "{\"description\":\"Any.\"}" },
	{ "/definitions/name",
	    "{\"description\":\"name\",\"type\":\"string\","
	    "\"pattern\":\"^(?:[a-z]+)$(?!\\\\n)\"}" },
	{ "/definitions/even-number",
	    "{\"type\":\"integer\",\"multipleOf\":2,\"minimum\":0,"
	    "\"maximum\":1000}" },
	{ "/definitions/part/properties/inner/$ref", "\"#/definitions/part\"" },
	{ "/allOf/0",
	    "{\"not\":{\"anyOf\":[{\"required\":[\"delay\",\"pause\"]}]}}" },
	{ "/allOf/1/dependencies",
	    "{\"times\":{\"anyOf\":[{\"required\":[\"colour\"]},"
	    "{\"required\":[\"port\"]}]}}" },
	{ "/allOf/2/dependencies",
	    "{\"big\":{\"allOf\":[{\"required\":[\"on\"]},"
	    "{\"required\":[\"note\"]}]}}" },
};

static void
test_schema(void **state)
{
	const struct schema_row *row = *state;
	struct buf out = { 0 };
	struct json_doc doc;
	struct json_at at;
	struct err err;
	char *text;

	json_schema_print(
	    &thing_table, "https://example.com/thing.json", "Things", &out);
	assert_true(json_doc_parse(&doc, "schema", buf_slice(&out), &err));
	at = json_at_pointer(&doc, row->name);
	if (row->json == NULL) {
		assert_null(at.value);
	} else {
		text = json_dumps(at.value,
		    JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		assert_string_equal(text, row->json);
		free(text);
	}
	json_doc_fini(&doc);
	buf_fini(&out);
}

/* A table that contains itself is the schema itself. */
static void
test_schema_text(void **state)
{
	struct buf out = { 0 };

	(void)state;
	json_schema_print(&part_table, NULL, "Parts", &out);
	assert_slice(buf_slice(&out),
	    "{\n"
	    "  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
	    "  \"title\": \"Parts\",\n"
	    "  \"description\": \"A part.\",\n"
	    "  \"type\": \"object\",\n"
	    "  \"properties\": {\n"
	    "    \"weight\": {\n"
	    "      \"description\": \"Grams.\",\n"
	    "      \"type\": \"integer\",\n"
	    "      \"minimum\": 1,\n"
	    "      \"maximum\": 255,\n"
	    "      \"default\": 7\n"
	    "    },\n"
	    "    \"inner\": {\n"
	    "      \"description\": \"A part of the part.\",\n"
	    "      \"$ref\": \"#\"\n"
	    "    }\n"
	    "  },\n"
	    "  \"additionalProperties\": false,\n"
	    "  \"definitions\": {}\n"
	    "}\n");
	buf_fini(&out);
}

static const char page[] =
    "## thing\n"
    "\n"
    "A thing.\n"
    "\n"
    "| key | type | default | meaning |\n"
    "|---|---|---|---|\n"
    "| `title` | string | required | Title. |\n"
    "| `note` | string | `none` | Note. |\n"
    "| `on` | `true` or `false` | `true` | On. |\n"
    "| `big` | integer -9223372036854775808..9223372036854775807 |  | Big. |\n"
    "| `port` | integer 0..65535 | `25` | Port. |\n"
    "| `times` | integer 1..1000 or `forever` | `forever` | Times. |\n"
    "| `share` | number 0..1 | `0.5` | Share. |\n"
    "| `delay` | duration | `1.5s` | Delay. |\n"
    "| `pause` | duration, not 0 |  | Pause. |\n"
    "| `until` | duration or `idle` | `idle` | Until. |\n"
    "| `start` | moment |  | Start. |\n"
    "| `colour` | `red` `green` `blue` | `green` | Colour. |\n"
    "| `part` | [part](#part) | `{}` | Part. |\n"
    "| `spare` | [part](#part) |  | Spare. |\n"
    "| `parts` | list of [part](#part) |  | Parts. |\n"
    "| `to` | string, or a list of them | `[\"a\", \"b\"]` | To. |\n"
    "| `named` | map of name to [part](#part) |  | Named. |\n"
    "| `scores` | map of string to integer 0..9223372036854775807 |  "
    "| Scores. |\n"
    "| `shape` | string or integer -9..9 or [part](#part) |  | Shape. |\n"
    "| `any` | any |  | Any. |\n"
    "| `even` | even number | `2` | Even \\| not odd. |\n"
    "| `$schema` | string |  | Schema. |\n"
    "\n"
    "- At most one of `delay`, `pause`.\n"
    "- `times` needs one of `colour`, `port`.\n"
    "- `big` needs `on`, `note`.\n"
    "\n"
    "## part\n"
    "\n"
    "A part.\n"
    "\n"
    "| key | type | default | meaning |\n"
    "|---|---|---|---|\n"
    "| `weight` | integer 1..255 | `7` | Grams. |\n"
    "| `inner` | [part](#part) |  | A part of the part. |\n";

static void
test_fields(void **state)
{
	struct buf out = { 0 };

	(void)state;
	json_fields_print(&thing_table, &out);
	assert_slice(buf_slice(&out), page);
	buf_fini(&out);
}

int
main(void)
{
	struct kit kit = { 0 };

	ROWS(&kit, schema_rows, test_schema);
	TEST(&kit, test_schema_text);
	TEST(&kit, test_fields);
	return kit_run(&kit, "json_schema");
}
