/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cable's CNI plugin (CNI SPEC 1.1.0): hands what the runtime gave it, unread as far as possible, to the agent of this
 * host, and prints the agent's answer. It decides nothing and keeps nothing, so it may be killed at any point.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include "agent.h"
#include "json.h"

#define CONFIG_MAX (1u << 20)
#define CONFIG_SECONDS 10
#define DEFAULT_SOCKET "/run/cable/agent.sock"

/* Error codes of CNI SPEC, "Error"; 100 and above are a plugin's own. */
enum code {
	CODE_VERSION = 1,
	CODE_ENVIRONMENT = 4,
	CODE_IO = 5,
	CODE_DECODE = 6,
	CODE_CONFIG = 7,
	CODE_LATER = 11,
	CODE_UNAVAILABLE = 50,
	CODE_BAD_REPLY = 100,
};

/* Oldest first; a verb's `since` is an index in here. */
static const char *const versions[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};
#define VERSION_COUNT (sizeof(versions) / sizeof(versions[0]))

enum need { NEED_CONTAINER = 1, NEED_NETNS = 2, NEED_IFNAME = 4, NEED_PATH = 8 };

static const struct verb {
	const char *name;
	unsigned needs;
	size_t since;
	int timeout_seconds;
} verbs[] = {
	{"ADD", NEED_CONTAINER | NEED_NETNS | NEED_IFNAME, 0, 60},
	{"DEL", NEED_CONTAINER | NEED_IFNAME, 0, 60},
	{"CHECK", NEED_CONTAINER | NEED_NETNS | NEED_IFNAME, 2, 60},
	{"GC", NEED_PATH, 4, 60},
	{"STATUS", 0, 4, 10},
	{"VERSION", 0, 0, 0},
};

enum member { MEMBER_VERSION, MEMBER_SOCKET, MEMBER_COUNT };
static struct json_member config[MEMBER_COUNT] = {{.name = "cniVersion"}, {.name = "socket"}};

static const char *environment(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? "" : text;
}

static const char *version(void)
{
	return config[MEMBER_VERSION].found ? config[MEMBER_VERSION].value.data : versions[VERSION_COUNT - 1];
}

static void add_member(struct buffer *out, const char *name, const char *text, size_t size)
{
	buffer_add_text(out, out->size == 0 ? "{" : ",");
	json_add_string(out, name, strlen(name));
	buffer_add_text(out, ":");
	json_add_string(out, text, size);
}

/* Prints and ends the process: a result that did not reach the runtime whole is a failure. */
static _Noreturn void finish(const struct buffer *out, int status)
{
	size_t written = 0;

	while (written < out->size) {
		ssize_t count = write(STDOUT_FILENO, out->data + written, out->size - written);

		if (count < 0 && errno != EINTR)
			_exit(1);
		written += count > 0 ? (size_t)count : 0;
	}
	_exit(status);
}

static _Noreturn void fail(enum code code, const char *details, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static _Noreturn void fail(enum code code, const char *details, const char *format, ...)
{
	struct buffer out = {0};
	char text[1024], number[32];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add_member(&out, "cniVersion", version(), strlen(version()));
	buffer_add(&out, number, (size_t)snprintf(number, sizeof(number), ",\"code\":%d", (int)code));
	add_member(&out, "msg", text, strlen(text));
	if (details != NULL)
		add_member(&out, "details", details, strlen(details));
	buffer_add_text(&out, "}\n");
	finish(&out, 1);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	if (name[0] == '\0')
		fail(CODE_ENVIRONMENT, "This is Cable's CNI plugin: a container runtime calls it (CNI SPEC, CNI_COMMAND).",
		     "CNI_COMMAND is not set");
	fail(CODE_ENVIRONMENT, "Known: ADD DEL CHECK GC STATUS VERSION", "CNI_COMMAND %s is not known", name);
}

static void read_config(struct buffer *out)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char chunk[16384];
	ssize_t count;

	buffer_clear(out);
	for (;;) {
		if (poll(&input, 1, CONFIG_SECONDS * 1000) == 0)
			fail(CODE_IO, NULL, "the configuration on standard input did not end within %d s", CONFIG_SECONDS);
		count = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (count == 0)
			return;
		if (count < 0 && errno != EINTR)
			fail(CODE_IO, NULL, "reading the configuration from standard input: %s", strerror(errno));
		if (count > 0)
			buffer_add(out, chunk, (size_t)count);
		if (out->size > CONFIG_MAX)
			fail(CODE_DECODE, NULL, "the configuration is larger than %u bytes", CONFIG_MAX);
	}
}

/* VERSION may come without a configuration: some runtimes ask before they have one. */
static void check_config(const struct verb *verb, const struct buffer *text)
{
	bool nothing = text->size == 0 && strcmp(verb->name, "VERSION") == 0;
	size_t spoken = VERSION_COUNT;

	if (!nothing && !json_object(text->data, text->size, config, MEMBER_COUNT)) {
		config[MEMBER_VERSION].found = false;
		fail(CODE_DECODE, NULL, "the configuration on standard input is not a JSON object");
	}
	if (!config[MEMBER_VERSION].found || strcmp(verb->name, "VERSION") == 0)
		return;
	for (size_t i = 0; i < VERSION_COUNT; i++)
		if (strcmp(versions[i], version()) == 0)
			spoken = i;
	if (spoken == VERSION_COUNT)
		fail(CODE_VERSION, "Supported: 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0", "cniVersion %s is not supported", version());
	if (spoken < verb->since)
		fail(CODE_VERSION, NULL, "%s came with CNI %s; the configuration says %s", verb->name, versions[verb->since],
		     version());
}

