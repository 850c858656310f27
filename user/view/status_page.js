// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Fills the status page from the JSON pages and keeps it up to date. All words from outside (names
// that were asked for, interfaces) go through textContent: they stay text, whatever they are.
"use strict";

const EVERY_MS = 2000;       // between two questions, or longer when the answers take long
const PATIENCE_MS = 8000;    // for an answer
const STALE_MS = 6000;       // numbers older than this are called old
const RANK = {down: 0, degraded: 1, healthy: 2, idle: 3};
const NONE = "–";

const $ = id => document.getElementById(id);
const meanings = new Map([...document.querySelectorAll("dt[data-cause]")].map(
	dt => [dt.textContent, dt.nextElementSibling.textContent]));
const rows = new Map();      // key of the resolver: its row and cells
let changedAt = Date.now();  // when the daemon's own time last moved on
let answeredAt = 0;
let lookedAt = 0;            // when this page was last brought into view
let status = null, trouble = "";

// ---- words ---------------------------------------------------------------------------------

const count = n => n.toLocaleString("en");
const plural = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

function share(ratio) {
	if (ratio === null)
		return NONE;
	const percent = 100 * ratio;
	if (ratio <= 0)
		return "0%";
	if (percent < 0.1)
		return "<0.1%";
	if (percent < 9.95)
		return percent.toFixed(1) + "%";
	return (ratio < 1 ? Math.min(Math.round(percent), 99) : 100) + "%";
}

function rate(perSecond) {
	if (perSecond === null)
		return NONE;
	if (perSecond === 0)
		return "0";
	if (perSecond < 0.01)
		return "<0.01";
	return perSecond < 9.995 ? perSecond.toFixed(2) : perSecond < 99.95 ? perSecond.toFixed(1) :
		count(Math.round(perSecond));
}

function seconds(s) {
	if (s === null)
		return NONE;
	if (s < 999.5e-6)
		return Math.round(1e6 * s) + " µs";
	if (s < 0.9995)
		return (1e3 * s).toFixed(s < 9.95e-3 ? 1 : 0) + " ms";
	return s.toFixed(s < 9.995 ? 2 : 1) + " s";
}

