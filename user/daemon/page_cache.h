/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dynamic pages as they were rendered last. It bounds what readers can take from the daemon,
 * however many there are and however slowly they read:
 * - memory: texts are held compressed, shared, and at most PAGE_CACHE_BYTES of them (or four of the
 *   largest page, where that is more);
 * - time: from PAGE_FRESH_NS of rendering in one tick on, each page is rendered once a tick; from
 *   PAGE_RENDER_NS on nothing more is, and a text of at most PAGE_STALE_NS serves instead.
 *
 * A page of more than PAGE_APART_ROWS rows takes seconds. A child makes it, one page at a time,
 * from its copy of the memory, and no tick waits for it. At most half of the time goes into that.
 */
#ifndef DAEMON_PAGE_CACHE_H
#define DAEMON_PAGE_CACHE_H

#include "http/server.h"
#include "util/child_job.h"
#include "util/clock.h"

#define PAGE_CACHE_PAGES 8
#define PAGE_CACHE_BYTES (32U << 20)
#define PAGE_FRESH_NS (NS_PER_S / 20)
#define PAGE_RENDER_NS (NS_PER_S / 2)
#define PAGE_STALE_NS (15 * NS_PER_S)
#define PAGE_APART_ROWS 2000

struct cached_page {
	struct http_body *body; /* NULL: none */
	__u64 tick, made_ns, took_ns;
	__u64 refused_tick; /* 0: it was rendered since */
	int is_apart;	    /* a child has made it */
	int has_failed;	    /* the last child that was to make it */
};

struct page_cache {
	struct http_bodies bodies;
	struct cached_page pages[PAGE_CACHE_PAGES];
	__u64 tick, spent_ns; /* on rendering, in this tick */
	size_t largest;
	__u64 (*clock)(void); /* NULL: clock_monotonic_ns() */
	struct child_job job;
	unsigned int job_page; /* the page that it makes, */
	__u64 job_ns;	       /* since when */
	int jobs;	       /* an epoll fd, readable when the job has ended; 0: no children */
};

/* Writes the page to `out`. Returns 0 or -errno. */
typedef int page_render_fn(struct buffer *out, void *context);

struct page_source {
	int (*prepare)(void *context); /* before `render`, never in a child; NULL: nothing is */
	page_render_fn *render;
	void *context;
	size_t rows;	/* of the page, about */
	int has_waited; /* after -EAGAIN */
};

/* Has pages of many rows made by a child. Returns 0 and page_cache_run()'s descriptor, or -errno.
 */
int page_cache_open(struct page_cache *cache, int *ret_fd);

/*
 * Returns 0 and the page in *ret, which the caller puts; -EAGAIN: a child makes it, or another one
 * before it, until page_cache_run() returns 1; -EBUSY: it can be had later; or another error.
 */
int page_cache_get(struct page_cache *cache, unsigned int page, const struct page_source *source,
		   struct http_body **ret);

/* Returns 1 when a page that is not cached may be rendered in this tick. */
int page_cache_may_spend(const struct page_cache *cache);

/* Adds the time that rendering such a page took. */
void page_cache_spend(struct page_cache *cache, __u64 ns);

/* Takes over what a child has made. Returns 1 when those that wait are to ask again. */
int page_cache_run(struct page_cache *cache);

/* Begins a tick: the counters are new. */
void page_cache_tick(struct page_cache *cache);

void page_cache_close(struct page_cache *cache);

#endif
