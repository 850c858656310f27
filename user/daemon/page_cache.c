/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See page_cache.h. */
#include "daemon/page_cache.h"

#include <errno.h>
#include <string.h>

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

static int cache_may_render(struct page_cache *cache, const struct cached_page *page)
{
	if (cache->spent_ns >= PAGE_RENDER_NS)
		return 0;
	if (cached_page_is_usable(cache, page) &&
	    cache->spent_ns + page->took_ns > PAGE_RENDER_NS && cache_owes_another(cache, page))
		return 0;
	if (cache->bodies.total >= cache_limit(cache))
		cache_drop_unused(cache);
	return cache->bodies.total < cache_limit(cache);
}

static int cached_page_render(struct page_cache *cache, struct cached_page *page,
			      page_render_fn *render, void *context)
{
	__u64 from = cache_now(cache);
	struct gzip_writer writer;
	struct http_body *body = NULL;
	int err = gzip_writer_open(&writer);

	if (!err)
		err = render(&writer.text, context);
	if (!err)
		err = gzip_writer_finish(&writer);
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

int page_cache_get(struct page_cache *cache, unsigned int number, page_render_fn *render,
		   void *context, struct http_body **ret)
{
	struct cached_page *page = &cache->pages[number];
	int err;

	if (!cached_page_is_current(cache, page)) {
		if (cache_may_render(cache, page)) {
			err = cached_page_render(cache, page, render, context);
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

	for (i = 0; i < PAGE_CACHE_PAGES; i++)
		cached_page_drop(&cache->pages[i]);
}
