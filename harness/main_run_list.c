/* SPDX-License-Identifier: MIT */
/* What is run: the cases of the files that the command line means. */
#include "core/cli/cli.h"
#include "core/json/doc.h"
#include "harness/main_run.h"
#include "harness/report/printable.h"
#include "harness/run/run_files.h"

#include <jansson.h>

static struct run_file *
add_file(struct run *run, const char *path)
{
	struct run_file *file = xcalloc(1, sizeof(*file));

	file->path = slice_dup(slice_cstr(path));
	run->files = xgrow(run->files, &run->file_cap, run->file_count + 1,
	    sizeof(run->files[0]));
	run->files[run->file_count++] = file;
	return file;
}

static void
add_case(struct run *run, struct run_file *file, const struct heading *heading)
{
	/* One more than may be is told by run_list_read(). */
	for (uint64_t i = 0;
	     i < run->repeat && run->case_count <= RUN_CASES_MAX; i++) {
		run->cases = xgrow(run->cases, &run->case_cap,
		    run->case_count + 1, sizeof(run->cases[0]));
		run->cases[run->case_count++] =
		    (struct run_case){ file, heading, i };
	}
}

/* What cannot be read is told whatever is chosen: nobody knows what it is. */
static void
add_error(struct run *run, struct run_file *file, const struct err *err)
{
	static const struct heading none = {
		.variant = "", .title = "", .case_name = ""
	};
	uint64_t repeat = run->repeat;

	file->err = xcalloc(1, sizeof(*file->err));
	*file->err = *err;
	run->repeat = 1;
	add_case(run, file, &none);
	run->repeat = repeat;
}

static bool
is_chosen(const struct run *run, const struct run_file *file,
    const struct heading *heading)
{
	struct report_entry entry = { .file = file->path,
		.variant = heading->variant };
	struct buf path = { 0 };
	bool holds;

	if (run->keyword == NULL)
		return true;
	report_name_format(&entry, &path);
	const struct keyword_names names = { buf_cstr(&path), heading->title,
		heading->case_name, heading->tags, heading->tag_count };
	holds = keyword_holds(run->keyword, &names);
	buf_fini(&path);
	return holds;
}

static void
on_error(void *owner, const char *path, const struct err *err)
{
	struct run *run = owner;

	add_error(run, add_file(run, path), err);
}

/* Either it has no case of that name, or something is wrong with it. */
static void
why_not_found(
    const struct run_file *file, struct slice variant, struct err *err)
{
	struct plan_variants *variants = plan_variants_read(
	    file->path, slice_of(file->text, file->len), err);
	size_t i;

	if (variants != NULL)
		(void)plan_variants_find(variants, variant, &i, err);
	plan_variants_destroy(&variants);
}

static void
on_file(void *owner, const char *path, const char *variant)
{
	struct run *run = owner;
	struct run_file *file = add_file(run, path);
	const struct heading *headings;
	size_t count;
	bool found = false;
	struct err err;

	file->text = cli_read_file(path, JSON_TEXT_MAX, &file->len, &err);
	if (file->text == NULL) {
		add_error(run, file, &err);
		return;
	}
	headings = heading_read(
	    path, slice_of(file->text, file->len), &file->arena, &count, &err);
	if (headings == NULL) {
		add_error(run, file, &err);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (variant != NULL &&
		    strcmp(variant, headings[i].variant) != 0)
			continue;
		found = true;
		if (is_chosen(run, file, &headings[i]))
			add_case(run, file, &headings[i]);
	}
	if (found)
		return;
	why_not_found(file, slice_cstr(variant), &err);
	add_error(run, file, &err);
}

bool
run_list_read(struct run *run, char **words, struct err *err)
{
	struct run_files files = {
		.owner = run, .on_file = on_file, .on_error = on_error
	};

	for (; *words != NULL; words++)
		run_files_walk(&files, *words);
	run_files_fini(&files);
	if (run->case_count > RUN_CASES_MAX)
		return err_set(err,
		    "these are too many; expected at most %d scenarios, each "
		    "as often as --repeat says",
		    RUN_CASES_MAX);
	return run->case_count > 0 ||
	    err_set(err, "-k: no scenario is chosen; see faultpost run --list");
}

void
run_list_fini(struct run *run)
{
	for (size_t i = 0; i < run->file_count; i++) {
		struct run_file *file = run->files[i];

		arena_fini(&file->arena);
		free(file->path);
		free(file->text);
		free(file->err);
		free(file);
	}
	free(run->files);
	free(run->cases);
}

uint64_t
run_case_seed(const struct run *run, const struct run_case *c)
{
	uint64_t seed = run->has_seed ? run->seed : c->heading->seed;

	return (seed + c->repetition) & INT64_MAX;
}

/* ---- printing it ---- */

static json_t *
case_json(const struct run_case *c)
{
	const struct heading *heading = c->heading;
	json_t *object = json_object(), *tags = json_array();

	for (size_t i = 0; i < heading->tag_count; i++)
		json_array_append_new(tags, json_string(heading->tags[i]));
	json_object_set_new(object, "file", json_string(c->file->path));
	if (heading->variant[0] != '\0')
		json_object_set_new(
		    object, "variant", json_string(heading->variant));
	json_object_set_new(object, "case", json_string(heading->case_name));
	json_object_set_new(object, "title", json_string(heading->title));
	json_object_set_new(object, "tags", tags);
	return object;
}

static void
print_json(const struct run *run)
{
	const char *comma = "\n";

	fputs("{\"scenarios\": [", stdout);
	for (size_t i = 0; i < run->case_count; i++) {
		json_t *object;

		if (run->cases[i].file->err != NULL)
			continue;
		object = case_json(&run->cases[i]);
		fputs(comma, stdout);
		json_dumpf(object, stdout, JSON_COMPACT);
		json_decref(object);
		comma = ",\n";
	}
	fputs("\n]}\n", stdout);
}

static void
print_case(const struct run_case *c)
{
	const struct heading *heading = c->heading;
	const struct report_entry entry = { .file = c->file->path,
		.variant = heading->variant };
	struct buf name = { 0 }, text = { 0 };

	report_name_format(&entry, &name);
	printable_line_format(buf_slice(&name), &text);
	buf_append_cstr(&text, "  ");
	printable_line_format(slice_cstr(heading->title), &text);
	fputs(buf_cstr(&text), stdout);
	buf_fini(&name);
	buf_fini(&text);
	for (size_t i = 0; i < heading->tag_count; i++)
		printf(" @%s", heading->tags[i]);
	putchar('\n');
}

void
run_list_print(struct run *run)
{
	bool is_json = run->reports.at[0].format == &report_json;

	for (size_t i = 0; i < run->case_count; i++) {
		const struct run_case *c = &run->cases[i];

		if (c->file->err != NULL)
			run_note_code(run, cli_report(c->file->err, CLI_USAGE));
		else if (!is_json)
			print_case(c);
	}
	if (is_json)
		print_json(run);
}
