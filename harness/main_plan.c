/* SPDX-License-Identifier: MIT */
/* Scenario files for the commands; see main_plan.h. */
#include "harness/main_plan.h"

#include "core/cli/cli.h"
#include "core/cli/library.h"
#include "core/json/doc.h"
#include "core/json/matrix.h"

char *
main_plan_split(const char *word, struct slice *label)
{
	struct slice file;

	json_variant_split(slice_cstr(word), &file, label);
	return slice_dup(file);
}

struct plan_variants *
main_plan_read(const char *path, struct err *err)
{
	struct plan_variants *variants = NULL;
	size_t len;
	char *text = cli_read_file(path, JSON_TEXT_MAX, &len, err);

	if (text != NULL)
		variants = plan_variants_read(path, slice_of(text, len), err);
	free(text);
	return variants;
}

static char *
read_profile(
    void *owner, const char *name, size_t *len, char **file, struct err *err)
{
	return cli_library_read(owner, name, len, file, err);
}

struct plan *
main_plan_parse(const struct plan_variants *variants, size_t i,
    const char *path, const char *profiles, struct err *err)
{
	struct cli_library library = { "profiles", path, profiles,
		PROFILE_TEXT_MAX };
	const struct profile_source source = { &library, read_profile };

	return plan_variants_parse(variants, i, &source, err);
}

struct plan *
main_plan_find(const struct plan_variants *variants, struct slice label,
    const char *path, const char *profiles, struct err *err)
{
	size_t i;

	if (!plan_variants_find(variants, label, &i, err))
		return NULL;
	return main_plan_parse(variants, i, path, profiles, err);
}
