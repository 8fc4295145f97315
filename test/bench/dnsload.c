/* dnsload: clients of one name server by UDP, each on a device of its own, with one question out at a time.
 *   dnsload SERVER SECONDS NAME DEVICE...   questions for A of NAME, in which "#" is another number each time
 * Prints one JSON line: {"seconds", "answered", "errors", "late", "p50_us", "p99_us"}; an error is any answer but "yes" and
 * "no such name", late is what was not answered within 3 s. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define MOST_CLIENTS 1024
#define MOST_SAMPLES 4000000
#define LATE_S 3
#define NAME_ERROR 3

struct client {
	int fd;
	uint16_t id;
	double began;
};

static struct client clients[MOST_CLIENTS];
static float samples[MOST_SAMPLES];
static long answered, errors, late, asked;
static const char *name;

static size_t question(uint8_t *out, uint16_t id)
{
	char text[256], *save = 0;
	const char *mark = strchr(name, '#');
	size_t size = 12;

	if (mark)
		snprintf(text, sizeof(text), "%.*s%ld%s", (int)(mark - name), name, asked, mark + 1);
	else
		snprintf(text, sizeof(text), "%s", name);
	memset(out, 0, 12);
	out[0] = id >> 8;
	out[1] = id & 255;
	out[2] = 1; /* recursion desired */
	out[5] = 1;
	for (char *label = strtok_r(text, ".", &save); label; label = strtok_r(0, ".", &save)) {
		size_t length = strlen(label);

		out[size++] = length;
		memcpy(out + size, label, length);
		size += length;
	}
	memcpy(out + size, "\0\0\1\0\1", 5);
	return size + 5;
}

static void ask(struct client *client)
{
	uint8_t bytes[512];

	client->id = ++asked;
	client->began = now();
	if (send(client->fd, bytes, question(bytes, client->id), 0) < 0)
		die("send");
}

static void hear(struct client *client)
{
	uint8_t bytes[1500];
	ssize_t size = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	int code;

	/* An answer to one that was given up. */
	if (size < 12 || (bytes[0] << 8 | bytes[1]) != client->id)
		return;
	code = bytes[3] & 15;
	if (code && code != NAME_ERROR)
		errors++;
	if (answered < MOST_SAMPLES)
		samples[answered] = (now() - client->began) * 1e6;
	answered++;
	ask(client);
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(53) };
	int count = argc - 4, poller = epoll_create1(0);
	double began = now(), ends;
	long kept;

	if (count < 1 || count > MOST_CLIENTS || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
		fprintf(stderr, "usage: dnsload SERVER SECONDS NAME DEVICE...\n");
		return 2;
	}
	ends = began + atof(argv[2]);
	name = argv[3];
	asked = (long)(began * 1000) % 1000000 * 1000; /* other numbers than the run before */
	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };
		const char *device = argv[4 + i];

		clients[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
		if (setsockopt(clients[i].fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)) ||
		    connect(clients[i].fd, (struct sockaddr *)&server, sizeof(server)) ||
		    epoll_ctl(poller, EPOLL_CTL_ADD, clients[i].fd, &event))
			die(device);
		ask(&clients[i]);
	}
	while (now() < ends) {
		struct epoll_event events[64];
		int ready = epoll_wait(poller, events, 64, 100);

		for (int i = 0; i < ready; i++)
			hear(events[i].data.ptr);
		for (int i = 0; !ready && i < count; i++) {
			if (now() - clients[i].began < LATE_S)
				continue;
			late++;
			ask(&clients[i]);
		}
	}
	kept = answered < MOST_SAMPLES ? answered : MOST_SAMPLES;
	qsort(samples, kept, sizeof(float), by_value);
	printf("{\"seconds\": %.3f, \"answered\": %ld, \"errors\": %ld, \"late\": %ld, \"p50_us\": %.0f, \"p99_us\": %.0f}\n",
	       now() - began, answered, errors, late, kept ? samples[kept / 2] : 0, kept ? samples[kept * 99 / 100] : 0);
	return 0;
}
