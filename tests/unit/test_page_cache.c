// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What readers can take from the daemon at most: memory, and time of a tick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/page_cache.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static __u64 now_ns;

static __u64 clock_of_the_test(void)
{
	return now_ns;
}

struct render {
	__u64 takes_ns;
	size_t random_bytes; /* what does not compress */
	unsigned int times;
	int err;
};

static int render(struct buffer *out, void *context)
{
	struct render *r = context;
	size_t i;

	r->times++;
	now_ns += r->takes_ns;
	buffer_add(out, "rendering %u\n", r->times);
	for (i = 0; i < r->random_bytes; i += 4) {
		int random = rand();

		buffer_add_bytes(out, (const char *)&random, 4);
	}
	return r->err;
}

static void begin(struct page_cache *cache)
{
	memset(cache, 0, sizeof(*cache));
	cache->clock = clock_of_the_test;
	now_ns = 1000 * NS_PER_S;
	page_cache_tick(cache);
}

static void tick(struct page_cache *cache)
{
	now_ns += NS_PER_S;
	page_cache_tick(cache);
}

static int try_get(struct page_cache *cache, unsigned int page, struct render *r,
		   struct http_body **ret)
{
	struct page_source source = {.render = render, .context = r};

	return page_cache_get(cache, page, &source, ret);
}

static struct http_body *get(struct page_cache *cache, unsigned int page, struct render *r)
{
	struct http_body *body = NULL;

	assert_int_equal(try_get(cache, page, r, &body), 0);
	return body;
}

static void get_and_put(struct page_cache *cache, unsigned int page, struct render *r)
{
	http_body_put(get(cache, page, r));
}

/* Counters are read for each scrape, as long as that costs next to nothing. */
static void a_cheap_page_is_rendered_for_each_request(void **state)
{
	struct render cheap = {.takes_ns = PAGE_FRESH_NS / 100};
	struct page_cache cache;
	int i;

	(void)state;
	begin(&cache);
	for (i = 0; i < 50; i++)
		get_and_put(&cache, 0, &cheap);
	assert_int_equal(cheap.times, 50);
	for (i = 0; i < 1000; i++)
		get_and_put(&cache, 0, &cheap);
	assert_int_equal(cheap.times, 100); /* PAGE_FRESH_NS are spent */
	tick(&cache);
	get_and_put(&cache, 0, &cheap);
	assert_int_equal(cheap.times, 101);
	page_cache_close(&cache);
	assert_int_equal(cache.bodies.total, 0);
}

static void a_dear_page_is_rendered_once_a_tick_and_shared(void **state)
{
	struct render dear = {.takes_ns = PAGE_FRESH_NS};
	struct http_body *first, *second;
	struct page_cache cache;

	(void)state;
	begin(&cache);
	first = get(&cache, 0, &dear);
	second = get(&cache, 0, &dear);
	assert_ptr_equal(first, second);
	assert_int_equal(dear.times, 1);
	http_body_put(first);
	tick(&cache);
	get_and_put(&cache, 0, &dear);
	assert_int_equal(dear.times, 2);
	assert_int_equal(second->users, 1); /* its reader has it still */
	http_body_put(second);
	page_cache_close(&cache);
	assert_int_equal(cache.bodies.total, 0);
}

/* However many pages are asked for, a tick waits for little more than one of them. */
static void rendering_in_a_tick_has_an_end(void **state)
{
	struct render slow[5] = {{0}};
	struct http_body *body;
	struct page_cache cache;
	unsigned int i, round, rendered;
	__u64 before;

	(void)state;
	begin(&cache);
	for (i = 0; i < 5; i++)
		slow[i].takes_ns = 2 * NS_PER_S;
	for (round = 0; round < 10; round++) {
		before = now_ns;
		for (i = 0; i < 80; i++)
			if (!try_get(&cache, i % 5, &slow[i % 5], &body))
				http_body_put(body);
		assert_true(now_ns - before <= 2 * NS_PER_S);
		tick(&cache);
	}
	/* None was left out, although the first one is always asked for first. */
	for (i = 0, rendered = 0; i < 5; i++) {
		assert_true(slow[i].times >= 1);
		rendered += slow[i].times;
	}
	assert_int_equal(rendered, 10);
	page_cache_close(&cache);
}

