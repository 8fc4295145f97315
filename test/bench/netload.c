/* netload: a small load generator for comparing data planes; either address family.
 *   netload server PORT                     TCP echo (a byte a read) and UDP sink on PORT, TCP sink on PORT+1
 *   netload stream HOST PORT SECONDS        one TCP stream into the sink         -> bytes/s as received
 *   netload rr     HOST PORT SECONDS        request-response, one connection     -> transactions/s
 *   netload crr    HOST PORT SECONDS        connect, request, response, close    -> transactions/s
 *   netload udp    HOST PORT SECONDS SIZE [SEGMENTS]
 *                                           datagrams as fast as they go         -> datagrams/s as received
 *                                           so many of them are one packet to the kernel (UDP_SEGMENT)
 *   netload count  HOST PORT                what the server has received so far, over all
 *   netload await  HOST PORT SECONDS        a datagram every 0.5 ms until one is answered -> when, CLOCK_MONOTONIC ns
 * Prints one JSON line: {"test", "per_s", "errors"}, {"answered_ns"}, or {"ns", "datagrams", "bytes"}. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define BATCH 64
#define MOST_CONNECTIONS 256

struct address {
	struct sockaddr_storage storage;
	socklen_t size;
};

static struct address parse(const char *host, int port)
{
	struct address a = {0};
	struct sockaddr_in *v4 = (void *)&a.storage;
	struct sockaddr_in6 *v6 = (void *)&a.storage;

	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		a.size = sizeof *v4;
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		a.size = sizeof *v6;
	} else {
		die("address");
	}
	return a;
}

static int open_to(const struct address *a, int type)
{
	int one = 1, s = socket(a->storage.ss_family, type, 0);

	if (s < 0)
		die("socket");
	if (type == SOCK_STREAM)
		setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(s, (const void *)&a->storage, a->size)) {
		close(s);
		return -1;
	}
	return s;
}

static int serve_on(int port, int type)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
	int one = 1, zero = 0, big = 8 << 20, s = socket(AF_INET6, type, 0);

	setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (type == SOCK_DGRAM)
		setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
	if (bind(s, (void *)&any, sizeof any) || (type == SOCK_STREAM && listen(s, 1024)))
		die("bind");
	return s;
}

/* What a server has received: datagrams, and bytes of streams into the sink. */
struct received {
	uint64_t datagrams;
	uint64_t bytes;
};

/* Counts datagrams; one that is a single '?' is answered with what has been received. */
static void take_datagrams(int s, struct received *got)
{
	static char bytes[BATCH][2048];
	struct sockaddr_storage from[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
		messages[i] = (struct mmsghdr){.msg_hdr = {
			.msg_name = &from[i], .msg_namelen = sizeof from[i], .msg_iov = &parts[i], .msg_iovlen = 1}};
	}
	int n = recvmmsg(s, messages, BATCH, MSG_DONTWAIT, 0);
	for (int i = 0; i < n; i++) {
		if (messages[i].msg_len == 1 && bytes[i][0] == '?')
			sendto(s, got, sizeof *got, 0, (void *)&from[i], messages[i].msg_hdr.msg_namelen);
		else
			got->datagrams++;
	}
}

struct connection {
	int sink;
	uint64_t bytes;
};

/* True while the connection lives. A sink answers its byte count when the sender has finished. */
static int take_stream(int s, struct connection *c, struct received *got)
{
	static char bytes[256 << 10];
	ssize_t n = read(s, bytes, c->sink ? sizeof bytes : 64);

	if (n > 0) {
		c->bytes += n;
		got->bytes += c->sink ? n : 0;
		return c->sink || write(s, bytes, 1) == 1;
	}
	if (c->sink && n == 0 && write(s, &c->bytes, sizeof c->bytes) < 0)
		perror("answer");
	return 0;
}

static void serve(int port)
{
	enum { ECHO, SINK, DATAGRAM, FIRST };
	struct pollfd fds[MOST_CONNECTIONS] = {
		{serve_on(port, SOCK_STREAM), POLLIN, 0},
		{serve_on(port + 1, SOCK_STREAM), POLLIN, 0},
		{serve_on(port, SOCK_DGRAM), POLLIN, 0}};
	struct connection connections[MOST_CONNECTIONS] = {0};
	struct received received = {0};
	int one = 1, n = FIRST;

	for (;;) {
		if (poll(fds, n, -1) < 0)
			die("poll");
		if (fds[DATAGRAM].revents)
			take_datagrams(fds[DATAGRAM].fd, &received);
		for (int i = FIRST; i < n; i++) {
			if (!fds[i].revents || take_stream(fds[i].fd, &connections[i], &received))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--n];
			connections[i--] = connections[n];
		}
		for (int kind = ECHO; kind <= SINK; kind++) {
			if (!fds[kind].revents)
				continue;
			int s = accept(fds[kind].fd, 0, 0);
			if (s < 0)
				continue;
			if (n == MOST_CONNECTIONS) {
				close(s);
				continue;
			}
			setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
			connections[n] = (struct connection){.sink = kind == SINK};
			fds[n++] = (struct pollfd){s, POLLIN, 0};
		}
	}
}

static void report(const char *test, double per_s, unsigned long errors)
{
	printf("{\"test\":\"%s\",\"per_s\":%.0f,\"errors\":%lu}\n", test, per_s, errors);
}