/* CNI SPEC, "Parameters": starts with a letter or digit, then also "_", "." and "-". */
static bool container_id_is_good(const char *id)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return id[0] != '\0' && strchr("_.-", id[0]) == NULL && id[strspn(id, letters)] == '\0';
}

/* What the kernel takes as a device name (dev_valid_name in net/core/dev.c). */
static bool ifname_is_good(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size < 16 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strcspn(name, "/: \t\n\v\f\r") == size;
}

static void check_environment(const struct verb *verb)
{
	static const struct {
		enum need need;
		const char *name;
	} variables[] = {
		{NEED_CONTAINER, "CNI_CONTAINERID"},
		{NEED_NETNS, "CNI_NETNS"},
		{NEED_IFNAME, "CNI_IFNAME"},
		{NEED_PATH, "CNI_PATH"},
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if ((verb->needs & variables[i].need) && environment(variables[i].name)[0] == '\0')
			fail(CODE_ENVIRONMENT, NULL, "%s needs %s, which is not set", verb->name, variables[i].name);
	if ((verb->needs & NEED_CONTAINER) && !container_id_is_good(environment("CNI_CONTAINERID")))
		fail(CODE_ENVIRONMENT, "It starts with a letter or digit, followed by letters, digits, \"_\", \".\" or \"-\".",
		     "CNI_CONTAINERID %s is not valid", environment("CNI_CONTAINERID"));
	if ((verb->needs & NEED_IFNAME) && !ifname_is_good(environment("CNI_IFNAME")))
		fail(CODE_ENVIRONMENT, "It has 1 to 15 bytes, no space, \"/\" or \":\", and is not \".\" or \"..\".",
		     "CNI_IFNAME %s is not valid", environment("CNI_IFNAME"));
}

static const char *socket_path(void)
{
	const struct buffer *configured = &config[MEMBER_SOCKET].value;
	const char *path = environment("CABLE_SOCKET");

	if (path[0] == '\0')
		path = config[MEMBER_SOCKET].found ? configured->data : DEFAULT_SOCKET;
	if (path[0] == '\0' || (path == configured->data && strlen(path) != configured->size))
		fail(CODE_CONFIG, NULL, "the member \"socket\" is not a path");
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		fail(CODE_CONFIG, path, "the path of the agent's socket is longer than a unix socket's can be (107 bytes)");
	return path;
}

static _Noreturn void print_versions(void)
{
	struct buffer out = {0};

	add_member(&out, "cniVersion", version(), strlen(version()));
	buffer_add_text(&out, ",\"supportedVersions\":[");
	for (size_t i = 0; i < VERSION_COUNT; i++) {
		buffer_add_text(&out, i == 0 ? "" : ",");
		json_add_string(&out, versions[i], strlen(versions[i]));
	}
	buffer_add_text(&out, "]}\n");
	finish(&out, 0);
}

static void make_request(struct buffer *out, const struct verb *verb, const struct buffer *text)
{
	static const char *const fields[][2] = {
		{"containerId", "CNI_CONTAINERID"}, {"netns", "CNI_NETNS"}, {"ifname", "CNI_IFNAME"},
		{"args", "CNI_ARGS"},		    {"path", "CNI_PATH"},
	};

	add_member(out, "command", verb->name, strlen(verb->name));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		add_member(out, fields[i][0], environment(fields[i][1]), strlen(environment(fields[i][1])));
	add_member(out, "config", text->data, text->size);
	buffer_add_text(out, "}");
}

static _Noreturn void agent_away(const struct verb *verb, const char *path, const char *why)
{
	char details[512];
	struct buffer nothing = {0};

	/* CNI SPEC, DEL: what is gone already is success; the agent removes what is left of it when it starts. */
	if (strcmp(verb->name, "DEL") == 0) {
		fprintf(stderr, "cable: the agent is away (%s: %s); it cleans up when it is back\n", path, why);
		finish(&nothing, 0);
	}
	snprintf(details, sizeof(details),
		 "%s: %s. Is the agent running on this host? Its socket is agent.sock in its --state-dir; another place is "
		 "named by \"socket\" in the configuration or by CABLE_SOCKET.",
		 path, why);
	if (strcmp(verb->name, "STATUS") == 0)
		fail(CODE_UNAVAILABLE, details, "Cable's agent is not running");
	fail(CODE_LATER, details, "Cable's agent is not running: try again later");
}

static _Noreturn void answer(const struct agent_reply *reply)
{
	if (reply->status != 200 && !json_object(reply->body.data, reply->body.size, NULL, 0))
		fail(CODE_BAD_REPLY, "Are the plugin and the agent of one version?", "the agent answered with HTTP status %d",
		     reply->status);
	finish(&reply->body, reply->status == 200 ? 0 : 1);
}

int main(void)
{
	const struct verb *verb = find_verb(environment("CNI_COMMAND"));
	struct buffer text = {0}, request = {0};
	struct agent_reply reply = {0};
	const char *path, *why;

	signal(SIGPIPE, SIG_IGN);
	read_config(&text);
	check_config(verb, &text);
	if (strcmp(verb->name, "VERSION") == 0)
		print_versions();
	check_environment(verb);
	path = socket_path();
	make_request(&request, verb, &text);
	switch (agent_post(path, "/v1/cni", &request, verb->timeout_seconds, &reply, &why)) {
	case AGENT_AWAY:
		agent_away(verb, path, why);
	case AGENT_BROKE_OFF:
	case AGENT_LATE:
		fail(CODE_LATER, why, "Cable's agent gave no answer: try again later");
	case AGENT_REPLIED:
		answer(&reply);
	}
}
