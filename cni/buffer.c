/* SPDX-License-Identifier: Apache-2.0 */
#include "buffer.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void make_room(struct buffer *buffer, size_t more)
{
	static const char full[] = "{\"cniVersion\":\"1.1.0\",\"code\":11,\"msg\":\"out of memory: try again later\"}\n";
	size_t room = buffer->room ? buffer->room : 512;

	if (more < buffer->room - buffer->size)
		return;
	while (room - buffer->size <= more)
		room *= 2;
	buffer->data = realloc(buffer->data, room);
	if (buffer->data == NULL)
		_exit(write(STDOUT_FILENO, full, sizeof(full) - 1) > 0 ? 1 : 2);
	buffer->room = room;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
	make_room(buffer, size);
	if (size > 0)
		memcpy(buffer->data + buffer->size, bytes, size);
	buffer->size += size;
	buffer->data[buffer->size] = '\0';
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer_add(buffer, "", 0);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}