static void stream(const char *host, int port, double seconds)
{
	static char bytes[128 << 10];
	struct address a = parse(host, port + 1);
	int s = open_to(&a, SOCK_STREAM);
	uint64_t received = 0;
	double start = now();

	if (s < 0)
		die("connect");
	while (now() - start < seconds)
		if (write(s, bytes, sizeof bytes) < 0)
			die("write");
	shutdown(s, SHUT_WR);
	if (read(s, &received, sizeof received) != sizeof received)
		die("answer");
	report("stream", received / (now() - start), 0);
}

static void rr(const char *host, int port, double seconds)
{
	struct address a = parse(host, port);
	int s = open_to(&a, SOCK_STREAM);
	unsigned long n = 0;
	double start = now();
	char byte = 'x';

	if (s < 0)
		die("connect");
	for (; now() - start < seconds; n++)
		if (write(s, &byte, 1) != 1 || read(s, &byte, 1) != 1)
			die("rr");
	report("rr", n / (now() - start), 0);
}

static void crr(const char *host, int port, double seconds)
{
	/* Closing by reset keeps ports out of TIME_WAIT, so that a run does not end for want of them. */
	struct linger reset = {1, 0};
	struct address a = parse(host, port);
	unsigned long n = 0, errors = 0;
	double start = now();
	char byte = 'x';

	while (now() - start < seconds) {
		int s = open_to(&a, SOCK_STREAM);

		if (s < 0 || write(s, &byte, 1) != 1 || read(s, &byte, 1) != 1)
			errors++;
		else
			n++;
		if (s >= 0) {
			setsockopt(s, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
			close(s);
		}
	}
	report("crr", n / (now() - start), errors);
}

/* What the server has received. */
static struct received asked(int s)
{
	struct received got;

	for (int i = 0; i < 5; i++) {
		struct pollfd p = {s, POLLIN, 0};

		if (send(s, "?", 1, 0) < 0)
			continue;
		if (poll(&p, 1, 1000) > 0 && recv(s, &got, sizeof got, 0) == sizeof got)
			return got;
	}
	die("the server does not answer");
	return got;
}

static void udp(const char *host, int port, double seconds, int size, int segments)
{
	static char bytes[65536];
	struct address a = parse(host, port);
	struct iovec part = {bytes, size * segments};
	struct mmsghdr messages[BATCH];
	int s = open_to(&a, SOCK_DGRAM);
	double start, took;
	uint64_t before;

	for (int i = 0; i < BATCH; i++)
		messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
	before = asked(s).datagrams;
	if (segments > 1 && setsockopt(s, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size))
		die("UDP_SEGMENT");
	start = now();
	while (now() - start < seconds)
		if (sendmmsg(s, messages, BATCH, 0) < 0)
			break;
	took = now() - start;
	usleep(200000); /* the queues empty */
	report("udp", (asked(s).datagrams - before) / took, 0);
}

static void count(const char *host, int port)
{
	struct address a = parse(host, port);
	struct received got = asked(open_to(&a, SOCK_DGRAM));

	printf("{\"ns\":%.0f,\"datagrams\":%lu,\"bytes\":%lu}\n", now() * 1e9, got.datagrams, got.bytes);
}

static void await(const char *host, int port, double seconds)
{
	struct address a = parse(host, port);
	double start = now();
	struct received reply;

	while (now() - start < seconds) {
		/* A new socket each time: a refusal, or an unreachable neighbour, is an error of the old one. */
		int s = open_to(&a, SOCK_DGRAM);
		struct pollfd p = {s, POLLIN, 0};
		struct timespec wait = {0, 500000};

		if (s < 0)
			continue;
		if (send(s, "?", 1, 0) == 1 && ppoll(&p, 1, &wait, 0) > 0 && recv(s, &reply, sizeof reply, 0) == sizeof reply) {
			printf("{\"answered_ns\":%.0f}\n", now() * 1e9);
			return;
		}
		close(s);
	}
	fprintf(stderr, "no answer in %g s\n", seconds);
	exit(1);
}

int main(int length, char **args)
{
	const char *test = length > 1 ? args[1] : "";

	if (length == 3 && !strcmp(test, "server"))
		serve(atoi(args[2]));
	else if (length == 4 && !strcmp(test, "count"))
		count(args[2], atoi(args[3]));
	else if (length == 5 && !strcmp(test, "stream"))
		stream(args[2], atoi(args[3]), atof(args[4]));
	else if (length == 5 && !strcmp(test, "rr"))
		rr(args[2], atoi(args[3]), atof(args[4]));
	else if (length == 5 && !strcmp(test, "crr"))
		crr(args[2], atoi(args[3]), atof(args[4]));
	else if (length == 5 && !strcmp(test, "await"))
		await(args[2], atoi(args[3]), atof(args[4]));
	else if ((length == 6 || length == 7) && !strcmp(test, "udp") && atoi(args[5]) > 1 && atoi(args[5]) <= 2048)
		udp(args[2], atoi(args[3]), atof(args[4]), atoi(args[5]), length == 7 ? atoi(args[6]) : 1);
	else {
		fprintf(stderr, "usage: netload server PORT | count HOST PORT | stream|rr|crr|await HOST PORT SECONDS | udp HOST PORT SECONDS SIZE [SEGMENTS]\n");
		return 2;
	}
	return 0;
}