static void an_old_text_serves_for_a_while_and_then_no_more(void **state)
{
	struct render slow = {.takes_ns = NS_PER_S}, other = {.takes_ns = NS_PER_S};
	struct page_cache cache;
	struct http_body *body;

	(void)state;
	begin(&cache);
	get_and_put(&cache, 0, &slow);
	tick(&cache);
	get_and_put(&cache, 1, &other); /* spends the tick */
	get_and_put(&cache, 0, &slow);
	assert_int_equal(slow.times, 1);
	now_ns += PAGE_STALE_NS;
	assert_int_equal(try_get(&cache, 0, &slow, &body), -EBUSY);
	page_cache_close(&cache);
}

/* Readers that never read, each with a text of its own. */
static void memory_in_flight_is_bounded(void **state)
{
	struct render large = {.takes_ns = PAGE_FRESH_NS, .random_bytes = 4 << 20};
	struct http_body *held[64] = {NULL};
	struct page_cache cache;
	int i, err, refused = 0;

	(void)state;
	begin(&cache);
	for (i = 0; i < 64; i++) {
		err = try_get(&cache, 0, &large, &held[i]);
		assert_true(!err || err == -EBUSY);
		refused += err != 0;
		assert_true(cache.bodies.total <= PAGE_CACHE_BYTES + large.random_bytes + 65536);
		tick(&cache);
	}
	assert_true(refused > 0);
	for (i = 0; i < 64; i++)
		http_body_put(held[i]);
	tick(&cache);
	get_and_put(&cache, 0, &large);
	page_cache_close(&cache);
	assert_int_equal(cache.bodies.total, 0);
}

static void a_failure_is_the_renderers(void **state)
{
	struct render ill = {.err = -EIO};
	struct page_cache cache;
	struct http_body *body;

	(void)state;
	begin(&cache);
	assert_int_equal(try_get(&cache, 0, &ill, &body), -EIO);
	ill.err = 0;
	get_and_put(&cache, 0, &ill);
	page_cache_close(&cache);
}

/* ---- pages that a child makes ---------------------------------------------------------------- */

/* The test's own numbers: a page is made of them as they were when it was begun. */
struct large_page {
	int number, prepared, err;
	int hangs; /* it is never done */
};

static int prepare_large(void *context)
{
	struct large_page *large = context;

	large->prepared++;
	return 0;
}

static int render_large(struct buffer *out, void *context)
{
	struct large_page *large = context;
	int i;

	for (i = 0; i < 100000; i++)
		buffer_add(out, "%d\n", large->number);
	large->number = -1; /* in the child alone */
	while (large->hangs)
		pause();
	return large->err;
}

static int get_large(struct page_cache *cache, unsigned int page, struct large_page *large,
		     int has_waited, struct http_body **ret)
{
	struct page_source source = {.prepare = prepare_large,
				     .render = render_large,
				     .context = large,
				     .rows = PAGE_APART_ROWS + 1,
				     .has_waited = has_waited};

	return page_cache_get(cache, page, &source, ret);
}

static void begin_apart(struct page_cache *cache, int *fd)
{
	begin(cache);
	assert_int_equal(page_cache_open(cache, fd), 0);
}

/* Waits until the child has ended. */
static void await_child(struct page_cache *cache, int fd, __u64 takes_ns)
{
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&ended, 1, 60000), 1);
	now_ns += takes_ns;
	assert_int_equal(page_cache_run(cache), 1);
	assert_int_equal(poll(&ended, 1, 0), 0);
	assert_int_equal(page_cache_run(cache), 0);
}

static void assert_page_of(struct http_body *body, int number)
{
	struct gzip_reader reader;
	char want[16], got[16] = "";
	ssize_t length = snprintf(want, sizeof(want), "%d\n", number);

	assert_int_equal(body->text_bytes, 100000 * length);
	assert_int_equal(gzip_reader_open(&reader, body->gzip, body->gzip_bytes), 0);
	assert_int_equal(gzip_reader_read(&reader, got, (size_t)length), length);
	assert_string_equal(got, want);
	gzip_reader_close(&reader);
}

