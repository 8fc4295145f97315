/* httpload: HTTP/1.1 clients of one server, spread over devices, each with one request out at a time.
 *   httpload keep HOST PATH SECONDS CONNECTIONS DEVICE...   requests on kept connections
 *   httpload new  HOST PATH SECONDS CONNECTIONS DEVICE...   a connection for each request
 *   httpload boot HOST PATH REQUESTS CLIENTS    DEVICE...   that many requests, each on a new connection, of all clients at once
 * Prints one JSON line: {"test", "seconds", "answered", "errors", "late", "p50_us", "p99_us", "most_us"}; an error is any
 * answer but 200, a connection that broke, or, which is late too, no answer within 30 s. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define MOST_CLIENTS 4096
#define MOST_SAMPLES 4000000
#define ROOM 131072
#define LATE_S 30

enum mode { KEEP, NEW, BOOT };

struct client {
	int fd;
	int index;
	int is_connected;
	int left; /* boot: requests to do */
	double began;
	size_t got;
	char *buffer;
};

static struct client clients[MOST_CLIENTS];
static float samples[MOST_SAMPLES];
static long answered, errors, late;
static enum mode mode;
static struct sockaddr_in server;
static char request[1024];
static size_t request_size;
static char **devices;
static int device_count, poller, working;
static double ends;

static void open_connection(struct client *c)
{
	struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
	const char *device = devices[c->index % device_count];

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)))
		die(device);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	c->is_connected = 0;
	if (connect(c->fd, (struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS)
		die("connect");
	if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event))
		die("epoll_ctl");
}

static void close_connection(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

static void send_request(struct client *c)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

	c->got = 0;
	if (send(c->fd, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size)
		return; /* told as a broken connection by the next read */
	if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event))
		die("epoll_ctl");
}

static void begin(struct client *c, double at)
{
	if (mode == BOOT ? c->left-- == 0 : at >= ends) {
		working--;
		if (c->fd >= 0)
			close_connection(c);
		return;
	}
	c->began = at;
	if (c->fd < 0)
		open_connection(c);
	else
		send_request(c);
}

/* The whole answer is there. */
static int is_whole(struct client *c)
{
	char *head, *length;

	c->buffer[c->got] = 0;
	head = strstr(c->buffer, "\r\n\r\n");
	if (!head)
		return 0;
	length = strcasestr(c->buffer, "content-length:");
	if (length && length < head)
		return c->got >= (size_t)(head + 4 - c->buffer) + strtoul(length + 15, 0, 10);
	return c->got > 7 && !memcmp(c->buffer + c->got - 7, "\r\n0\r\n\r\n", 7);
}

static void end(struct client *c, int is_good)
{
	double at = now();

	if (is_good && answered < MOST_SAMPLES)
		samples[answered] = (at - c->began) * 1e6;
	if (is_good)
		answered++;
	else
		errors++;
	if (!is_good || mode != KEEP)
		close_connection(c);
	begin(c, at);
}

static void step(struct client *c, uint32_t events)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (!c->is_connected) {
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error || events & EPOLLERR)
			return end(c, 0);
		c->is_connected = 1;
		return send_request(c);
	}
	for (;;) {
		ssize_t got = recv(c->fd, c->buffer + c->got, ROOM - 1 - c->got, 0);

		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0)
			return end(c, 0);
		c->got += got;
		if (is_whole(c))
			return end(c, !memcmp(c->buffer, "HTTP/1.1 200", 12));
	}
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"keep", "new", "boot"};
	struct epoll_event events[512];
	double from, looked;
	int count;

	if (argc < 7)
		return fprintf(stderr, "usage: httpload keep|new|boot HOST PATH SECONDS|REQUESTS CLIENTS DEVICE...\n"), 2;
	while (strcmp(names[mode], argv[1]))
		if (++mode > BOOT)
			return 2;
	server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = inet_addr(argv[2])};
	request_size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n%s\r\n", argv[3], argv[2],
				mode == KEEP ? "" : "Connection: close\r\n");
	count = working = atoi(argv[5]);
	devices = argv + 6;
	device_count = argc - 6;
	poller = epoll_create1(0);
	from = looked = now();
	ends = from + atof(argv[4]);
	for (int i = 0; i < count; i++) {
		clients[i] = (struct client){.fd = -1, .index = i, .left = atoi(argv[4]), .buffer = malloc(ROOM)};
		begin(&clients[i], from);
	}
	while (working > 0) {
		int ready = epoll_wait(poller, events, 512, 100);

		for (int i = 0; i < ready; i++)
			step(events[i].data.ptr, events[i].events);
		if (now() - looked < 1)
			continue;
		looked = now();
		for (int i = 0; i < count; i++)
			if (clients[i].fd >= 0 && looked - clients[i].began > LATE_S)
				late++, end(&clients[i], 0);
	}
	qsort(samples, answered < MOST_SAMPLES ? answered : MOST_SAMPLES, sizeof(*samples), by_size);
	printf("{\"test\":\"%s\",\"seconds\":%.3f,\"answered\":%ld,\"errors\":%ld,\"late\":%ld,\"p50_us\":%.0f,\"p99_us\":%.0f,\"most_us\":%.0f}\n",
	       argv[1], now() - from, answered, errors, late, samples[answered / 2], samples[answered * 99 / 100],
	       samples[answered ? answered - 1 : 0]);
	return 0;
}
