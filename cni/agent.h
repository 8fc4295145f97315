/* SPDX-License-Identifier: Apache-2.0 */
/* One request to the host's agent over its unix socket. */
#pragma once
#include "buffer.h"

enum agent_outcome {
	AGENT_REPLIED,
	/* Nobody listens: the request was not seen. */
	AGENT_AWAY,
	/* It listened, but no whole answer came: the request may have been carried out. */
	AGENT_BROKE_OFF,
	AGENT_LATE,
};

struct agent_reply {
	int status;
	struct buffer body;
};

/* POSTs the JSON body; on any outcome but AGENT_REPLIED, *why says what failed. */
enum agent_outcome agent_post(const char *socket_path, const char *path, const struct buffer *body, int timeout_seconds,
			      struct agent_reply *reply, const char **why);
