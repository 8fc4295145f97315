/* dhcpload: DHCP clients as fast as they are answered, one on each device, each with one question out at a time.
 *   dhcpload exchange SECONDS DEVICE...   DISCOVER, OFFER, REQUEST, ACK, and again     -> exchanges/s, timeouts
 *   dhcpload flood    COUNT DEVICE        that many DISCOVERs, as fast as they go      -> frames/s
 * Prints one JSON line: {"test", "per_s", "errors", "p50_us", "p99_us"}. Raw sockets: clients need no addresses. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define MOST_CLIENTS 1024
#define MOST_SAMPLES 4000000
#define RETRY_S 0.5
#define OPTIONS_AT 240
#define MESSAGE 300

struct dhcp_frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t message[MESSAGE];
} __attribute__((packed));

struct client {
	int socket;
	uint32_t transaction;
	int asks_for_offer; /* else for an ACK */
	double began;
	double sent;
	struct dhcp_frame frame;
};

static struct client clients[MOST_CLIENTS];
static float samples[MOST_SAMPLES];

static uint16_t ip_checksum(const void *bytes, int size)
{
	const uint16_t *word = bytes;
	uint32_t sum = 0;

	for (; size > 1; size -= 2)
		sum += *word++;
	sum = (sum >> 16) + (sum & 0xffff);
	return ~(sum + (sum >> 16));
}

/* Everything that stays the same; UDP without a checksum, which IPv4 allows. */
static void open_client(struct client *c, const char *device)
{
	struct ifreq request = {0};
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	struct dhcp_frame *f = &c->frame;

	c->socket = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_IP));
	strncpy(request.ifr_name, device, IFNAMSIZ - 1);
	if (c->socket < 0 || ioctl(c->socket, SIOCGIFHWADDR, &request))
		die(device);
	memset(f->eth.ether_dhost, 0xff, 6);
	memcpy(f->eth.ether_shost, request.ifr_hwaddr.sa_data, 6);
	f->eth.ether_type = htons(ETH_P_IP);
	f->ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .daddr = 0xffffffff};
	f->ip.tot_len = htons(sizeof(*f) - sizeof(f->eth));
	f->ip.check = ip_checksum(&f->ip, sizeof(f->ip));
	f->udp.source = htons(68);
	f->udp.dest = htons(67);
	f->udp.len = htons(sizeof(f->udp) + MESSAGE);
	f->message[0] = 1;
	f->message[1] = 1;
	f->message[2] = 6;
	memcpy(f->message + 28, request.ifr_hwaddr.sa_data, 6);
	memcpy(f->message + 236, "\x63\x82\x53\x63", 4);
	if (ioctl(c->socket, SIOCGIFINDEX, &request))
		die("SIOCGIFINDEX");
	at.sll_ifindex = request.ifr_ifindex;
	if (bind(c->socket, (struct sockaddr *)&at, sizeof(at)))
		die("bind");
}

static void send_question(struct client *c, uint8_t type, const uint8_t *offered, double at)
{
	uint8_t *o = c->frame.message + OPTIONS_AT;

	c->transaction++;
	memcpy(c->frame.message + 4, &c->transaction, 4);
	memset(o, 0, MESSAGE - OPTIONS_AT);
	*o++ = 53, *o++ = 1, *o++ = type;
	if (offered) {
		*o++ = 50, *o++ = 4, memcpy(o, offered, 4), o += 4;
		*o++ = 54, *o++ = 4, memcpy(o, "\xa9\xfe\xa9\xfe", 4), o += 4;
	}
	/* What systemd-networkd asks for. */
	memcpy(o, "\x37\x0a\x01\x03\x0c\x0f\x06\x1a\x1c\x2a\x77\x79", 12), o += 12;
	*o = 255;
	c->asks_for_offer = !offered;
	c->sent = at;
	if (send(c->socket, &c->frame, sizeof(c->frame), 0) != sizeof(c->frame))
		die("send");
}

static void begin(struct client *c)
{
	double at = now();

	c->began = at;
	send_question(c, 1, 0, at);
}

/* The type of an answer to what is asked, or 0. */
static uint8_t answer_type(const struct client *c, const struct dhcp_frame *f, ssize_t size)
{
	if (size < (ssize_t)(sizeof(*f) - MESSAGE + OPTIONS_AT + 3) || f->ip.protocol != IPPROTO_UDP || f->udp.source != htons(67))
		return 0;
	if (memcmp(f->message + 4, &c->transaction, 4) || f->message[OPTIONS_AT] != 53)
		return 0;
	return f->message[OPTIONS_AT + 2];
}

static void exchange(double seconds, int count)
{
	struct epoll_event events[256];
	struct dhcp_frame *f = calloc(1, 2048);
	long done = 0, late = 0;
	double from = now(), end = from + seconds, looked = from;
	int poll = epoll_create1(0);

	for (int i = 0; i < count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};

		if (epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].socket, &event))
			die("epoll_ctl");
		begin(&clients[i]);
	}
	for (double at = now(); at < end; at = now()) {
		int ready = epoll_wait(poll, events, 256, 50);

		for (int i = 0; i < ready; i++) {
			struct client *c = &clients[events[i].data.u32];
			ssize_t size = recv(c->socket, f, 2048, 0);
			uint8_t type = size > 0 ? answer_type(c, f, size) : 0;

			if (type == 2 && c->asks_for_offer) {
				send_question(c, 3, f->message + 16, now());
			} else if (type == 5 && !c->asks_for_offer) {
				if (done < MOST_SAMPLES)
					samples[done] = (now() - c->began) * 1e6;
				done++;
				begin(c);
			}
		}
		if (at - looked < RETRY_S / 4)
			continue;
		looked = at;
		for (int i = 0; i < count; i++)
			if (at - clients[i].sent > RETRY_S)
				late++, begin(&clients[i]);
	}
	seconds = now() - from;
	qsort(samples, done < MOST_SAMPLES ? done : MOST_SAMPLES, sizeof(*samples), by_size);
	printf("{\"test\":\"exchange\",\"per_s\":%.1f,\"errors\":%ld,\"p50_us\":%.0f,\"p99_us\":%.0f}\n", done / seconds, late,
	       samples[done / 2], samples[done * 99 / 100]);
}

static void flood(long count)
{
	double from = now();

	for (long i = 0; i < count; i++)
		send_question(&clients[0], 1, 0, 0);
	printf("{\"test\":\"flood\",\"per_s\":%.1f,\"errors\":0,\"p50_us\":0,\"p99_us\":0}\n", count / (now() - from));
}

int main(int argc, char **argv)
{
	int count = argc - 3;

	if (count < 1 || count > MOST_CLIENTS)
		return fprintf(stderr, "usage: dhcpload exchange SECONDS DEVICE... | flood COUNT DEVICE\n"), 2;
	for (int i = 0; i < count; i++)
		open_client(&clients[i], argv[3 + i]);
	if (!strcmp(argv[1], "flood"))
		flood(atol(argv[2]));
	else
		exchange(atof(argv[2]), count);
	return 0;
}
