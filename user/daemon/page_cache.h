/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dynamic pages as they were rendered last. It bounds what readers can take from the daemon,
 * however many there are and however slowly they read:
 * - memory: texts are held compressed, shared, and at most PAGE_CACHE_BYTES of them (or four of the
 *   largest page, where that is more);
 * - time: from PAGE_FRESH_NS of rendering in one tick on, each page is rendered once a tick; from
 *   PAGE_RENDER_NS on nothing more is, and a text of at most PAGE_STALE_NS serves instead.
 */
#ifndef DAEMON_PAGE_CACHE_H
#define DAEMON_PAGE_CACHE_H

#include "http/server.h"
#include "util/clock.h"

#define PAGE_CACHE_PAGES 8
#define PAGE_CACHE_BYTES (32U << 20)
#define PAGE_FRESH_NS (NS_PER_S / 20)
#define PAGE_RENDER_NS (NS_PER_S / 2)
#define PAGE_STALE_NS (15 * NS_PER_S)

struct cached_page {
	struct http_body *body; /* NULL: none */
	__u64 tick, made_ns, took_ns;
	__u64 refused_tick; /* 0: it was rendered since */
};

struct page_cache {
	struct http_bodies bodies;
	struct cached_page pages[PAGE_CACHE_PAGES];
	__u64 tick, spent_ns; /* on rendering, in this tick */
	size_t largest;
	__u64 (*clock)(void); /* NULL: clock_monotonic_ns() */
};

/* Writes the page to `out`. Returns 0 or -errno. */
typedef int page_render_fn(struct buffer *out, void *context);

/*
 * Returns 0 and the page in *ret, which the caller puts; -EBUSY: it can be had later; or the error
 * of `render`.
 */
int page_cache_get(struct page_cache *cache, unsigned int page, page_render_fn *render,
		   void *context, struct http_body **ret);

/* Begins a tick: the counters are new. */
void page_cache_tick(struct page_cache *cache);

void page_cache_close(struct page_cache *cache);

#endif
