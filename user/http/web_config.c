// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See web_config.h. libyaml reads the YAML, GnuTLS the certificates. */
#include "http/web_config.h"

#include "http/tls.h"
#include "util/text.h"
#include "util/text_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FILE_MOST_BYTES (1u << 20)
#define BCRYPT_LENGTH 60

struct web_config_reader {
	const char *path;
	yaml_document_t document;
	struct web_config *to;
	const yaml_node_t *tls; /* the section, for messages; NULL: there is none */
	int has_auth_type;
	char *error;
};

/* Sets the error of the line of `at`. Returns -EINVAL. */
static int refuse(struct web_config_reader *r, const yaml_node_t *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(struct web_config_reader *r, const yaml_node_t *at, const char *format, ...)
{
	char why[WEB_CONFIG_ERROR_SIZE / 2];
	va_list values;

	va_start(values, format);
	vsnprintf(why, sizeof(why), format, values);
	va_end(values);
	snprintf(r->error, WEB_CONFIG_ERROR_SIZE, "%.200s:%zu: %s", r->path,
		 at->start_mark.line + 1, why);
	text_sanitize_in_place(r->error);
	return -EINVAL;
}

static const char *scalar_text(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* ---- files that it names ------------------------------------------------------------------ */

/* Reads the file `name`, which is relative to the directory of the configuration file. */
static int read_named_file(struct web_config_reader *r, const yaml_node_t *name, char **ret)
{
	const char *slash = strrchr(r->path, '/'), *file = scalar_text(name);
	struct buffer path = {0}, text = {0};
	int err;

	if (*file != '/' && slash)
		buffer_add_bytes(&path, r->path, (size_t)(slash - r->path) + 1);
	buffer_add(&path, "%s", file);
	err = buffer_error(&path);
	if (!err)
		err = text_file_read(path.text, FILE_MOST_BYTES, &text);
	if (err) {
		refuse(r, name, "cannot read %s: %s", file, text_file_error(err));
		if (text.text)
			explicit_bzero(text.text, text.used);
		buffer_free(&text);
	}
	*ret = text.text;
	buffer_free(&path);
	return err;
}

/* ---- the keys ----------------------------------------------------------------------------- */

typedef int set_fn(struct web_config_reader *r, const yaml_node_t *value);

static int set_cert(struct web_config_reader *r, const yaml_node_t *value)
{
	return read_named_file(r, value, &r->to->cert);
}

static int set_key(struct web_config_reader *r, const yaml_node_t *value)
{
	return read_named_file(r, value, &r->to->key);
}

static int set_client_ca(struct web_config_reader *r, const yaml_node_t *value)
{
	return read_named_file(r, value, &r->to->client_ca);
}

static int set_client_auth(struct web_config_reader *r, const yaml_node_t *value)
{
	const char *text = scalar_text(value);

	r->has_auth_type = 1;
	r->to->needs_client_cert = !strcmp(text, "RequireAndVerifyClientCert");
	if (r->to->needs_client_cert || !strcmp(text, "NoClientCert"))
		return 0;
	return refuse(r, value,
		      "client_auth_type '%.60s' is not supported; use "
		      "RequireAndVerifyClientCert or NoClientCert",
		      text);
}

static int set_min_version(struct web_config_reader *r, const yaml_node_t *value)
{
	const char *text = scalar_text(value);

	r->to->tls13_only = !strcmp(text, "TLS13");
	if (r->to->tls13_only || !strcmp(text, "TLS12"))
		return 0;
	return refuse(r, value, "min_version '%.60s' is not supported; use TLS12 or TLS13", text);
}

static const struct {
	const char *name;
	set_fn *set;
} tls_keys[] = {
	{"cert_file", set_cert},	   {"key_file", set_key},
	{"client_ca_file", set_client_ca}, {"client_auth_type", set_client_auth},
	{"min_version", set_min_version},
};

#define TLS_KEYS (sizeof(tls_keys) / sizeof(*tls_keys))

static int set_tls_key(struct web_config_reader *r, const yaml_node_t *key,
		       const yaml_node_t *value)
{
	const char *name = scalar_text(key);
	size_t i;

	for (i = 0; i < TLS_KEYS; i++) {
		if (strcmp(name, tls_keys[i].name))
			continue;
		if (value->type != YAML_SCALAR_NODE || !*scalar_text(value))
			return refuse(r, value, "%s needs one value", name);
		return tls_keys[i].set(r, value);
	}
	return refuse(r, key,
		      "tls_server_config: '%.60s' is not supported; remove it. dnsreach knows "
		      "cert_file, key_file, client_ca_file, client_auth_type and min_version",
		      name);
}

/* Returns the cost of a bcrypt hash as crypt(5) describes it; 0: it is none. */
static unsigned int bcrypt_cost(const char *hash)
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";

	if (strlen(hash) != BCRYPT_LENGTH || strncmp(hash, "$2", 2) || !strchr("aby", hash[2]) ||
	    hash[3] != '$' || strspn(hash + 4, "0123456789") != 2 || hash[6] != '$' ||
	    strspn(hash + 7, letters) != BCRYPT_LENGTH - 7)
		return 0;
	return (unsigned int)(10 * (hash[4] - '0') + hash[5] - '0');
}

static int set_user(struct web_config_reader *r, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *name = scalar_text(key);
	struct web_user *user = &r->to->users[r->to->user_count];
	unsigned int cost;

	if (r->to->user_count == WEB_USERS_MAX)
		return refuse(r, key, "more than %d users", WEB_USERS_MAX);
	if (!*name || strchr(name, ':'))
		return refuse(r, key, "a user's name must not be empty, nor have a colon");
	cost = value->type == YAML_SCALAR_NODE ? bcrypt_cost(scalar_text(value)) : 0;
	if (cost < 4)
		return refuse(r, value,
			      "the password of '%.60s' is no bcrypt hash; make one with: "
			      "htpasswd -nBC 10 %.60s",
			      name, name);
	if (cost > BCRYPT_COST_MAX)
		return refuse(r, value,
			      "the hash of '%.60s' has cost %u; dnsreach allows %d, because each "
			      "step doubles the time of a check",
			      name, cost, BCRYPT_COST_MAX);
	user->name = strdup(name);
	user->hash = strdup(scalar_text(value));
	r->to->user_count++;
	return user->name && user->hash ? 0 : -ENOMEM;
}

/* ---- sections ----------------------------------------------------------------------------- */

typedef int pair_fn(struct web_config_reader *r, const yaml_node_t *key, const yaml_node_t *value);

static int check_pair(struct web_config_reader *r, const yaml_node_t *map,
		      const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key), *other;
	const yaml_node_pair_t *earlier;

	if (key->type != YAML_SCALAR_NODE || strlen(scalar_text(key)) != key->data.scalar.length)
		return refuse(r, key, "a key must be one word");
	for (earlier = map->data.mapping.pairs.start; earlier < pair; earlier++) {
		other = yaml_document_get_node(&r->document, earlier->key);
		if (!strcmp(scalar_text(other), scalar_text(key)))
			return refuse(r, key, "'%.60s' is given twice", scalar_text(key));
	}
	return 0;
}

