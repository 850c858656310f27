/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An OTLP/HTTP receiver (POST /v1/metrics, JSON) that takes only what is right (otlp_check.h), and
 * that can be told how to misbehave. Each request gets a line in the file of verdicts: its number,
 * "ok" or "bad", the answer, and what is wrong. Ends by SIGTERM; 1 when anything was bad.
 *
 *   --listen ADDRESS:PORT  127.0.0.1:0 unless told; port 0 is any
 *   --port-file FILE       where to write the port
 *   --verdicts FILE
 *   --latest FILE          the latest values, `name{attribute=value,...} number`, renamed into
 * place
 *   --answers A,B,...      to the first requests, afterwards 200:
 *       STATUS, STATUS:retry-after=SECONDS, STATUS:retry-date=SECONDS, partial, odd (200, but
 * HTML), long (200 and more text than anybody wants), hang (no answer), reset; A*N is N times A.
 *       What is not answered by 200 is checked, but not remembered.
 *   --restarts             the sender may restart: start times may move
 */
#include "otlp_check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define MOST_REQUEST (16u << 20)
#define LONG_ANSWER (1u << 20)
#define MOST_HELD 64

struct otlp_server {
	struct otlp_check check;
	FILE *verdicts;
	const char *latest, *answers;
	unsigned int repeated; /* how often the first of `answers` was given */
	unsigned long requests;
	struct MHD_Connection *held[MOST_HELD];
	size_t held_count;
	int any_bad;
};

struct request {
	char *text;
	size_t length;
	int too_long;
};

/* ---- the script ------------------------------------------------------------------------------ */

/* The next answer's text; "" when there are no more. */
static void next_answer(struct otlp_server *r, char *out, size_t room)
{
	size_t length = strcspn(r->answers, ",");
	unsigned long times = 1;
	char *star;

	snprintf(out, room, "%.*s", (int)length, r->answers);
	star = strchr(out, '*');
	if (star) {
		*star = '\0';
		times = strtoul(star + 1, NULL, 10);
	}
	if (++r->repeated < times || !length)
		return;
	r->repeated = 0;
	r->answers += length + (r->answers[length] == ',');
}

static void retry_header(struct MHD_Response *response, const char *answer)
{
	const char *seconds = strstr(answer, ":retry-after="),
		   *date = strstr(answer, ":retry-date=");
	char text[64];
	struct tm utc;
	time_t at;

	if (seconds) {
		MHD_add_response_header(response, "Retry-After", seconds + 13);
	} else if (date) {
		at = time(NULL) + strtol(date + 12, NULL, 10);
		gmtime_r(&at, &utc);
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
		MHD_add_response_header(response, "Retry-After", text);
	}
}

