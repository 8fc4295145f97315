/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Deeper text is refused: the parser calls itself, and a CNI configuration has five levels or so. */
#define DEPTH_MAX 128

struct parser {
	const unsigned char *at, *end;
	struct json_member *members;
	size_t count;
};

/* Length of the UTF-8 sequence at `at` by RFC 3629, or 0 for what is none: overlong, surrogate, truncated. */
static size_t utf8_length(const unsigned char *at, const unsigned char *end)
{
	size_t length = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;

	if ((size_t)(end - at) < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

static void utf8_add(struct buffer *out, uint32_t point)
{
	char bytes[4];
	size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = length; i-- > 1; point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(first[length] | point);
	buffer_add(out, bytes, length);
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end && memchr(" \t\n\r", *p->at, 4) != NULL)
		p->at++;
}

static bool take(struct parser *p, char wanted)
{
	if (p->at == p->end || *p->at != (unsigned char)wanted)
		return false;
	p->at++;
	return true;
}

static bool hex4(struct parser *p, uint32_t *value)
{
	if (p->end - p->at < 4)
		return false;
	*value = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char digit = *p->at++;
		uint32_t nibble;

		if (digit >= '0' && digit <= '9')
			nibble = (uint32_t)(digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			nibble = (uint32_t)((digit | 0x20) - 'a') + 10;
		else
			return false;
		*value = *value << 4 | nibble;
	}
	return true;
}

/* After "\u": a lone surrogate is legal JSON, but no character: U+FFFD. */
static bool unicode_escape(struct parser *p, struct buffer *out)
{
	uint32_t point, low;

	if (!hex4(p, &point))
		return false;
	if (point >= 0xd800 && point < 0xdc00 && p->end - p->at >= 2 && p->at[0] == '\\' && p->at[1] == 'u') {
		struct parser ahead = {.at = p->at + 2, .end = p->end};

		if (hex4(&ahead, &low) && low >= 0xdc00 && low < 0xe000) {
			point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
			p->at = ahead.at;
		}
	}
	utf8_add(out, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
	return true;
}

static bool escape(struct parser *p, struct buffer *out)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (p->at == p->end)
		return false;
	if (take(p, 'u'))
		return unicode_escape(p, out);
	found = memchr(letters, *p->at++, sizeof(letters) - 1);
	if (found == NULL)
		return false;
	buffer_add(out, &meant[found - letters], 1);
	return true;
}

static bool string(struct parser *p, struct buffer *out)
{
	size_t length;

	buffer_clear(out);
	if (!take(p, '"'))
		return false;
	while (p->at < p->end && *p->at != '"') {
		if (*p->at < 0x20)
			return false;
		if (take(p, '\\')) {
			if (!escape(p, out))
				return false;
			continue;
		}
		length = utf8_length(p->at, p->end);
		if (length == 0)
			return false;
		buffer_add(out, p->at, length);
		p->at += length;
	}
	return take(p, '"');
}

static bool digits(struct parser *p)
{
	const unsigned char *start = p->at;

	while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
		p->at++;
	return p->at > start;
}

static bool number(struct parser *p)
{
	take(p, '-');
	if (!take(p, '0') && !digits(p))
		return false;
	if (take(p, '.') && !digits(p))
		return false;
	if (take(p, 'e') || take(p, 'E')) {
		if (!take(p, '+'))
			take(p, '-');
		return digits(p);
	}
	return true;
}

static bool word(struct parser *p, const char *text)
{
	size_t size = strlen(text);

	if ((size_t)(p->end - p->at) < size || memcmp(p->at, text, size) != 0)
		return false;
	p->at += size;
	return true;
}

static bool value(struct parser *p, unsigned depth, struct buffer *scratch);

static bool array(struct parser *p, unsigned depth, struct buffer *scratch)
{
	p->at++;
	skip_space(p);
	if (take(p, ']'))
		return true;
	do {
		if (!value(p, depth, scratch))
			return false;
	} while (take(p, ','));
	return take(p, ']');
}

static struct json_member *wanted(struct parser *p, unsigned depth, const struct buffer *name)
{
	for (size_t i = 0; depth == 1 && i < p->count; i++)
		if (strlen(p->members[i].name) == name->size && memcmp(p->members[i].name, name->data, name->size) == 0)
			return &p->members[i];
	return NULL;
}

static bool object(struct parser *p, unsigned depth, struct buffer *scratch)
{
	struct json_member *member;

	p->at++;
	skip_space(p);
	if (take(p, '}'))
		return true;
	do {
		skip_space(p);
		if (!string(p, scratch))
			return false;
		member = wanted(p, depth, scratch);
		skip_space(p);
		if (!take(p, ':'))
			return false;
		skip_space(p);
		if (member != NULL)
			member->found = p->at < p->end && *p->at == '"';
		if (!value(p, depth, member != NULL && member->found ? &member->value : scratch))
			return false;
	} while (take(p, ','));
	return take(p, '}');
}

/* Leaves the parser behind the value and the space after it. */
static bool value(struct parser *p, unsigned depth, struct buffer *scratch)
{
	bool good;

	skip_space(p);
	if (p->at == p->end || depth == DEPTH_MAX)
		return false;
	switch (*p->at) {
	case '{': good = object(p, depth + 1, scratch); break;
	case '[': good = array(p, depth + 1, scratch); break;
	case '"': good = string(p, scratch); break;
	case 't': good = word(p, "true"); break;
	case 'f': good = word(p, "false"); break;
	case 'n': good = word(p, "null"); break;
	default: good = number(p);
	}
	skip_space(p);
	return good;
}

bool json_object(const char *text, size_t size, struct json_member *members, size_t count)
{
	const unsigned char *start = (const unsigned char *)text;
	struct parser p = {.at = start, .end = start + size, .members = members, .count = count};
	struct buffer scratch = {0};
	bool good;

	skip_space(&p);
	good = p.at < p.end && *p.at == '{' && value(&p, 0, &scratch) && p.at == p.end;
	buffer_free(&scratch);
	return good;
}

void json_add_string(struct buffer *out, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + size;
	char escaped[8];
	size_t length;

	buffer_add(out, "\"", 1);
	while (at < end) {
		length = utf8_length(at, end);
		if (length == 0) {
			buffer_add_text(out, "\\ufffd");
			length = 1;
		} else if (*at == '"' || *at == '\\') {
			escaped[0] = '\\';
			escaped[1] = (char)*at;
			buffer_add(out, escaped, 2);
		} else if (*at < 0x20 || *at == 0x7f) {
			buffer_add(out, escaped, (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", *at));
		} else {
			buffer_add(out, at, length);
		}
		at += length;
	}
	buffer_add(out, "\"", 1);
}