/* Calls `f` for each pair of the mapping. An empty value is an empty mapping. */
static int each_pair(struct web_config_reader *r, const yaml_node_t *map, const char *what,
		     pair_fn *f)
{
	const yaml_node_pair_t *pair;
	int err = 0;

	if (map->type == YAML_SCALAR_NODE && !map->data.scalar.length)
		return 0;
	if (map->type != YAML_MAPPING_NODE)
		return refuse(r, map, "%s must be a list of 'key: value'", what);
	for (pair = map->data.mapping.pairs.start; !err && pair < map->data.mapping.pairs.top;
	     pair++) {
		err = check_pair(r, map, pair);
		if (!err)
			err = f(r, yaml_document_get_node(&r->document, pair->key),
				yaml_document_get_node(&r->document, pair->value));
	}
	return err;
}

static int read_section(struct web_config_reader *r, const yaml_node_t *key,
			const yaml_node_t *value)
{
	const char *name = scalar_text(key);

	if (!strcmp(name, "basic_auth_users"))
		return each_pair(r, value, name, set_user);
	if (strcmp(name, "tls_server_config"))
		return refuse(r, key,
			      "'%.60s' is not supported; remove it. dnsreach knows "
			      "tls_server_config and basic_auth_users",
			      name);
	r->tls = key;
	return each_pair(r, value, name, set_tls_key);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int check_together(struct web_config_reader *r, const yaml_node_t *root)
{
	const struct web_config *config = r->to;
	char why[TLS_ERROR_SIZE];

	if (!r->tls && !config->user_count)
		return refuse(r, root,
			      "it sets neither tls_server_config nor basic_auth_users: the pages "
			      "would stay open to all");
	if (!r->tls)
		return 0;
	if (!config->cert || !config->key)
		return refuse(r, r->tls, "tls_server_config needs cert_file and key_file");
	if (config->needs_client_cert && !config->client_ca)
		return refuse(r, r->tls, "RequireAndVerifyClientCert needs client_ca_file");
	if (config->client_ca && !config->needs_client_cert)
		return refuse(r, r->tls,
			      "client_ca_file has no effect without client_auth_type: "
			      "RequireAndVerifyClientCert");
	if (tls_check(config->cert, config->key, config->client_ca, why))
		return refuse(r, r->tls, "%s", why);
	return 0;
}

static int read_document(struct web_config_reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->document);
	int err;

	if (!root) {
		snprintf(r->error, WEB_CONFIG_ERROR_SIZE, "%.200s: it is empty", r->path);
		return -EINVAL;
	}
	err = each_pair(r, root, "the file", read_section);
	return err ? err : check_together(r, root);
}

