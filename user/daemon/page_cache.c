/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See page_cache.h. */
#include "daemon/page_cache.h"

#include "datapath/privileges.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static __u64 cache_now(const struct page_cache *cache)
{
	return cache->clock ? cache->clock() : clock_monotonic_ns();
}

static size_t cache_limit(const struct page_cache *cache)
{
	return 4 * cache->largest > PAGE_CACHE_BYTES ? 4 * cache->largest : PAGE_CACHE_BYTES;
}

static void cached_page_drop(struct cached_page *page)
{
	http_body_put(page->body);
	page->body = NULL;
}

/* Drops what no response is sending. */
static void cache_drop_unused(struct page_cache *cache)
{
	unsigned int i;

	for (i = 0; i < PAGE_CACHE_PAGES; i++)
		if (cache->pages[i].body && cache->pages[i].body->users == 1)
			cached_page_drop(&cache->pages[i]);
}

static int cached_page_is_usable(const struct page_cache *cache, const struct cached_page *page)
{
	return page->body && cache_now(cache) - page->made_ns <= PAGE_STALE_NS;
}

/* Returns whether this tick's text serves for one more request. */
static int cached_page_is_current(const struct page_cache *cache, const struct cached_page *page)
{
	if (!page->body || page->tick != cache->tick)
		return 0;
	return cache->spent_ns >= PAGE_FRESH_NS ||
	       cache->bodies.total + page->body->gzip_bytes > PAGE_CACHE_BYTES / 4;
}

/* Returns whether another page was refused in the last ticks: it comes first now. */
static int cache_owes_another(const struct page_cache *cache, const struct cached_page *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_CACHE_PAGES; i++) {
		__u64 refused = cache->pages[i].refused_tick;

		if (&cache->pages[i] != page && refused && cache->tick - refused <= 2)
			return 1;
	}
	return 0;
}

/* Makes room for one more page. Returns whether there is some. */
static int cache_has_room(struct page_cache *cache)
{
	if (cache->bodies.total >= cache_limit(cache))
		cache_drop_unused(cache);
	return cache->bodies.total < cache_limit(cache);
}

static int cache_may_render(struct page_cache *cache, const struct cached_page *page)
{
	if (cache->spent_ns >= PAGE_RENDER_NS)
		return 0;
	if (cached_page_is_usable(cache, page) &&
	    cache->spent_ns + page->took_ns > PAGE_RENDER_NS && cache_owes_another(cache, page))
		return 0;
	return cache_has_room(cache);
}

/* Writes the page, compressed. Returns 0 or -errno; gzip_writer_close() in any case. */
static int render_compressed(const struct page_source *source, struct gzip_writer *writer)
{
	int err = gzip_writer_open(writer);

	if (!err)
		err = source->render(&writer->text, source->context);
	return err ? err : gzip_writer_finish(writer);
}

static int cached_page_render(struct page_cache *cache, struct cached_page *page,
			      const struct page_source *source)
{
	__u64 from = cache_now(cache);
	struct gzip_writer writer = {0};
	struct http_body *body = NULL;
	int err = source->prepare ? source->prepare(source->context) : 0;

	if (!err)
		err = render_compressed(source, &writer);
	if (!err) {
		body = http_body_new(&cache->bodies, &writer);
		err = body ? 0 : -ENOMEM;
	}
	gzip_writer_close(&writer);
	page->took_ns = cache_now(cache) - from;
	cache->spent_ns += page->took_ns;
	if (err)
		return err;
	cached_page_drop(page);
	*page = (struct cached_page){.body = body,
				     .tick = cache->tick,
				     .made_ns = from,
				     .took_ns = page->took_ns};
	if (body->gzip_bytes > cache->largest)
		cache->largest = body->gzip_bytes;
	return 0;
}

/* ---- by a child ------------------------------------------------------------------------------ */

/* The compressed text; behind it, how long it is otherwise. */
static int make_in_child(int fd, void *context)
{
	struct gzip_writer writer;
	__u64 text_bytes;
	int err;

	privileges_drop_capabilities();
	err = render_compressed(context, &writer);
	text_bytes = writer.text_bytes;
	buffer_add_bytes(&writer.out, (const char *)&text_bytes, sizeof(text_bytes));
	return err ? err : buffer_write(&writer.out, fd);
}

static int start_child(struct page_cache *cache, unsigned int number,
		       const struct page_source *source)
{
	struct epoll_event event = {.events = EPOLLIN};
	int err = source->prepare ? source->prepare(source->context) : 0;

	cache->job_page = number;
	cache->job_ns = cache_now(cache);
	if (!err)
		err = child_job_start(&cache->job, make_in_child, (void *)source);
	if (!err && epoll_ctl(cache->jobs, EPOLL_CTL_ADD, cache->job.end, &event)) {
		err = -errno;
		child_job_cancel(&cache->job);
	}
	return err;
}

