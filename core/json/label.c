/* SPDX-License-Identifier: MIT */
/* What variants are called, and finding one by that; see matrix.h. */
#include "core/base/suggest.h"
#include "core/json/matrix_impl.h"

void
json_matrix_label(const struct json_matrix *m, size_t i, struct buf *out)
{
	assert(i < m->count);
	for (size_t k = 0; k < m->parameter_count; k++) {
		const struct json_parameter *p = &m->parameters[k];
		size_t choice = json_matrix_choice(m, m->combinations[i], k);

		buf_printf(out, "%s%s=%s", k > 0 ? "," : "", p->name,
		    p->values[choice].label);
	}
}
