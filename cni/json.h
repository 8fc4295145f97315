/* SPDX-License-Identifier: Apache-2.0 */
/* Just enough JSON: is it an object, which strings stand at its top level, and writing a string. */
#pragma once
#include <stdbool.h>
#include "buffer.h"

/* A member of the top level to look for. */
struct json_member {
	const char *name;
	/* Present and a string; the last one counts, as in JavaScript. */
	bool found;
	struct buffer value;
};

/* True if the text is one JSON object (RFC 8259) in valid UTF-8; fills in the members. */
bool json_object(const char *text, size_t size, struct json_member *members, size_t count);

/* Adds a quoted string; bytes that are not UTF-8 become U+FFFD. */
void json_add_string(struct buffer *out, const char *text, size_t size);