/*
 * Returns whether a text serves a request. Pages are made half of the time at most: so a child's
 * serves as long again as it took. `has_waited`: for this one, however long it took.
 */
static int cached_page_serves(const struct page_cache *cache, unsigned int number, int has_waited)
{
	const struct cached_page *page = &cache->pages[number];
	__u64 age = cache_now(cache) - page->made_ns, most = PAGE_STALE_NS;

	if (!page->body)
		return 0;
	if (has_waited)
		most += page->took_ns;
	else if (!child_job_is_running(&cache->job) || cache->job_page == number)
		most = page->is_apart && 2 * page->took_ns < most ? 2 * page->took_ns : 0;
	return age <= most;
}

static int cached_page_get_apart(struct page_cache *cache, unsigned int number,
				 const struct page_source *source, struct http_body **ret)
{
	struct cached_page *page = &cache->pages[number];
	int err;

	if (cached_page_serves(cache, number, source->has_waited)) {
		*ret = http_body_get(page->body);
		return 0;
	}
	if (child_job_is_running(&cache->job))
		return -EAGAIN;
	if (source->has_waited && page->has_failed)
		return -EIO;
	if (!cache_has_room(cache))
		return -EBUSY;
	page->has_failed = 0;
	err = start_child(cache, number, source);
	return err ? err : -EAGAIN;
}

int page_cache_open(struct page_cache *cache, int *ret_fd)
{
	cache->jobs = epoll_create1(EPOLL_CLOEXEC);
	if (cache->jobs < 0) {
		cache->jobs = 0;
		return -errno;
	}
	*ret_fd = cache->jobs;
	return 0;
}

/* Makes a body of what the child has written. Returns NULL when there is none. */
static struct http_body *take_body(struct page_cache *cache)
{
	struct buffer made;
	struct http_body *body = NULL;
	__u64 text_bytes;

	if (child_job_finish(&cache->job, &made))
		return NULL;
	if (made.used > sizeof(text_bytes)) {
		made.used -= sizeof(text_bytes);
		memcpy(&text_bytes, made.text + made.used, sizeof(text_bytes));
		body = http_body_take(&cache->bodies, &made, text_bytes);
	}
	buffer_free(&made);
	return body;
}

int page_cache_run(struct page_cache *cache)
{
	struct cached_page *page = &cache->pages[cache->job_page];
	struct epoll_event event;
	struct http_body *body;

	if (!child_job_is_running(&cache->job) || epoll_wait(cache->jobs, &event, 1, 0) != 1)
		return 0;
	body = take_body(cache);
	page->has_failed = !body;
	if (!body)
		return 1;
	cached_page_drop(page);
	*page = (struct cached_page){.body = body,
				     .tick = cache->tick,
				     .made_ns = cache->job_ns,
				     .took_ns = cache_now(cache) - cache->job_ns,
				     .is_apart = 1};
	if (body->gzip_bytes > cache->largest)
		cache->largest = body->gzip_bytes;
	return 1;
}

/* ---- either way ------------------------------------------------------------------------------ */

int page_cache_get(struct page_cache *cache, unsigned int number, const struct page_source *source,
		   struct http_body **ret)
{
	struct cached_page *page = &cache->pages[number];
	int err;

	if (cache->jobs && source->rows > PAGE_APART_ROWS)
		return cached_page_get_apart(cache, number, source, ret);
	if (!cached_page_is_current(cache, page)) {
		if (cache_may_render(cache, page)) {
			err = cached_page_render(cache, page, source);
			if (err)
				return err;
		} else if (!cached_page_is_usable(cache, page)) {
			page->refused_tick = cache->tick;
			return -EBUSY;
		}
	}
	*ret = http_body_get(page->body);
	return 0;
}

int page_cache_may_spend(const struct page_cache *cache)
{
	return cache->spent_ns < PAGE_RENDER_NS;
}

void page_cache_spend(struct page_cache *cache, __u64 ns)
{
	cache->spent_ns += ns;
}

void page_cache_tick(struct page_cache *cache)
{
	unsigned int i;

	cache->tick++;
	cache->spent_ns = 0;
	for (i = 0; i < PAGE_CACHE_PAGES; i++) {
		struct cached_page *page = &cache->pages[i];

		/* A text that was cheap to make is made again. */
		if (page->body &&
		    (page->took_ns < PAGE_FRESH_NS || !cached_page_is_usable(cache, page)))
			cached_page_drop(page);
	}
}

void page_cache_close(struct page_cache *cache)
{
	unsigned int i;

	child_job_cancel(&cache->job);
	if (cache->jobs)
		close(cache->jobs);
	cache->jobs = 0;
	for (i = 0; i < PAGE_CACHE_PAGES; i++)
		cached_page_drop(&cache->pages[i]);
}
