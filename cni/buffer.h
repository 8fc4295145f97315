/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow. Invariant: data holds size bytes and a NUL behind them, so it may be read as a C string. */
#pragma once
#include <stddef.h>

struct buffer {
	char *data;
	size_t size, room;
};

/* Adds bytes; ends the process with a CNI error when there is no memory. */
void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);
