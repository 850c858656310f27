/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See otlp_check.h. */
#include "otlp_check.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long long u64;

#define HOUR_NS 3600000000000ULL

static int bad(struct otlp_check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int bad(struct otlp_check *c, const char *format, ...)
{
	size_t used = 0;
	va_list values;

	if (c->metric)
		used = (size_t)snprintf(c->why, sizeof(c->why), "%.100s: ", c->metric);
	va_start(values, format);
	vsnprintf(c->why + used, sizeof(c->why) - used, format, values);
	va_end(values);
	return -1;
}

/* ---- fields ---------------------------------------------------------------------------------- */

/* An object, and no field in it but these (words with a blank before and behind each). */
static int only(struct otlp_check *c, const json_t *object, const char *what, const char *fields)
{
	char word[200];
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return bad(c, "%s is no object", what);
	json_object_foreach((json_t *)object, key, value)
	{
		snprintf(word, sizeof(word), " %s ", key);
		if (!strstr(fields, word))
			return bad(c, "%s: the field '%.60s' is unknown", what, key);
		if (json_is_null(value))
			return bad(c, "%s: '%.60s' is null", what, key);
	}
	return 0;
}

/* fixed64, int64, uint64: a string of decimal digits. */
static int whole(struct otlp_check *c, const json_t *object, const char *field, u64 *ret)
{
	const json_t *value = json_object_get(object, field);
	const char *text;

	if (!json_is_string(value))
		return bad(c, "%s is %s", field, value ? "no decimal string" : "missing");
	text = json_string_value(value);
	errno = 0;
	*ret = strtoull(text, NULL, 10);
	if (!*text || strspn(text, "0123456789") != strlen(text) || (*text == '0' && text[1]) ||
	    errno)
		return bad(c, "%s is '%.40s'", field, text);
	return 0;
}

static int text_if_there(struct otlp_check *c, const json_t *object, const char *field)
{
	const json_t *value = json_object_get(object, field);

	return value && !json_is_string(value) ? bad(c, "%s is no string", field) : 0;
}

static int list(struct otlp_check *c, const json_t *object, const char *field, const json_t **ret)
{
	*ret = json_object_get(object, field);
	if (!json_is_array(*ret) || !json_array_size(*ret))
		return bad(c, "%s is no list, or empty", field);
	return 0;
}

static int any_value(struct otlp_check *c, const json_t *value)
{
	u64 number;

	if (only(c, value, "value", " stringValue boolValue intValue doubleValue "))
		return -1;
	if (json_object_size(value) != 1)
		return bad(c, "an attribute has %zu values", json_object_size(value));
	if (json_object_get(value, "intValue"))
		return whole(c, value, "intValue", &number);
	if (json_object_get(value, "boolValue"))
		return json_is_boolean(json_object_get(value, "boolValue")) ? 0
									    : bad(c, "boolValue");
	if (json_object_get(value, "doubleValue"))
		return json_is_number(json_object_get(value, "doubleValue"))
			       ? 0
			       : bad(c, "doubleValue");
	return text_if_there(c, value, "stringValue");
}

/* The list of key and value as one object, so that its order does not matter. NULL after bad(). */
static json_t *attributes(struct otlp_check *c, const json_t *owner)
{
	const json_t *pairs = json_object_get(owner, "attributes"), *pair;
	json_t *ret = json_object();
	const char *key;
	size_t i;

	if (pairs && !json_is_array(pairs) && !bad(c, "attributes is no list"))
		goto wrong;
	json_array_foreach((json_t *)pairs, i, pair)
	{
		if (only(c, pair, "attribute", " key value ") ||
		    any_value(c, json_object_get(pair, "value")))
			goto wrong;
		key = json_string_value(json_object_get(pair, "key"));
		if (!key || !*key) {
			bad(c, "an attribute without key");
			goto wrong;
		}
		if (json_object_get(ret, key)) {
			bad(c, "the attribute %.60s is there twice", key);
			goto wrong;
		}
		json_object_set(ret, key, json_object_get(pair, "value"));
	}
	return ret;
wrong:
	json_decref(ret);
	return NULL;
}

/* ---- points ---------------------------------------------------------------------------------- */

static void value_text(const json_t *value, char *out, size_t room)
{
	const json_t *only_one = json_object_iter_value(json_object_iter((json_t *)value));
	char *text;

	if (json_is_string(only_one)) {
		snprintf(out, room, "%s", json_string_value(only_one));
		return;
	}
	text = json_dumps(only_one, JSON_ENCODE_ANY);
	snprintf(out, room, "%s", text);
	free(text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "name{a=1,b=2}\t{resource}", the attributes in the order of their names. To be freed. */
static char *series_key(const struct otlp_check *c, json_t *of_point)
{
	size_t count = json_object_size(of_point), i = 0, size;
	char *resource = json_dumps(c->resource, JSON_COMPACT | JSON_SORT_KEYS), *key, value[300];
	const char **names = calloc(count + 1, sizeof(*names)), *name;
	FILE *out = open_memstream(&key, &size);
	json_t *unused;

	json_object_foreach(of_point, name, unused) names[i++] = name;
	qsort(names, count, sizeof(*names), by_name);
	fprintf(out, "%s{", c->metric);
	for (i = 0; i < count; i++) {
		value_text(json_object_get(of_point, names[i]), value, sizeof(value));
		fprintf(out, "%s%s=%s", i ? "," : "", names[i], value);
	}
	fprintf(out, "}\t%s", resource);
	fclose(out);
	free(names);
	free(resource);
	return key;
}

static u64 wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (u64)now.tv_sec * 1000000000ULL + (u64)now.tv_nsec;
}

static u64 field(const json_t *point, const char *name)
{
	const char *text = json_string_value(json_object_get(point, name));

	return text ? strtoull(text, NULL, 10) : 0;
}

static int times(struct otlp_check *c, const json_t *point, int cumulative)
{
	u64 start = 0, at, now = wall_ns();

	if (whole(c, point, "timeUnixNano", &at))
		return -1;
	if (at + HOUR_NS < now || at > now + HOUR_NS)
		return bad(c, "timeUnixNano %llu is not about now", at);
	if (json_object_get(point, "startTimeUnixNano") || cumulative)
		if (whole(c, point, "startTimeUnixNano", &start))
			return -1;
	if (cumulative && (!start || start + 87600 * HOUR_NS < now))
		return bad(c, "startTimeUnixNano %llu is no time", start);
	if (start > at)
		return bad(c, "it starts at %llu, after its time %llu", start, at);
	return 0;
}

static int number_point(struct otlp_check *c, const json_t *point)
{
	const json_t *real = json_object_get(point, "asDouble");
	u64 number;

	if (only(c, point, "data point",
		 " attributes startTimeUnixNano timeUnixNano asDouble asInt flags "))
		return -1;
	if (!real == !json_object_get(point, "asInt"))
		return bad(c, "not just one of asInt and asDouble");
	if (real)
		return json_is_number(real) ? 0 : bad(c, "asDouble is no number");
	if (whole(c, point, "asInt", &number))
		return -1;
	return number > INT64_MAX ? bad(c, "asInt is %llu", number) : 0;
}

static int buckets(struct otlp_check *c, const json_t *point, u64 count)
{
	const json_t *counts = json_object_get(point, "bucketCounts"), *item;
	const json_t *bounds = json_object_get(point, "explicitBounds");
	double before = -INFINITY;
	u64 total = 0, number;
	json_t *one;
	size_t i;

	if (!json_is_array(counts) || !json_is_array(bounds))
		return bad(c, "no bucketCounts, or no explicitBounds");
	if (json_array_size(counts) != json_array_size(bounds) + 1)
		return bad(c, "%zu bucketCounts for %zu explicitBounds", json_array_size(counts),
			   json_array_size(bounds));
	json_array_foreach((json_t *)bounds, i, item)
	{
		if (!json_is_number(item) || json_number_value(item) <= before)
			return bad(c, "explicitBounds do not ascend");
		before = json_number_value(item);
	}
	json_array_foreach((json_t *)counts, i, item)
	{
		one = json_pack("{sO}", "bucketCounts", item);
		if (whole(c, one, "bucketCounts", &number)) {
			json_decref(one);
			return -1;
		}
		json_decref(one);
		total += number;
	}
	return total == count ? 0 : bad(c, "buckets of %llu, but the count is %llu", total, count);
}

static int histogram_point(struct otlp_check *c, const json_t *point)
{
	u64 count;

	if (only(c, point, "data point",
		 " attributes startTimeUnixNano timeUnixNano count sum bucketCounts explicitBounds "
		 "min max flags ") ||
	    whole(c, point, "count", &count) || buckets(c, point, count))
		return -1;
	if (!json_is_number(json_object_get(point, "sum")) ||
	    json_number_value(json_object_get(point, "sum")) < 0)
		return bad(c, "sum is no number, or negative");
	return 0;
}

/* ---- what came before ------------------------------------------------------------------------ */

static double number(const json_t *point)
{
	const json_t *real = json_object_get(point, "asDouble");

	return real ? json_number_value(real) : (double)field(point, "asInt");
}

static int buckets_grow(struct otlp_check *c, const json_t *point, const json_t *before)
{
	const json_t *counts = json_object_get(point, "bucketCounts");
	const json_t *counts_before = json_object_get(before, "bucketCounts");
	size_t i;

	if (!json_equal(json_object_get(point, "explicitBounds"),
			json_object_get(before, "explicitBounds")))
		return bad(c, "other explicitBounds than before");
	for (i = 0; i < json_array_size(counts); i++)
		if (strtoull(json_string_value(json_array_get(counts, i)), NULL, 10) <
		    strtoull(json_string_value(json_array_get(counts_before, i)), NULL, 10))
			return bad(c, "bucket %zu goes back", i);
	if (json_number_value(json_object_get(point, "sum")) <
	    json_number_value(json_object_get(before, "sum")))
		return bad(c, "the sum goes back");
	return 0;
}

static int grows(struct otlp_check *c, const char *kind, const json_t *point, const json_t *before)
{
	u64 start = field(point, "startTimeUnixNano");

	if (field(point, "timeUnixNano") <= field(before, "timeUnixNano"))
		return bad(c, "not later than what came before");
	if (!strcmp(kind, "gauge"))
		return 0;
	if (start != field(before, "startTimeUnixNano"))
		return c->restarts && start > field(before, "timeUnixNano")
			       ? 0
			       : bad(c, "the start time moved");
	if (!strcmp(kind, "histogram"))
		return buckets_grow(c, point, before);
	if (number(point) < number(before))
		return bad(c, "goes back from %.17g to %.17g", number(before), number(point));
	return 0;
}

static int one_point(struct otlp_check *c, const char *kind, json_t *point)
{
	int (*fields)(struct otlp_check *, const json_t *) =
		strcmp(kind, "histogram") ? number_point : histogram_point;
	json_t *of_point, *before;
	char *key;
	int err;

	if (fields(c, point) || times(c, point, strcmp(kind, "gauge") != 0))
		return -1;
	of_point = attributes(c, point);
	if (!of_point)
		return -1;
	key = series_key(c, of_point);
	json_decref(of_point);
	before = json_object_get(c->latest, key);
	if (json_object_get(c->seen, key))
		err = bad(c, "twice in one request: %.200s", key);
	else if (before && strcmp(json_string_value(json_object_get(before, "kind")), kind))
		err = bad(c, "was no %s before", kind);
	else
		err = before ? grows(c, kind, point, json_object_get(before, "point")) : 0;
	json_object_set_new(c->seen, key, json_pack("{sssO}", "kind", kind, "point", point));
	free(key);
	return err;
}

/* ---- the request ----------------------------------------------------------------------------- */

static int kind_is_cumulative(struct otlp_check *c, const char *kind, const json_t *data)
{
	const json_t *temporality = json_object_get(data, "aggregationTemporality");

	if (!strcmp(kind, "gauge"))
		return only(c, data, kind, " dataPoints ");
	if (only(c, data, kind, " dataPoints aggregationTemporality isMonotonic "))
		return -1;
	if (!json_is_integer(temporality) || json_integer_value(temporality) != 2)
		return bad(c, "aggregationTemporality is not 2");
	if (!strcmp(kind, "sum") != json_is_true(json_object_get(data, "isMonotonic")))
		return bad(c, "isMonotonic");
	return 0;
}

static int one_metric(struct otlp_check *c, const json_t *metric)
{
	static const char *const kinds[] = {"sum", "gauge", "histogram"};
	const json_t *data = NULL, *points;
	const char *kind = NULL;
	json_t *point;
	size_t i;

	if (only(c, metric, "metric", " name description unit sum gauge histogram "))
		return -1;
	c->metric = json_string_value(json_object_get(metric, "name"));
	if (!c->metric || !isalpha((unsigned char)*c->metric) || strlen(c->metric) > 255)
		return bad(c, "a metric without a name");
	if (text_if_there(c, metric, "description") || text_if_there(c, metric, "unit"))
		return -1;
	for (i = 0; i < 3; i++) {
		if (!json_object_get(metric, kinds[i]))
			continue;
		if (kind)
			return bad(c, "more than one kind");
		kind = kinds[i];
		data = json_object_get(metric, kind);
	}
	if (!kind)
		return bad(c, "neither sum nor gauge nor histogram");
	if (kind_is_cumulative(c, kind, data) || list(c, data, "dataPoints", &points))
		return -1;
	json_array_foreach((json_t *)points, i, point) if (one_point(c, kind, point)) return -1;
	return 0;
}

static int one_scope(struct otlp_check *c, const json_t *scope_metrics)
{
	const json_t *metrics, *metric, *scope = json_object_get(scope_metrics, "scope");
	json_t *names;
	int err = 0;
	size_t i;

	if (only(c, scope_metrics, "scopeMetrics", " scope metrics schemaUrl ") ||
	    (scope && only(c, scope, "scope", " name version ")) ||
	    text_if_there(c, scope, "name") || text_if_there(c, scope, "version") ||
	    list(c, scope_metrics, "metrics", &metrics))
		return -1;
	names = json_object();
	json_array_foreach((json_t *)metrics, i, metric)
	{
		err = one_metric(c, metric);
		if (!err && json_object_get(names, c->metric))
			err = bad(c, "the metric is there twice");
		if (err)
			break;
		json_object_set_new(names, c->metric, json_true());
		c->metric = NULL;
	}
	json_decref(names);
	return err;
}

static int one_resource(struct otlp_check *c, const json_t *resource_metrics)
{
	const json_t *resource = json_object_get(resource_metrics, "resource"), *scopes, *scope;
	int err = 0;
	size_t i;

	if (only(c, resource_metrics, "resourceMetrics", " resource scopeMetrics schemaUrl ") ||
	    only(c, resource, "resource", " attributes ") ||
	    list(c, resource_metrics, "scopeMetrics", &scopes))
		return -1;
	c->resource = attributes(c, resource);
	if (!c->resource)
		return -1;
	if (!json_object_get(c->resource, "service.name"))
		err = bad(c, "the resource has no service.name");
	json_array_foreach((json_t *)scopes, i, scope)
	{
		err = err ? err : one_scope(c, scope);
		if (err)
			break;
	}
	json_decref(c->resource);
	return err;
}

int otlp_check(struct otlp_check *c, const char *text, size_t length, int keep)
{
	const json_t *resources, *resource;
	json_error_t error;
	json_t *root;
	int err = 0;
	size_t i;

	c->metric = NULL;
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return bad(c, "no JSON: %s at byte %d", error.text, error.position);
	c->latest = c->latest ? c->latest : json_object();
	c->seen = json_object();
	err = only(c, root, "the request", " resourceMetrics ") ||
	      list(c, root, "resourceMetrics", &resources);
	if (!err)
		json_array_foreach((json_t *)resources, i,
				   resource) if ((err = one_resource(c, resource))) break;
	if (!err && keep)
		json_object_update(c->latest, c->seen);
	json_decref(c->seen);
	json_decref(root);
	return err ? -1 : 0;
}

/* ---- the latest values ----------------------------------------------------------------------- */

static void latest_histogram(const char *key, int length, const json_t *point, FILE *out)
{
	const json_t *counts = json_object_get(point, "bucketCounts");
	const json_t *bounds = json_object_get(point, "explicitBounds");
	int name = (int)strcspn(key, "{");
	u64 total = 0;
	size_t i;

	fprintf(out, "%.*s_count%.*s %llu\n", name, key, length - name, key + name,
		field(point, "count"));
	fprintf(out, "%.*s_sum%.*s %.9g\n", name, key, length - name, key + name,
		json_number_value(json_object_get(point, "sum")));
	for (i = 0; i < json_array_size(counts); i++) {
		total += strtoull(json_string_value(json_array_get(counts, i)), NULL, 10);
		fprintf(out, "%.*s_bucket%.*s,le=", name, key, length - name - 1, key + name);
		if (i < json_array_size(bounds))
			fprintf(out, "%.9g} %llu\n", json_number_value(json_array_get(bounds, i)),
				total);
		else
			fprintf(out, "+Inf} %llu\n", total);
	}
}

void otlp_check_latest(const struct otlp_check *c, FILE *out)
{
	const json_t *point;
	const char *key;
	json_t *entry;
	int length;

	json_object_foreach(c->latest, key, entry)
	{
		length = (int)strcspn(key, "\t");
		point = json_object_get(entry, "point");
		if (json_object_get(point, "bucketCounts"))
			latest_histogram(key, length, point, out);
		else if (json_object_get(point, "asInt"))
			fprintf(out, "%.*s %llu\n", length, key, field(point, "asInt"));
		else
			fprintf(out, "%.*s %.9g\n", length, key, number(point));
	}
}
