// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Fills the status page from the JSON pages and keeps it up to date. Text from outside (queried
// names, interfaces) is only set as textContent, so that no markup in it is interpreted.
"use strict";

const INTERVAL_MS = 2000;    // between two requests; longer when the responses are slow
const REQUEST_TIMEOUT_MS = 8000;
const STALE_MS = 6000;       // the page calls older numbers stale
const RANK = {down: 0, degraded: 1, unclear: 2, healthy: 3, pending: 4, idle: 5};
const NONE = "–";

const $ = id => document.getElementById(id);
const meanings = new Map([...document.querySelectorAll("dt[data-cause], dt[data-joined]")].map(
	dt => [dt.textContent, dt.nextElementSibling.textContent]));
const rows = new Map();      // by the resolver's key: its row and cells
let incidentsNow = {open: [], closed: []}, made = 0, wanted = "";
let changedAt = Date.now();  // when the daemon's own time last advanced
let answeredAt = 0;
let lookedAt = 0;            // when this page was last brought into view
let status = null, lastError = "", host = location.host;

// ---- text ----------------------------------------------------------------------------------

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

// In steps of a minute: text that changes each second distracts.
function ago(s) {
	return s < 60 ? "less than a minute ago" : duration(s - s % 60).replace(" 0 s", "") + " ago";
}

// Formats 2026-01-31T13:24:32.192571Z, with the date only when it is not the daemon's current one.
function clock(time) {
	const day = time.slice(0, 10), now = status ? status.time.slice(0, 10) : "";
	return (day === now ? "" : day + " ") + time.slice(11, 19) + " UTC";
}

const key = r => `${r.address} ${r.port} ${r.transport} ${r.origin}`;

function name(r) {
	if (r.address === "other")
		return "other resolvers";
	const guests = (r.transport === "udp" ? "" : `/${r.transport}`) + (r.origin === "guest" ? " (guests)" : "");
	if (r.port === (r.transport === "dot" ? 853 : 53))
		return r.address + guests;
	return (r.address.includes(":") ? `[${r.address}]:${r.port}` : `${r.address}:${r.port}`) + guests;
}

// ---- elements ------------------------------------------------------------------------------

function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

function createElement(tag, text = "", className = "") {
	const element = document.createElement(tag);
	element.textContent = text;
	if (className)
		element.className = className;
	return element;
}