function duration(s) {
	s = Math.max(0, Math.round(s));
	if (s < 60)
		return `${s} s`;
	if (s < 3600)
		return `${Math.floor(s / 60)} min ${s % 60} s`;
	if (s < 86400)
		return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
	return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

// In steps of a minute: words that change each second disturb a reader.
function ago(s) {
	return s < 60 ? "less than a minute ago" : duration(s - s % 60).replace(" 0 s", "") + " ago";
}

// 2026-01-31T13:24:32.192571Z: the date only when it is not that of the daemon's own time
function clock(time) {
	const day = time.slice(0, 10), now = status ? status.time.slice(0, 10) : "";
	return (day === now ? "" : day + " ") + time.slice(11, 19) + " UTC";
}

const key = r => `${r.address} ${r.port} ${r.transport}`;

function name(r) {
	if (r.address === "other")
		return "other resolvers";
	if (r.port === 53)
		return r.address;
	return r.address.includes(":") ? `[${r.address}]:${r.port}` : `${r.address}:${r.port}`;
}

// ---- elements ------------------------------------------------------------------------------

function put(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

function make(tag, text = "", className = "") {
	const element = document.createElement(tag);
	element.textContent = text;
	if (className)
		element.className = className;
	return element;
}

function badge(element, word) {
	put(element, word);
	element.className = `state ${word}`;
	return element;
}

function svg(tag, attributes) {
	const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
	for (const [name, value] of Object.entries(attributes))
		element.setAttribute(name, value);
	return element;
}

// ---- resolvers -----------------------------------------------------------------------------

const shown = r => r.windows["10s"].settled ? r.windows["10s"] : r.windows["1m"];
const sum = object => Object.values(object).reduce((a, b) => a + b, 0);
const asked = r => r.queries > 0 || sum(r.unsent) > 0;

const NUMBERS = [
	["Failed", w => share(w.failure_ratio), w => !w.failure_ratio],
	["Errors", w => share(w.error_ratio), w => !w.error_ratio],
	["Queries/s", w => rate(w.queries_per_s), w => !w.queries_per_s],
	["RTT p50", w => seconds(w.rtt_p50_s), w => w.rtt_p50_s === null],
	["p95", w => seconds(w.rtt_p95_s), w => w.rtt_p95_s === null],
	["p99", w => seconds(w.rtt_p99_s), w => w.rtt_p99_s === null],
];

function makeRow() {
	const tr = make("tr"), first = make("td", "", "first"), th = make("th");
	const row = {tr, state: make("span"), name: make("span"), why: make("small"),
		numbers: [], picture: svg("svg", {viewBox: "0 0 180 30", role: "img",
			preserveAspectRatio: "none"}), drawn: ""};
	tr.setAttribute("role", "row");
	first.setAttribute("role", "cell");
	th.setAttribute("role", "rowheader");
	th.scope = "row";
	first.append(row.state);
	th.append(row.name, row.why);
	tr.append(first, th);
	for (const [label] of NUMBERS) {
		const td = make("td", "", "n");
		td.setAttribute("role", "cell");
		td.dataset.label = label;
		row.numbers.push(td);
		tr.append(td);
	}
	const last = make("td", "", "last");
	last.setAttribute("role", "cell");
	last.append(row.picture);
	tr.append(last);
	return row;
}

function why(r) {
	const parts = [];
	if (r.cause)
		parts.push(`${r.cause}: ${meanings.get(r.cause) || ""}`);
	if (r.suspicion)
		parts.push(`${r.suspicion}: unreachables that fit no query of this host keep coming`);
	if (r.address === "other")
		parts.push("those that found no entry of their own");
	return parts.join("; ");
}

function fillRow(row, r) {
	const rates = shown(r);
	if (r.state)
		badge(row.state, r.state);
	put(row.name, name(r));
	put(row.why, why(r));
	NUMBERS.forEach(([, text, isZero], i) => {
		put(row.numbers[i], text(rates));
		row.numbers[i].classList.toggle("zero", isZero(rates));
	});
}

// Worst first, then those with a suspicion; resolvers of one kind keep their places.
function order(a, b) {
	const rank = r => r.state === null ? 9 : RANK[r.state];
	const honest = r => r.suspicion ? 0 : 1;
	return rank(a) - rank(b) || honest(a) - honest(b) || a.address.localeCompare(b.address, "en", {numeric: true}) ||
		a.port - b.port;
}

function showResolvers() {
	const list = status.resolvers.filter(r => r.address !== "other" || asked(r)).sort(order);
	const body = $("resolvers").tBodies[0], alive = new Set(list.map(key));

	for (const [k, row] of rows) {
		if (!alive.has(k)) {
			row.tr.remove();
			rows.delete(k);
		}
	}
	list.forEach((r, i) => {
		if (!rows.has(key(r)))
			rows.set(key(r), makeRow());
		const row = rows.get(key(r));
		fillRow(row, r);
		if (body.children[i] !== row.tr)
			body.insertBefore(row.tr, body.children[i] || null);
	});
	$("resolvers").hidden = $("window").hidden = !list.length;
	$("nothing").hidden = list.some(asked);
	const words = ["down", "degraded", "healthy", "idle"].map(state =>
		[state, list.filter(r => r.state === state).length]).filter(([, n]) => n);
	put($("summary"), words.length ? "Resolvers: " + words.map(([state, n]) =>
		`${n} ${state}`).join(", ") : "No resolver has been asked yet");
	const worst = words.length && RANK[words[0][0]] < 2 ? `${words[0][1]} ${words[0][0]} · ` : "";
	document.title = `${worst}dnsreach ${location.hostname}`;
}

// A bar for each slot; what failed is at least seen.
function draw(row, slots, slotSeconds) {
	const most = Math.max(1, ...slots.map(s => s[1])), drawn = JSON.stringify(slots);
	if (row.drawn === drawn)
		return;
	row.drawn = drawn;
	row.picture.replaceChildren(svg("line", {x1: 0, x2: 180, y1: 29.5, y2: 29.5}));
	slots.forEach(([, settled, failed], i) => {
		const height = n => n ? Math.max(2, 28 * n / most) : 0;
		const bar = (n, kind) => row.picture.append(svg("rect", {class: kind, x: 3 * i, width: 2.4,
			y: 29 - height(n), height: height(n)}));
		if (settled)
			bar(settled, "settled");
		if (failed)
			bar(failed, "failed");
	});
	const total = i => slots.reduce((a, s) => a + s[i], 0);
	row.picture.setAttribute("aria-label", `Last ${Math.round(slots.length * slotSeconds / 60)} min: ` +
		`${count(total(2))} of ${count(total(1))} failed; last minute: ` +
		`${count(slots.slice(-12).reduce((a, s) => a + s[2], 0))} failed`);
}

function showTrends(trends) {
	for (const r of trends.resolvers) {
		const row = rows.get(key(r));
		if (row)
			draw(row, r.slots, trends.slot_s);
	}
}

// ---- incidents -----------------------------------------------------------------------------

function failures(i) {
	const failed = sum(i.counts.unreachable) + i.counts.timed_out + sum(i.counts.unsent);
	const { noerror, nxdomain, ...errors } = i.counts.answered;
	const settled = count(failed + sum(i.counts.answered));
	return `${count(failed)} of ${settled} failed` +
		(i.failure_ratio === null ? "" : ` (${share(i.failure_ratio)})`) +
		(sum(errors) ? `, ${count(sum(errors))} answered with an error` : "");
}

function item(list, label, words, more) {
	if (words.length) {
		const li = make("li", `${label}: `);
		words.forEach((word, n) => li.append(n ? ", " : "", make("code", word)));
		if (more)
			li.append(" and others");
		list.append(li);
	}
}

function incident(i) {
	const article = make("article", "", i.closed ? `${i.state} past` : i.state), h3 = make("h3"), list = make("ul");
	h3.append(badge(make("span"), i.state), name(i.resolver));
	article.append(h3);
	if (i.cause)
		article.append(make("p", `${i.cause}: ${meanings.get(i.cause) || ""}` +
			(i.suspicion ? `; ${i.suspicion}` : "")));
	const when = i.closed ? `${clock(i.start)} to ${clock(i.end)} (${duration(i.duration_s)}), ` +
		`healthy again at ${clock(i.closed)}` :
		`since ${clock(i.start)}, ${ago((Date.parse(status.time) - Date.parse(i.start)) / 1000)}`;
	article.append(make("p", `${when}; ${failures(i)}`));
	if (i.closed)
		return article; // the rest is in api/v1/incidents
	item(list, "Asked by", i.clients, i.clients_more);
	item(list, "Names", i.names.map(n => n.type ? `${n.name} ${n.type}` : n.name), i.names_more);
	item(list, "Reported by", i.reporters, i.reporters_more);
	if (i.messages.length)
		item(list, "Latest message", [i.messages[i.messages.length - 1].text], false);
	if (list.children.length)
		article.append(list);
	return article;
}

// What is unchanged stays: a screen reader, or a selection, is not disturbed.
function fill(element, list, none) {
	const articles = list.map(incident);
	const fresh = articles.length ? articles : [make("p", none, "soft")];
	if (element.childElementCount === fresh.length &&
	    fresh.every((node, n) => node.isEqualNode(element.children[n])))
		return;
	element.replaceChildren(...fresh);
}

function showIncidents(incidents) {
	fill($("open"), incidents.open, "None.");
	fill($("closed"), incidents.closed, "None since the start.");
}

// ---- dnsreach itself -----------------------------------------------------------------------

function fact(label, ...nodes) {
	const dd = make("dd");
	dd.append(...nodes);
	return [make("dt", label), dd];
}

function filled(n, capacity) {
	const meter = document.createElement("meter");
	meter.max = capacity || 1;
	meter.high = 0.8 * meter.max;
	meter.optimum = 0;
	meter.value = n;
	meter.setAttribute("aria-hidden", "true");
	return [meter, `${count(n)} of ${count(capacity)}`];
}

function notFollowed() {
	const self = status.self, total = f => status.resolvers.reduce((n, r) => n + f(r), 0);
	const all = [
		[total(r => r.untracked), n => `${plural(n, "query", "queries")} found no room in flight`],
		[sum(self.unparsed), n => `${plural(n, "packet", "packets")} could not be read (` +
			Object.entries(self.unparsed).filter(([, m]) => m).map(([k, m]) =>
				`${k} ${count(m)}`).join(", ") + ")"],
		[self.forgotten, n => `${plural(n, "timed-out transaction", "timed-out transactions")} ` +
			"forgotten early: late messages are counted too low"],
		[self.busy, n => `${plural(n, "operation", "operations")} found a table busy: ` +
			"counts may be off by that"],
		[total(r => r.address === "other" ? r.queries : 0), n =>
			`${plural(n, "query", "queries")} to more resolvers than there is room for`],
	].filter(([n]) => n);
	if (!all.length)
		return ["nothing: every DNS packet was followed"];
	return all.map(([n, words]) => make("div", words(n)));
}

function showSelf() {
	const self = status.self;
	const interfaces = status.interfaces.map(i => `${i.name} (${i.hook})`).join(", ");
	const inFlight = status.resolvers.reduce((n, r) => n + r.in_flight, 0);
	const fresh = make("dl");
	fresh.append(...fact("Attached to", interfaces ||
		make("span", "no interface: no query is seen", "bad")),
		...fact("In flight", ...filled(inFlight, self.in_flight_capacity)),
		...fact("Resolvers", ...filled(self.resolvers, self.resolvers_capacity)),
		...fact("Not followed", ...notFollowed()));
	if (!$("self").isEqualNode(Object.assign(fresh, {id: "self"})))
		$("self").replaceChildren(...fresh.childNodes);
}

// ---- asking, and saying so when there is no answer -----------------------------------------

async function ask(path) {
	const reply = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS)});
	if (!reply.ok)
		throw new Error((await reply.text()).trim().slice(0, 200) || `HTTP ${reply.status}`);
	return reply.json();
}