static enum MHD_Result reply(struct MHD_Connection *to, unsigned int status, const char *type,
			     const char *text, const char *answer)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ret;

	MHD_add_response_header(response, "Content-Type", type);
	retry_header(response, answer);
	ret = MHD_queue_response(to, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result reply_long(struct MHD_Connection *to)
{
	char *text = malloc(LONG_ANSWER + 1);
	enum MHD_Result ret;

	memset(text, 'x', LONG_ANSWER);
	text[LONG_ANSWER] = '\0';
	ret = reply(to, 200, "application/json", text, "");
	free(text);
	return ret;
}

/* MHD_NO closes the connection; without lingering that is a reset. */
static enum MHD_Result reset(struct MHD_Connection *c)
{
	const struct linger linger = {.l_onoff = 1};
	int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return MHD_NO;
}

static enum MHD_Result hang(struct otlp_server *r, struct MHD_Connection *c)
{
	if (r->held_count == MOST_HELD)
		return MHD_NO;
	r->held[r->held_count++] = c;
	MHD_suspend_connection(c);
	return MHD_YES;
}

static enum MHD_Result misbehave(struct otlp_server *r, struct MHD_Connection *c,
				 const char *answer)
{
	if (!strcmp(answer, "partial"))
		return reply(c, 200, "application/json",
			     "{\"partialSuccess\":{\"rejectedDataPoints\":\"2\","
			     "\"errorMessage\":\"two\\u001b[31m are too many\"}}",
			     answer);
	if (!strcmp(answer, "odd"))
		return reply(c, 200, "text/html", "<html>It works!</html>", answer);
	if (!strcmp(answer, "long"))
		return reply_long(c);
	if (!strcmp(answer, "hang"))
		return hang(r, c);
	if (!strcmp(answer, "reset"))
		return reset(c);
	return reply(c, (unsigned int)strtoul(answer, NULL, 10), "application/json",
		     "{\"code\":14,\"message\":\"as the script says\"}", answer);
}

/* ---- a request ------------------------------------------------------------------------------- */

/* 0, or the status of the refusal, with `why` in the check. */
static unsigned int envelope(struct otlp_server *r, struct MHD_Connection *c, const char *url,
			     const char *method, const struct request *request)
{
	const char *type = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Type");
	char *why = r->check.why;
	size_t room = sizeof(r->check.why);

	if (strcmp(url, "/v1/metrics")) {
		snprintf(why, room, "path %s", url);
		return 404;
	}
	if (strcmp(method, "POST")) {
		snprintf(why, room, "method %s", method);
		return 405;
	}
	if (!type || strcmp(type, "application/json")) {
		snprintf(why, room, "content type %s", type ? type : "(none)");
		return 415;
	}
	snprintf(why, room, "more than %u bytes", MOST_REQUEST);
	return request->too_long ? 413 : 0;
}

static void write_latest(const struct otlp_server *r)
{
	char name[4096];
	FILE *out;

	if (!r->latest)
		return;
	snprintf(name, sizeof(name), "%s.new", r->latest);
	out = fopen(name, "we");
	if (!out)
		return;
	otlp_check_latest(&r->check, out);
	if (!fclose(out))
		rename(name, r->latest);
}

/* Decompresses a request with `Content-Encoding: gzip`. Returns 0, or the status of the refusal. */
static unsigned int decompress(struct otlp_server *r, struct MHD_Connection *c,
			       struct request *request)
{
	const char *encoding = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Content-Encoding");
	z_stream z = {.next_in = (unsigned char *)request->text,
		      .avail_in = (unsigned int)request->length};
	char *text;
	int code;

	if (!encoding)
		return 0;
	text = malloc(MOST_REQUEST + 1);
	if (strcmp(encoding, "gzip") || !text || inflateInit2(&z, 15 + 16) != Z_OK) {
		snprintf(r->check.why, sizeof(r->check.why), "encoding %s", encoding);
		free(text);
		return 415;
	}
	z.next_out = (unsigned char *)text;
	z.avail_out = MOST_REQUEST;
	code = inflate(&z, Z_FINISH);
	request->length = z.total_out;
	inflateEnd(&z);
	text[request->length] = '\0';
	free(request->text);
	request->text = text;
	if (code == Z_STREAM_END)
		return 0;
	snprintf(r->check.why, sizeof(r->check.why), "gzip is damaged or longer than %u",
		 MOST_REQUEST);
	return 400;
}

static enum MHD_Result judge(struct otlp_server *r, struct MHD_Connection *c, const char *url,
			     const char *method, struct request *request)
{
	unsigned int refused = envelope(r, c, url, method, request);
	char answer[64], body[600];
	json_t *status;
	char *text;
	int kept;

	next_answer(r, answer, sizeof(answer));
	kept = !*answer || !strncmp(answer, "200", 3) || !strcmp(answer, "partial") ||
	       !strcmp(answer, "odd") || !strcmp(answer, "long");
	if (!refused)
		refused = decompress(r, c, request);
	if (!refused && otlp_check(&r->check, request->text, request->length, kept))
		refused = 400;
	fprintf(r->verdicts, "%lu %s %s %s\n", ++r->requests, refused ? "bad" : "ok",
		*answer ? answer : "200", refused ? r->check.why : "");
	fflush(r->verdicts);
	if (refused) {
		r->any_bad = 1;
		status = json_pack("{siss}", "code", 3, "message", r->check.why);
		text = json_dumps(status, 0);
		snprintf(body, sizeof(body), "%s", text ? text : "{}");
		free(text);
		json_decref(status);
		return reply(c, refused, "application/json", body, "");
	}
	if (kept)
		write_latest(r);
	return *answer ? misbehave(r, c, answer)
		       : reply(c, 200, "application/json", "{\"partialSuccess\":{}}", "");
}

static enum MHD_Result take(void *context, struct MHD_Connection *c, const char *url,
			    const char *method, const char *version, const char *data,
			    size_t *length, void **state)
{
	struct request *request = *state;
	char *more;

	if (!request) {
		*state = calloc(1, sizeof(*request));
		return *state ? MHD_YES : MHD_NO;
	}
	if (!*length)
		return judge(context, c, url, method, request);
	request->too_long |= request->length + *length > MOST_REQUEST;
	more = request->too_long ? NULL : realloc(request->text, request->length + *length);
	if (more) {
		memcpy(more + request->length, data, *length);
		request->text = more;
		request->length += *length;
	}
	*length = 0;
	return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *c, void **state,
		      enum MHD_RequestTerminationCode code)
{
	struct request *request = *state;

	if (request)
		free(request->text);
	free(request);
	*state = NULL;
}

/* ---- the program ----------------------------------------------------------------------------- */

static struct MHD_Daemon *start(struct otlp_server *r, const char *where)
{
	struct sockaddr_in here = {.sin_family = AF_INET};
	const char *colon = strrchr(where, ':');
	char host[64];

	snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - where) : 0, where);
	if (!colon || inet_pton(AF_INET, host, &here.sin_addr) != 1)
		return NULL;
	here.sin_port = htons((unsigned short)strtoul(colon + 1, NULL, 10));
	return MHD_start_daemon(MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, take, r,
				MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
				MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
}