function badge(element, word) {
	setText(element, word);
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

const shownRates = r => r.windows["10s"].settled ? r.windows["10s"] : r.windows["1m"];
const sum = object => Object.values(object).reduce((a, b) => a + b, 0);
const wasQueried = r => r.queries > 0 || sum(r.unsent) > 0;

const NUMBERS = [
	["Failed", w => share(w.failure_ratio), w => !w.failure_ratio],
	["Errors", w => share(w.error_ratio), w => !w.error_ratio],
	["Queries/s", w => rate(w.queries_per_s), w => !w.queries_per_s],
	["RTT p50", w => seconds(w.rtt_p50_s), w => w.rtt_p50_s === null],
	["p95", w => seconds(w.rtt_p95_s), w => w.rtt_p95_s === null],
	["p99", w => seconds(w.rtt_p99_s), w => w.rtt_p99_s === null],
];

// A row without messages has the numbers of its sessions, or of its connects, under the names of those of messages.
function nameAlike(r) {
	if (!r.connects)
		return r;
	const all = {untracked: (r.untracked || 0) + r.connects.untracked,
		in_flight: (r.in_flight || 0) + r.connects.in_flight};
	if (r.queries)
		return {...r, ...all};
	const sessions = r.sessions && r.sessions.started > 0;
	for (const w of Object.values(r.windows))
		Object.assign(w, {queries_per_s: sessions ? w.sessions_per_s : w.connects_per_s,
			error_ratio: sessions ? w.error_ratio : null, rtt_p50_s: w.connect_rtt_p50_s,
			rtt_p95_s: w.connect_rtt_p95_s, rtt_p99_s: w.connect_rtt_p99_s});
	return {...r, ...all, asked: sessions ? "Sessions/s" : "Connects/s", in_flight: all.in_flight + (sessions ? r.sessions.in_flight : 0), queries: r.connects.attempts};
}

// A button in the row opens its details, in a row of their own below it.
function makeRow() {
	const tr = createElement("tr"), first = createElement("td", "", "first"), th = createElement("th");
	const row = {tr, state: createElement("span"), name: createElement("span"), button: createElement("button"),
		why: createElement("small"), numbers: [], picture: svg("svg", {viewBox: "0 0 180 30", role: "img",
			preserveAspectRatio: "none"}), slots: null, drawn: "", details: null};
	row.button.type = "button";
	row.button.setAttribute("aria-expanded", "false");
	row.button.append(row.name);
	row.button.addEventListener("click", () => toggleRow(row));
	tr.setAttribute("role", "row");
	first.setAttribute("role", "cell");
	th.setAttribute("role", "rowheader");
	th.scope = "row";
	first.append(row.state);
	th.append(row.button, row.why);
	tr.append(first, th);
	for (const [label] of NUMBERS) {
		const td = createElement("td", "", "n");
		td.setAttribute("role", "cell");
		td.dataset.label = label;
		row.numbers.push(td);
		tr.append(td);
	}
	const last = createElement("td", "", "last");
	last.setAttribute("role", "cell");
	last.append(row.picture);
	tr.append(last);
	return row;
}

function explainRow(r) {
	const parts = [];
	if (r.cause)
		parts.push(`${r.cause}: ${meanings.get(r.cause) || ""}`);
	if (r.fails_inside)
		parts.push("fails inside this host: behind it nothing fails");
	if (r.joined)
		parts.push(`${r.joined}: ${meanings.get(r.joined) || ""}`);
	if (r.tcp_needed)
		parts.push("tcp-needed: answers over UDP are truncated: their clients need TCP");
	if (r.suspicion)
		parts.push(`${r.suspicion}: ICMP unreachables that match no query of this host keep arriving`);
	if (r.askers && r.askers.length)
		parts.push("asked by " + r.askers.map(a => `${a.asker} (${count(a.failed)} failed, ` +
			`${count(a.errors)} errors, ${count(a.queries)} queries)`).join(", "));
	if (r.address === "other")
		parts.push("resolvers beyond the capacity, counted together");
	return parts.join("; ");
}

function updateRow(row, r) {
	const rates = shownRates(r);
	if (r.state)
		badge(row.state, r.state);
	setText(row.name, name(r));
	setText(row.why, explainRow(r));
	NUMBERS.forEach(([label, text, isZero], i) => {
		row.numbers[i].dataset.label = label === "Queries/s" && r.asked || label; // shown on a narrow screen
		setText(row.numbers[i], text(rates));
		row.numbers[i].classList.toggle("zero", isZero(rates));
	});
}

// Sorts worst first, then those with a suspicion, then by address, so that rows do not jump.
function order(a, b) {
	const rank = r => r.state === null ? 9 : RANK[r.state];
	const suspicionRank = r => r.suspicion ? 0 : 1;
	return rank(a) - rank(b) || suspicionRank(a) - suspicionRank(b) ||
		a.address.localeCompare(b.address, "en", {numeric: true}) ||
		a.port - b.port || String(b.origin).localeCompare(String(a.origin));
}

function showResolvers() {
	const list = status.resolvers.filter(r => r.address !== "other" || wasQueried(r)).sort(order);
	const body = $("resolvers").tBodies[0], alive = new Set(list.map(key));

	for (const [k, row] of rows) {
		if (!alive.has(k)) {
			row.tr.remove();
			if (row.details)
				row.details.remove();
			rows.delete(k);
		}
	}
	let at = body.firstElementChild;
	for (const r of list) {
		if (!rows.has(key(r)))
			rows.set(key(r), makeRow());
		const row = rows.get(key(r));
		row.resolver = r;
		updateRow(row, r);
		for (const tr of row.details ? [row.tr, row.details] : [row.tr]) {
			if (at === tr)
				at = at.nextElementSibling;
			else
				body.insertBefore(tr, at);
		}
	}
	showFiltered();
	$("resolvers").hidden = $("window").hidden = !list.length;
	$("nothing").hidden = list.some(wasQueried);
	const words = Object.keys(RANK).map(state =>
		[state, list.filter(r => r.state === state).length]).filter(([, n]) => n);
	setText($("summary"), words.length ? "Resolvers: " + words.map(([state, n]) =>
		`${n} ${state}`).join(", ") : "No resolver has been queried yet");
	const worst = words.length && RANK[words[0][0]] < 2 ? `${words[0][1]} ${words[0][0]} · ` : "";
	document.title = `${worst}dnsreach ${host}`;
}

// Hides the rows that lack a word of the filter.
function showFiltered() {
	const words = $("filter").value.toLowerCase().split(/\s+/).filter(word => word);
	let shown = 0;

	for (const row of rows.values()) {
		const text = `${row.name.textContent} ${row.state.textContent} ${row.resolver.cause || ""}`.toLowerCase();
		const fits = words.every(word => text.includes(word));
		shown += fits;
		row.tr.hidden = !fits;
		if (row.details)
			row.details.hidden = !fits;
	}
	$("filter-line").hidden = rows.size < 2 && !words.length;
	setText($("filtered"), words.length ? `${count(shown)} of ${plural(rows.size, "resolver", "resolvers")}` : "");
}

// ---- bars of the last minutes --------------------------------------------------------------

const KINDS = ["failed", "errors", "answered"];

// How many of a slot's transactions failed, were answered with an error, and were answered else.
function partsOf([, settled, failed, errors = 0]) {
	return [failed, errors, Math.max(0, settled - failed - errors)];
}

// Returns a path for each kind: failed below, then errors, then answers. What is not zero is seen.
function barPaths(slots, most, width, height) {
	const paths = ["", "", ""], step = width / slots.length;

	slots.forEach((slot, i) => {
		let below = 0;
		partsOf(slot).forEach((n, kind) => {
			if (!n)
				return;
			const h = Math.max(2, (height - 2) * n / most);
			paths[kind] += `M${(i * step).toFixed(1)} ${(height - 1 - below).toFixed(1)}h${(0.8 * step).toFixed(1)}` +
				`v${(-h).toFixed(1)}h${(-0.8 * step).toFixed(1)}z`;
			below += h;
		});
	});
	return KINDS.map((kind, i) => svg("path", {class: kind, d: paths[i]})).filter((_, i) => paths[i]);
}

function describeSlots(slots, slotSeconds) {
	const total = (i, from) => slots.slice(from).reduce((a, s) => a + (s[i] || 0), 0);
	const errors = total(3, 0);
	return `Last ${Math.round(slots.length * slotSeconds / 60)} min: ` +
		`${count(total(2, 0))} of ${count(total(1, 0))} failed` +
		(errors ? `, ${count(errors)} answered with an error` : "") +
		`; last minute: ${count(total(2, -Math.round(60 / slotSeconds)))} failed`;
}

function drawBars(row, slots, slotSeconds) {
	const drawn = JSON.stringify(slots);
	row.slots = slots;
	if (row.drawn === drawn)
		return;
	row.drawn = drawn;
	const most = Math.max(1, ...slots.map(s => s[1]));
	const title = svg("title", {});
	title.textContent = `${describeSlots(slots, slotSeconds)}; highest bar: ${count(most)} in ${slotSeconds} s`;
	row.picture.replaceChildren(title, svg("line", {x1: 0, x2: 180, y1: 29.5, y2: 29.5}), ...barPaths(slots, most, 180, 30));
	row.picture.setAttribute("aria-label", describeSlots(slots, slotSeconds));
}

// ---- details of a resolver -----------------------------------------------------------------

function toggleRow(row) {
	if (row.details) {
		row.details.remove();
		row.details = null;
		row.button.removeAttribute("aria-controls");
	} else {
		const td = createElement("td");
		row.details = createElement("tr", "", "details");
		row.details.id = `details-${++made}`;
		row.details.setAttribute("role", "row");
		td.setAttribute("role", "cell");
		td.colSpan = 3 + NUMBERS.length;
		row.details.append(td);
		row.tr.after(row.details);
		row.button.setAttribute("aria-controls", row.details.id);
		updateDetails(row);
	}
	row.button.setAttribute("aria-expanded", String(Boolean(row.details)));
}

// Opens the row that the address of the page names behind a '#', once it is there.
function openNamed() {
	for (const row of rows.values()) {
		if (wanted && row.name.textContent === wanted) {
			wanted = "";
			if (!row.details)
				toggleRow(row);
			row.tr.scrollIntoView();
		}
	}
}

function wantNamed() {
	try {
		wanted = decodeURIComponent(location.hash.slice(1));
	} catch {
		wanted = ""; // no name is written so
	}
}

// The bars with a scale; a bar says its numbers when it is pointed at.
function chartOf(slots, slotSeconds) {
	const most = Math.max(1, ...slots.map(s => s[1])), width = 600, height = 90, step = width / slots.length;
	const figure = createElement("figure"), chart = svg("svg", {viewBox: `0 0 ${width} ${height}`, role: "img",
		class: "chart", preserveAspectRatio: "none", "aria-label": describeSlots(slots, slotSeconds)});

	chart.append(svg("line", {x1: 0, x2: width, y1: 1, y2: 1}), svg("line", {x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5}),
		...barPaths(slots, most, width, height));
	slots.forEach((slot, i) => {
		const area = svg("rect", {class: "area", x: i * step, y: 0, width: step, height}), title = svg("title", {});
		const [failed, errors, answered] = partsOf(slot);
		title.textContent = `${duration((slots.length - 1 - i) * slotSeconds)} ago: ${count(failed)} failed, ` +
			`${count(errors)} with an error, ${count(answered)} answered`;
		area.append(title);
		chart.append(area);
	});
	const scale = createElement("div", "", "scale");
	scale.append(createElement("span", `${count(most)} in ${slotSeconds} s`), createElement("span", "0"));
	const times = createElement("figcaption");
	times.append(createElement("span", `${Math.round(slots.length * slotSeconds / 60)} min ago`), createElement("span", "now"));
	figure.append(scale, chart, times);
	return figure;
}

// A table of "label, number, share, bar".
function barTable(caption, lines) {
	const table = createElement("table", "", "bars"), all = lines.reduce((a, [, n]) => a + n, 0);
	const body = createElement("tbody");

	table.append(createElement("caption", caption), body);
	for (const [label, n, kind] of lines) {
		const tr = createElement("tr"), th = createElement("th", label), cell = createElement("td");
		const bar = svg("svg", {viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true"});
		th.scope = "row";
		bar.append(svg("rect", {class: kind, x: 0, y: 0, width: Math.max(1, 100 * n / all), height: 10}));
		cell.append(bar);
		tr.append(th, createElement("td", count(n), "n"), createElement("td", share(n / all), "n"), cell);
		body.append(tr);
	}
	return table;
}

const RCODE_KINDS = {noerror: "answered", nxdomain: "answered"};

const linesOf = (object, kind, before = "") => Object.entries(object).map(([what, n]) => [before + what, n, kind]);
const occurred = lines => lines.filter(([, n]) => n);

// Of messages; no message over TCP is unreachable, and what is unsent of TCP is a SYN.
function outcomesOf(r) {
	if (!r.answered)
		return [];
	return occurred([...Object.entries(r.answered).map(([rcode, n]) => [rcode.toUpperCase(), n, RCODE_KINDS[rcode] || "errors"]),
		...linesOf(r.unreachable || {}, "failed", "unreachable: "),
		["timed out", r.timed_out, "failed"],
		...Object.entries(r.closed || {}).map(([by, n]) => [`connection closed: ${by.toUpperCase()}`, n, "failed"]),
		...linesOf(r.connects ? {} : r.unsent, "failed", "not sent: ")]);
}

// Of DNS over TLS: what answered the first bytes of the client.
function sessionOutcomesOf(r) {
	const s = r.sessions;
	return s ? occurred([["answered by TLS", s.answered - s.refused, "answered"], ["answered, but not by TLS", s.refused, "errors"],
		["timed out", s.timed_out, "failed"], ["connection closed", s.closed, "failed"]]) : [];
}

function connectOutcomesOf(r) {
	const c = r.connects;
	return c ? occurred([["established", c.established, "answered"], ["refused", c.refused, "failed"],
		...linesOf(c.unreachable, "failed", "unreachable: "), ["timed out", c.timed_out, "failed"],
		...linesOf(r.unsent, "failed", "not sent: ")]) : [];
}

// Of the cumulative buckets, those from the shortest to the longest RTT.
function rttsOf(rtt) {
	const lines = [];
	let seen = 0;

	for (const [le, n] of rtt ? rtt.buckets : []) {
		if (n > seen || (seen && seen < rtt.count))
			lines.push([`≤ ${seconds(le)}`, n - seen, "answered"]);
		seen = n;
	}
	if (rtt && rtt.count > seen)
		lines.push([`> ${seconds(rtt.buckets[rtt.buckets.length - 1][0])}`, rtt.count - seen, "answered"]);
	return lines;
}

function incidentOf(r) {
	const same = i => key(i.resolver) === key(r);
	return incidentsNow.open.find(same) || incidentsNow.closed.find(same);
}

function detailsOf(row) {
	const r = row.resolver, i = incidentOf(r), all = createElement("div", "", "columns");
	const left = createElement("div"), right = createElement("div");
	const tables = [["Outcomes since the start", outcomesOf(r)], ["RTT since the start", rttsOf(r.rtt)],
		["Sessions since the start", sessionOutcomesOf(r)], ["Connects since the start", connectOutcomesOf(r)],
		["Time to connect since the start", rttsOf(r.connect_rtt)]].filter(([, lines]) => lines.length);

	if (row.slots)
		left.append(chartOf(row.slots, 5));
	for (const [caption, lines] of tables)
		left.append(barTable(caption, lines));
	if (!tables.length)
		left.append(createElement("p", "Nothing settled yet.", "soft"));
	if (i) {
		const link = createElement("a", "Incident report");
		link.href = `incidents.html?id=${i.id}`;
		right.append(incidentArticle(i, true), createElement("p"));
		right.lastChild.append(link);
	} else {
		right.append(createElement("p", "No incident of this resolver: clients and names are kept of incidents only.", "soft"));
	}
	all.append(left, right);
	return all;
}

// Leaves what is the same in place, so that a selection in it stays.
function updateDetails(row) {
	const td = row.details.firstChild, fresh = detailsOf(row);
	if (!td.firstChild || !td.firstChild.isEqualNode(fresh))
		td.replaceChildren(fresh);
}

function showDetails() {
	for (const row of rows.values())
		if (row.details)
			updateDetails(row);
}

function showTrends(trends) {
	for (const r of trends.resolvers) {
		const row = rows.get(key(r));
		if (row)
			drawBars(row, r.slots, trends.slot_s);
	}
}

// ---- incidents -----------------------------------------------------------------------------

// Of TCP, connects and messages together, as the ratio has them (docs/counters.md).
// Names them as the report does: connects where most of what failed was no message or session.
function nounOfFailures(n, failed, errorAnswers) {
	if (!n.connects)
		return "";
	const s = n.sessions || {closed: 0, timed_out: 0};
	const ofMessages = (n.timed_out || 0) + sum(n.closed || {}) + s.closed + s.timed_out;
	if (failed ? 2 * ofMessages < failed : !errorAnswers)
		return " connects";
	return n.sessions ? " sessions" : "";
}

function countFailures(i) {
	const n = i.counts, c = n.connects, s = n.sessions || {answered: 0, refused: 0, closed: 0, timed_out: 0};
	const { noerror, nxdomain, ...errors } = n.answered || {};
	const failed = (c ? c.refused + sum(c.unreachable) + c.timed_out : 0) + sum(n.unreachable || {}) +
		(n.timed_out || 0) + sum(n.closed || {}) + sum(n.unsent) + s.closed + s.timed_out;
	const settled = failed + sum(n.answered || {}) + s.answered + (c ? c.unfollowed : 0);
	const errorAnswers = sum(errors) + s.refused;
	const noun = nounOfFailures(n, failed, errorAnswers);
	return `${count(failed)} of ${count(settled)}${noun} failed` +
		(i.failure_ratio === null ? "" : ` (${share(i.failure_ratio)})`) +
		(errorAnswers ? `, ${count(errorAnswers)} answered with an error` : "");
}

function appendItem(list, label, words, more) {
	if (words.length) {
		const li = createElement("li", `${label}: `);
		words.forEach((word, n) => li.append(n ? ", " : "", createElement("code", word)));
		if (more)
			li.append(" and others");
		list.append(li);
	}
}

// `whole`: with all messages, and of a closed incident with clients and names, too.
function incidentArticle(i, whole = false) {
	const article = createElement("article", "", i.closed ? `${i.state} past` : i.state);
	const h3 = createElement("h3"), list = createElement("ul");
	h3.append(badge(createElement("span"), i.state), name(i.resolver));
	article.append(h3);
	if (i.cause)
		article.append(createElement("p", `${i.cause}: ${meanings.get(i.cause) || ""}` +
			(i.suspicion ? `; ${i.suspicion}` : "") + (i.fails_inside ? "; fails inside this host" : "") +
			(i.joined ? `; ${i.joined}: ${meanings.get(i.joined) || ""}` : "") + (i.tcp_needed ? "; tcp-needed" : "")));
	const when = i.closed ? `${clock(i.start)} to ${clock(i.end)} (${duration(i.duration_s)}), ` +
		`healthy again at ${clock(i.closed)}` :
		`since ${clock(i.start)}, ${ago((Date.parse(status.time) - Date.parse(i.start)) / 1000)}`;
	article.append(createElement("p", `${when}; ${countFailures(i)}`));
	if (i.closed && !whole)
		return article; // api/v1/incidents has the rest
	appendItem(list, "Clients", i.clients, i.clients_more);
	appendItem(list, "Names", i.names.map(n => n.type ? `${n.name} ${n.type}` : n.name), i.names_more);
	appendItem(list, "Asked by", (i.askers || []).map(a => a.asker), i.askers_more);
	appendItem(list, "Reported by", i.reporters, i.reporters_more);
	if (whole)
		i.messages.forEach(m => appendItem(list, "ICMP", [m.text], false));
	else if (i.messages.length)
		appendItem(list, "Latest message", [i.messages[i.messages.length - 1].text], false);
	if (list.children.length)
		article.append(list);
	return article;
}

// Leaves unchanged elements in place, so that a screen reader or a selection is not disturbed.
function replaceIfChanged(element, list, none) {
	const articles = list.map(i => incidentArticle(i));
	const fresh = articles.length ? articles : [createElement("p", none, "soft")];
	if (element.childElementCount === fresh.length &&
	    fresh.every((node, n) => node.isEqualNode(element.children[n])))
		return;
	element.replaceChildren(...fresh);
}

function showIncidents(incidents) {
	replaceIfChanged($("open"), incidents.open, "None.");
	replaceIfChanged($("closed"), incidents.closed, "None since the start.");
}

// ---- dnsreach itself -----------------------------------------------------------------------

function definition(label, ...nodes) {
	const dd = createElement("dd");
	dd.append(...nodes);
	return [createElement("dt", label), dd];
}

function tableFill(n, capacity) {
	const meter = document.createElement("meter");
	meter.max = capacity || 1;
	meter.high = 0.8 * meter.max;
	meter.optimum = 0;
	meter.value = n;
	meter.setAttribute("aria-hidden", "true");
	return [meter, `${count(n)} of ${count(capacity)}`];
}

function notCounted() {
	const self = status.self, total = f => status.resolvers.reduce((n, r) => n + f(r), 0);
	const all = [
		[total(r => r.origin === "guest" ? r.untracked : 0), n =>
			`${plural(n, "query", "queries")} of guests not tracked: in-flight table full`],
		[total(r => r.origin === "guest" ? 0 : r.untracked), n => `${plural(n, "query", "queries")} not tracked: in-flight table full`],
		[sum(self.unparsed), n => `${plural(n, "packet", "packets")} could not be parsed (` +
			Object.entries(self.unparsed).filter(([, m]) => m).map(([k, m]) =>
				`${k} ${count(m)}`).join(", ") + ")"],
		[self.forgotten, n => `${plural(n, "timed-out transaction", "timed-out transactions")} ` +
			"forgotten early: late counts are too low"],
		[self.busy, n => `${plural(n, "map operation", "map operations")} failed as busy: ` +
			"counts may be off by that"],
		[total(r => r.address === "other" ? r.queries : 0), n =>
			`${plural(n, "query", "queries")} to resolvers beyond the capacity, counted as other`],
		[self.guests_bypassed ? 1 : 0, () => "answers to guests: they bypass this hook " +
			"(bpf_redirect_peer); resolvers that never answer them are not judged"],
	].filter(([n]) => n);
	if (!all.length)
		return ["nothing: every DNS packet was counted"];
	return all.map(([n, words]) => createElement("div", words(n)));
}

function showSelf() {
	const self = status.self;
	const guests = status.interfaces.filter(i => i.origins.includes("guest")).length;
	const interfaces = status.interfaces.filter(i => !i.origins.includes("guest"))
		.map(i => `${i.name} (${i.hook})`).concat(guests ? `${plural(guests, "interface", "interfaces")} of guests` : []).join(", ");
	const inFlight = status.resolvers.reduce((n, r) => n + r.in_flight, 0);
	const fresh = createElement("dl");
	fresh.append(...definition("Attached to", interfaces ||
		createElement("span", "no interface: no query can be seen", "bad")),
		...definition("In flight", ...tableFill(inFlight, self.in_flight_capacity)),
		...definition("Resolvers", ...tableFill(self.resolvers, self.resolvers_capacity)),
		...definition("Not counted", ...notCounted()));
	if (!$("self").isEqualNode(Object.assign(fresh, {id: "self"})))
		$("self").replaceChildren(...fresh.childNodes);
}

// ---- requests, and the message when there is no response -----------------------------------

async function fetchJson(path) {
	const response = await fetch(path,
		{cache: "no-store", signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS)});
	if (!response.ok)
		throw new Error((await response.text()).trim().slice(0, 200) || `HTTP ${response.status}`);
	return response.json();
}

// The message is announced once; the age beside it changes each second and is not announced.
function showAge() {
	const now = Date.now(), unanswered = now - Math.max(answeredAt, lookedAt);
	const unchanged = now - Math.max(changedAt, lookedAt);
	let what = "", age = "";

	if (lastError && (!answeredAt || unanswered > STALE_MS))
		what = `dnsreach does not answer: ${lastError}.`;
	else if (status && unchanged > STALE_MS)
		what = "dnsreach answers, but its numbers are no longer updated.";
	if (what && status)
		age = `The numbers below are from ${clock(status.time)}, ${duration((now - changedAt) / 1000)} ago.`;
	$("stale").hidden = !what;
	setText($("stale-what"), what);
	setText($("stale-age"), age);
	document.body.classList.toggle("old", Boolean(what && status));
	if (what)
		document.title = `stale · dnsreach ${host}`;
}

async function refresh() {
	try {
		const [now, trends, incidents] = await Promise.all(
			["api/v1/status", "api/v1/trends", "api/v1/incidents"].map(fetchJson));
		if (!status || now.time !== status.time)
			changedAt = Date.now();
		status = {...now, resolvers: now.resolvers.map(nameAlike)};
		answeredAt = Date.now();
		host = status.host || host;
		setText($("host"), host);
		lastError = "";
		showResolvers();
		showTrends(trends);
		incidentsNow = incidents;
		showIncidents(incidents);
		showDetails();
		openNamed();
		showSelf();
		setText($("when"), clock(status.time));
	} catch (error) {
		lastError = error.name === "TimeoutError" ? `no response within ${REQUEST_TIMEOUT_MS / 1000} s` :
			error instanceof TypeError ? "no connection" : error.message;
	}
	showAge();
}

// Sends no requests while the page is hidden, and fewer when responses are slow.
async function run() {
	const begun = Date.now();
	if (!document.hidden)
		await refresh();
	setTimeout(run, Math.min(30000, Math.max(INTERVAL_MS, 10 * (Date.now() - begun))));
}

$("host").textContent = host;
$("filter").addEventListener("input", showFiltered);
wantNamed();
addEventListener("hashchange", () => {
	wantNamed();
	openNamed();
});
document.addEventListener("visibilitychange", () => {
	lookedAt = Date.now();
	if (!document.hidden)
		refresh();
});
setInterval(() => document.hidden || showAge(), 1000);
run();