// What is wrong is said once; how old the numbers are is beside it, and not read out each second.
function showAge() {
	const now = Date.now(), unanswered = now - Math.max(answeredAt, lookedAt);
	const unchanged = now - Math.max(changedAt, lookedAt);
	let what = "", age = "";

	if (trouble && (!answeredAt || unanswered > STALE_MS))
		what = `dnsreach does not answer: ${trouble}.`;
	else if (status && unchanged > STALE_MS)
		what = "dnsreach answers, but counts nothing new.";
	if (what && status)
		age = `What is below is from ${clock(status.time)}, ${duration((now - changedAt) / 1000)} ago.`;
	$("stale").hidden = !what;
	put($("stale-what"), what);
	put($("stale-age"), age);
	document.body.classList.toggle("old", Boolean(what && status));
	if (what)
		document.title = `stale · dnsreach ${location.hostname}`;
}

async function refresh() {
	try {
		const [now, trends, incidents] = await Promise.all(
			["api/v1/status", "api/v1/trends", "api/v1/incidents"].map(ask));
		if (!status || now.time !== status.time)
			changedAt = Date.now();
		status = now;
		answeredAt = Date.now();
		trouble = "";
		showResolvers();
		showTrends(trends);
		showIncidents(incidents);
		showSelf();
		put($("when"), clock(status.time));
	} catch (error) {
		trouble = error.name === "TimeoutError" ? "it takes too long" :
			error instanceof TypeError ? "no connection" : error.message;
	}
	showAge();
}

// A page that nobody looks at asks nothing; one that takes long is asked less often.
async function run() {
	const begun = Date.now();
	if (!document.hidden)
		await refresh();
	setTimeout(run, Math.min(30000, Math.max(EVERY_MS, 10 * (Date.now() - begun))));
}

$("host").textContent = location.host;
document.addEventListener("visibilitychange", () => {
	lookedAt = Date.now();
	if (!document.hidden)
		refresh();
});
setInterval(() => document.hidden || showAge(), 1000);
run();
