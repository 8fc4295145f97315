/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REPLY_MAX (4u << 20)

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}

/* False once the deadline has passed. */
static bool wait_for(int fd, short events, long deadline_ms)
{
	struct pollfd waited = {.fd = fd, .events = events};

	for (;;) {
		long left = deadline_ms - now_ms();

		if (left <= 0)
			return false;
		if (poll(&waited, 1, (int)left) > 0)
			return true;
	}
}

static int connect_to(const char *socket_path, long deadline_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, socket_path, strnlen(socket_path, sizeof(address.sun_path) - 1));
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		/* EAGAIN: the agent's backlog is full, as when a hundred pods start at once. */
		if ((errno != EAGAIN && errno != EINTR) || now_ms() >= deadline_ms) {
			int failure = errno;

			close(fd);
			errno = failure;
			return -1;
		}
		if (errno == EAGAIN)
			nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	return fd;
}

/* False only when late: a peer that closed early may have answered already, so the reply is read all the same. */
static bool send_all(int fd, const struct buffer *data, long deadline_ms)
{
	size_t sent = 0;

	while (sent < data->size) {
		ssize_t count = send(fd, data->data + sent, data->size - sent, MSG_NOSIGNAL);

		if (count >= 0)
			sent += (size_t)count;
		else if (errno == EAGAIN && !wait_for(fd, POLLOUT, deadline_ms))
			return false;
		else if (errno != EAGAIN && errno != EINTR)
			return true;
	}
	return true;
}

/* The value of Content-Length in the head, or -1. */
static long content_length(const char *head)
{
	static const char name[] = "\r\ncontent-length:";
	const char *line;

	for (line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line, name, sizeof(name) - 1) == 0)
			return strtol(line + sizeof(name) - 1, NULL, 10);
	return -1;
}

/* 1 when the reply is whole, 0 when more is to come, -1 when it is none. */
static int parse(struct buffer *data, bool ended, struct agent_reply *reply)
{
	char *end = data->size > 0 ? strstr(data->data, "\r\n\r\n") : NULL;
	size_t head;
	long length;

	if (end == NULL)
		return ended ? -1 : 0;
	if (sscanf(data->data, "HTTP/1.%*1[01] %3d", &reply->status) != 1)
		return -1;
	head = (size_t)(end - data->data) + 4;
	end[2] = '\0';
	length = content_length(data->data);
	end[2] = '\r';
	if (length > (long)REPLY_MAX || (length >= 0 && ended && data->size - head < (size_t)length))
		return -1;
	if (length < 0 ? !ended : data->size - head < (size_t)length)
		return 0;
	buffer_add(&reply->body, data->data + head, length < 0 ? data->size - head : (size_t)length);
	return 1;
}

static enum agent_outcome receive(int fd, long deadline_ms, struct agent_reply *reply, const char **why)
{
	struct buffer data = {0};
	char chunk[16384];
	int whole = 0;

	*why = "the answer is not HTTP, or ended early";
	while (whole == 0 && data.size <= REPLY_MAX) {
		ssize_t count = recv(fd, chunk, sizeof(chunk), 0);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN) {
			if (wait_for(fd, POLLIN, deadline_ms))
				continue;
			*why = "no answer in time";
			buffer_free(&data);
			return AGENT_LATE;
		}
		if (count > 0)
			buffer_add(&data, chunk, (size_t)count);
		whole = parse(&data, count <= 0, reply);
	}
	buffer_free(&data);
	return whole == 1 ? AGENT_REPLIED : AGENT_BROKE_OFF;
}

enum agent_outcome agent_post(const char *socket_path, const char *path, const struct buffer *body, int timeout_seconds,
			      struct agent_reply *reply, const char **why)
{
	long deadline_ms = now_ms() + timeout_seconds * 1000L;
	struct buffer request = {0};
	enum agent_outcome outcome = AGENT_LATE;
	char head[256];
	int fd = connect_to(socket_path, deadline_ms);

	if (fd < 0) {
		*why = strerror(errno);
		return AGENT_AWAY;
	}
	/* HTTP/1.0: the reply is never chunked, and the connection ends with it. */
	snprintf(head, sizeof(head),
		 "POST %s HTTP/1.0\r\nHost: agent\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", path,
		 body->size);
	buffer_add_text(&request, head);
	buffer_add(&request, body->data, body->size);
	*why = "the request was not taken in time";
	if (send_all(fd, &request, deadline_ms))
		outcome = receive(fd, deadline_ms, reply, why);
	close(fd);
	buffer_free(&request);
	return outcome;
}
