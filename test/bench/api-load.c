/* api-load: sends prepared HTTP/1.1 requests over N kept connections and writes down what came back, and when.
 *   api-load PORT CONNECTIONS SECONDS <requests >replies
 * A request on stdin is a line "TASK LENGTH" and LENGTH bytes, ready for the wire. Requests of one task follow each
 * other on one connection, task T on connection T % CONNECTIONS; after SECONDS no task is begun. 36 '@' in a request
 * stand for the "id" in the first reply of its task, which is as long. A reply on stdout is a line
 * "TASK STATUS SENT_US TOOK_US LENGTH" and its body; the last line is "end WALL_US CPU_US LOST". All of it is written
 * after the last reply: while requests run, nothing else is done. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define ID_LENGTH 36
#define MOST_CONNECTIONS 64
#define HEADERS_SIZE 16384

static const char hole[] = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";

struct request {
	int task;
	size_t length;
	char *bytes;
	int status; /* 0: not sent, or no reply */
	long sent_us, took_us;
	size_t body_length;
	char *body;
};

struct connection {
	int fd;
	int next, current; /* indexes of requests; current is -1 between tasks, next the count when there are no more */
	char id[ID_LENGTH];
	char *buffer;
	size_t got, room;
};

static struct request *requests;
static int count, connections, lost;
static struct sockaddr_in server;
static struct timespec began;

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (t.tv_sec - began.tv_sec) * 1000000L + (t.tv_nsec - began.tv_nsec) / 1000;
}

static void read_requests(void)
{
	int room = 0, task;
	size_t length;

	while (scanf("%d %zu", &task, &length) == 2) {
		struct request *r;

		getchar();
		if (count == room)
			requests = realloc(requests, (room = room * 2 + 1024) * sizeof *requests);
		r = &requests[count++];
		*r = (struct request){.task = task, .length = length, .bytes = malloc(length + 1)};
		if (fread(r->bytes, 1, length, stdin) != length)
			die("a request is shorter than it says");
		r->bytes[length] = 0;
	}
}

static void open_connection(struct connection *c)
{
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (c->fd < 0 || connect(c->fd, (void *)&server, sizeof server))
		die("connect");
	c->got = 0;
}

/* The first request of this connection from index `from` on. */
static int own(int from, int connection)
{
	while (from < count && requests[from].task % connections != connection)
		from++;
	return from;
}

static void send_request(struct connection *c, int index)
{
	struct request *r = &requests[index];
	size_t done = 0;

	for (char *at = r->bytes; (at = strstr(at, hole)); at += ID_LENGTH)
		memcpy(at, c->id, ID_LENGTH);
	c->current = index;
	r->sent_us = now_us();
	while (done < r->length) {
		ssize_t n = send(c->fd, r->bytes + done, r->length - done, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the next read finds the connection closed */
		done += n;
	}
}

/* Sends what comes next on a connection; its task is broken off when the last reply was no success. */
static void advance(struct connection *c, int number, int is_ok, long deadline_us)
{
	int task = c->current < 0 ? -1 : requests[c->current].task;

	c->current = -1;
	while (c->next < count && requests[c->next].task == task && !is_ok)
		c->next = own(c->next + 1, number);
	if (c->next == count || (requests[c->next].task != task && now_us() > deadline_us))
		return;
	send_request(c, c->next);
	c->next = own(c->next + 1, number);
}

static void keep_id(struct connection *c, const char *body)
{
	const char *at = strstr(body, "\"id\":");

	if (at && (at = strchr(at + 5, '"')) && strlen(at) > ID_LENGTH)
		memcpy(c->id, at + 1, ID_LENGTH);
}

/* 1 when the reply is complete. */
static int take_reply(struct connection *c)
{
	struct request *r = &requests[c->current];
	char *end, *field;
	size_t header, length = 0;

	if (r->body == NULL) {
		c->buffer[c->got] = 0;
		if (!(end = strstr(c->buffer, "\r\n\r\n")))
			return 0;
		*end = 0;
		if ((field = strcasestr(c->buffer, "\r\ncontent-length:")))
			length = strtoul(field + 17, NULL, 10);
		r->status = atoi(c->buffer + 9);
		r->body = malloc(length + 1);
		r->body_length = length;
		header = end + 4 - c->buffer;
		c->got -= header;
		memmove(c->buffer, end + 4, c->got);
		if (c->room < length + HEADERS_SIZE + 1)
			c->buffer = realloc(c->buffer, (c->room = length + HEADERS_SIZE) + 1);
	}
	if (c->got < r->body_length)
		return 0;
	r->took_us = now_us() - r->sent_us;
	memcpy(r->body, c->buffer, r->body_length);
	r->body[r->body_length] = 0;
	c->got = 0;
	return 1;
}

static void on_readable(struct connection *c, int number, long deadline_us)
{
	struct request *r = &requests[c->current];
	ssize_t n = read(c->fd, c->buffer + c->got, c->room - c->got);

	if (n <= 0) {
		lost++;
		r->status = 0;
		close(c->fd);
		open_connection(c);
		advance(c, number, 0, deadline_us);
		return;
	}
	c->got += n;
	if (!take_reply(c))
		return;
	if (r == requests || r[-1].task != r->task)
		keep_id(c, r->body);
	advance(c, number, r->status < 300, deadline_us);
}

static void write_replies(long wall_us, long cpu_us)
{
	for (struct request *r = requests; r < requests + count; r++) {
		if (r->sent_us == 0 && r->status == 0)
			continue;
		printf("%d %d %ld %ld %zu\n", r->task, r->status, r->sent_us, r->took_us, r->body_length);
		fwrite(r->body ? r->body : "", 1, r->body ? r->body_length : 0, stdout);
	}
	printf("end %ld %ld %d\n", wall_us, cpu_us, lost);
}

static long cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000L + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
	static struct connection all[MOST_CONNECTIONS];
	struct pollfd polled[MOST_CONNECTIONS];
	long deadline_us, wall_us, cpu_before;
	int busy = 1;

	if (argc != 4 || (connections = atoi(argv[2])) < 1 || connections > MOST_CONNECTIONS) {
		fprintf(stderr, "usage: api-load PORT CONNECTIONS SECONDS <requests >replies\n");
		return 2;
	}
	server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	deadline_us = atof(argv[3]) * 1e6;
	read_requests();
	for (int i = 0; i < connections; i++) {
		all[i] = (struct connection){.next = own(0, i), .room = HEADERS_SIZE, .current = -1};
		all[i].buffer = malloc(all[i].room + 1);
		open_connection(&all[i]);
	}
	cpu_before = cpu_us();
	clock_gettime(CLOCK_MONOTONIC, &began);
	began.tv_nsec -= 1000; /* no request is sent at 0 */
	for (int i = 0; i < connections; i++)
		advance(&all[i], i, 1, deadline_us);
	while (busy) {
		busy = 0;
		for (int i = 0; i < connections; i++) {
			polled[i] = (struct pollfd){.fd = all[i].current < 0 ? -1 : all[i].fd, .events = POLLIN};
			busy += all[i].current >= 0;
		}
		if (busy && poll(polled, connections, -1) < 0)
			die("poll");
		for (int i = 0; i < connections; i++)
			if (all[i].current >= 0 && polled[i].revents)
				on_readable(&all[i], i, deadline_us);
	}
	wall_us = now_us();
	write_replies(wall_us, cpu_us() - cpu_before);
	return 0;
}