static void a_child_makes_a_page_of_many_rows(void **state)
{
	struct large_page large = {.number = 7};
	struct http_body *body;
	struct page_cache cache;
	int fd;

	(void)state;
	begin_apart(&cache, &fd);
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN);
	large.number = 8; /* the counters go on: the page is of one moment */
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN);
	await_child(&cache, fd, NS_PER_S);
	assert_int_equal(large.number, 8);
	assert_int_equal(large.prepared, 1);
	assert_int_equal(get_large(&cache, 0, &large, 1, &body), 0);
	assert_page_of(body, 7);
	http_body_put(body);
	page_cache_close(&cache);
	assert_int_equal(cache.bodies.total, 0);
}

/* As long again as it took, for those that come later: a child works half of the time at most. */
static void the_page_of_a_child_serves_for_a_while(void **state)
{
	struct large_page large = {.number = 7};
	struct http_body *body;
	struct page_cache cache;
	int fd;

	(void)state;
	begin_apart(&cache, &fd);
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN);
	await_child(&cache, fd, 3 * NS_PER_S);
	tick(&cache);
	tick(&cache);
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), 0);
	http_body_put(body);
	tick(&cache);
	tick(&cache);
	large.number = 9;
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN);
	await_child(&cache, fd, PAGE_STALE_NS + NS_PER_S);
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN); /* it is too old, */
	assert_int_equal(get_large(&cache, 0, &large, 1, &body), 0); /* but not for who waited */
	assert_page_of(body, 9);
	http_body_put(body);
	page_cache_close(&cache);
}

/* While a child makes another page, a text that is not too old serves. */
static void one_page_is_made_at_a_time(void **state)
{
	struct large_page first = {.number = 1}, second = {.number = 2};
	struct http_body *body;
	struct page_cache cache;
	int fd;

	(void)state;
	begin_apart(&cache, &fd);
	assert_int_equal(get_large(&cache, 0, &first, 0, &body), -EAGAIN);
	assert_int_equal(get_large(&cache, 1, &second, 0, &body), -EAGAIN);
	assert_int_equal(second.prepared, 0);
	await_child(&cache, fd, NS_PER_S);
	assert_int_equal(get_large(&cache, 1, &second, 1, &body), -EAGAIN);
	assert_int_equal(second.prepared, 1);
	now_ns += 5 * NS_PER_S;
	assert_int_equal(get_large(&cache, 0, &first, 0, &body), 0);
	assert_page_of(body, 1);
	http_body_put(body);
	now_ns += PAGE_STALE_NS;
	assert_int_equal(get_large(&cache, 0, &first, 0, &body), -EAGAIN);
	await_child(&cache, fd, NS_PER_S);
	assert_int_equal(get_large(&cache, 1, &second, 1, &body), 0);
	assert_page_of(body, 2);
	http_body_put(body);
	page_cache_close(&cache);
}

static void a_child_that_fails_or_is_killed(void **state)
{
	struct large_page large = {.number = 7, .err = -EIO};
	struct http_body *body;
	struct page_cache cache;
	int fd;

	(void)state;
	begin_apart(&cache, &fd);
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN);
	await_child(&cache, fd, NS_PER_S);
	assert_int_equal(get_large(&cache, 0, &large, 1, &body), -EIO);
	large.err = 0;
	large.hangs = 1;
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN); /* tried anew */
	kill(cache.job.pid, SIGKILL);
	await_child(&cache, fd, NS_PER_S);
	assert_int_equal(get_large(&cache, 0, &large, 1, &body), -EIO);
	assert_int_equal(get_large(&cache, 0, &large, 0, &body), -EAGAIN);
	page_cache_close(&cache); /* ends the child */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cheap_page_is_rendered_for_each_request),
		cmocka_unit_test(a_dear_page_is_rendered_once_a_tick_and_shared),
		cmocka_unit_test(rendering_in_a_tick_has_an_end),
		cmocka_unit_test(an_old_text_serves_for_a_while_and_then_no_more),
		cmocka_unit_test(memory_in_flight_is_bounded),
		cmocka_unit_test(a_failure_is_the_renderers),
		cmocka_unit_test(a_child_makes_a_page_of_many_rows),
		cmocka_unit_test(the_page_of_a_child_serves_for_a_while),
		cmocka_unit_test(one_page_is_made_at_a_time),
		cmocka_unit_test(a_child_that_fails_or_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
