/* SPDX-License-Identifier: MIT */
/*
 * Files that are part of the program; cmake/Embed.cmake makes the functions of
 * them.
 */
#ifndef FAULTPOST_MOCK_ADMIN_FILES_H
#define FAULTPOST_MOCK_ADMIN_FILES_H

#include "core/base/slice.h"

/* mockserver/admin/admin_page.html */
struct slice admin_page_html(void);
/* mockserver/admin/admin_openapi.json */
struct slice admin_openapi_json(void);

#endif
