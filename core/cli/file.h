/* SPDX-License-Identifier: MIT */
/* Files that programs write. */
#ifndef FAULTPOST_CLI_FILE_H
#define FAULTPOST_CLI_FILE_H

#include "core/base/err.h"
#include "core/base/slice.h"

/* False, with errno set, when not all of it could be written. */
bool cli_write_all(int fd, struct slice bytes);
/* Makes the file anew, for all to read; false with *err set when it cannot. */
bool cli_write_file(const char *path, struct slice text, struct err *err);

#endif