static int parse_text(struct web_config_reader *r, const struct buffer *text)
{
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text->text, text->used);
	if (yaml_parser_load(&parser, &r->document)) {
		err = read_document(r);
		yaml_document_delete(&r->document);
	} else {
		err = parser.error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;
		snprintf(r->error, WEB_CONFIG_ERROR_SIZE, "%.200s:%zu: it is no YAML: %s", r->path,
			 parser.problem_mark.line + 1, parser.problem ? parser.problem : "unknown");
	}
	yaml_parser_delete(&parser);
	return err;
}

int web_config_read(const char *path, struct web_config *ret, char error[WEB_CONFIG_ERROR_SIZE])
{
	struct web_config_reader r = {.path = path, .to = ret, .error = error};
	struct buffer text = {0};
	int err;

	memset(ret, 0, sizeof(*ret));
	error[0] = '\0';
	err = text_file_read(path, FILE_MOST_BYTES, &text);
	if (err)
		snprintf(error, WEB_CONFIG_ERROR_SIZE, "cannot read %.200s: %s", path,
			 text_file_error(err));
	else
		err = parse_text(&r, &text);
	if (err && !error[0])
		snprintf(error, WEB_CONFIG_ERROR_SIZE, "%.200s: %s", path, strerror(-err));
	if (text.text)
		explicit_bzero(text.text, text.used);
	buffer_free(&text);
	if (err)
		web_config_free(ret);
	return err;
}

static void wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

void web_config_free(struct web_config *config)
{
	wipe(&config->cert);
	wipe(&config->key);
	wipe(&config->client_ca);
	while (config->user_count) {
		config->user_count--;
		wipe(&config->users[config->user_count].name);
		wipe(&config->users[config->user_count].hash);
	}
}