static int write_port(struct MHD_Daemon *daemon, const char *name)
{
	FILE *out = name ? fopen(name, "we") : NULL;

	if (!name)
		return 0;
	if (!out)
		return -1;
	fprintf(out, "%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
	return fclose(out);
}

/* In this thread, until SIGTERM: the checker needs no lock. */
static void serve(struct otlp_server *r, struct MHD_Daemon *daemon, int ended)
{
	fd_set readable, writable, failing;
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval wait;
	int most, timed;

	for (;;) {
		FD_ZERO(&readable);
		FD_ZERO(&writable);
		FD_ZERO(&failing);
		most = ended;
		MHD_get_fdset(daemon, &readable, &writable, &failing, &most);
		FD_SET(ended, &readable);
		timed = MHD_get_timeout(daemon, &ms) == MHD_YES;
		wait.tv_sec = timed ? (time_t)(ms / 1000) : 0;
		wait.tv_usec = timed ? (suseconds_t)(ms % 1000 * 1000) : 0;
		if (select((most > ended ? most : ended) + 1, &readable, &writable, &failing,
			   timed ? &wait : NULL) < 0 &&
		    errno != EINTR)
			return;
		if (FD_ISSET(ended, &readable))
			return;
		MHD_run_from_select(daemon, &readable, &writable, &failing);
	}
}

static int run(struct otlp_server *r, const char *where, const char *port_file)
{
	struct MHD_Daemon *daemon;
	sigset_t signals;
	int ended;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	ended = signalfd(-1, &signals, SFD_CLOEXEC);
	daemon = start(r, where);
	if (!daemon || write_port(daemon, port_file)) {
		fprintf(stderr, "otlp_receiver: cannot listen on %s\n", where);
		return 2;
	}
	serve(r, daemon, ended);
	while (r->held_count)
		MHD_resume_connection(r->held[--r->held_count]);
	MHD_stop_daemon(daemon);
	close(ended);
	json_decref(r->check.latest);
	return r->any_bad;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"listen", 1, NULL, 'l'}, {"port-file", 1, NULL, 'p'}, {"verdicts", 1, NULL, 'v'},
		{"latest", 1, NULL, 't'}, {"answers", 1, NULL, 'a'},   {"restarts", 0, NULL, 'r'},
		{NULL, 0, NULL, 0}};
	struct otlp_server r = {.answers = "", .verdicts = stdout};
	const char *where = "127.0.0.1:0", *port_file = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'l')
			where = optarg;
		else if (option == 'p')
			port_file = optarg;
		else if (option == 'v')
			r.verdicts = fopen(optarg, "ae");
		else if (option == 't')
			r.latest = optarg;
		else if (option == 'a')
			r.answers = optarg;
		else if (option == 'r')
			r.check.restarts = 1;
		else
			return 2;
	}
	if (!r.verdicts) {
		perror("otlp_receiver");
		return 2;
	}
	return run(&r, where, port_file);
}
