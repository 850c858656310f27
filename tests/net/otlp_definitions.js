// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// An OTLP/HTTP receiver by OpenTelemetry's own definitions: the code that protobuf.js generated from
// opentelemetry-proto, of the package @opentelemetry/otlp-transformer. Each request is read as
// ExportMetricsServiceRequest, encoded as protobuf, decoded, and compared with what was sent: a field
// that the definitions do not have, or that has another type there, does not come back.
//
//   node otlp_definitions.js NODE_MODULES ADDRESS PORT LATEST VERDICTS
//
// LATEST gets the values of the last request, `name{attribute=value,...} number`; VERDICTS one line a
// request, "ok" or "bad" and why.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const zlib = require('zlib');

const [modules, address, port, latest, verdicts] = process.argv.slice(2);
const { opentelemetry } = require(
	path.join(modules, '@opentelemetry/otlp-transformer/build/src/generated/root.js'));
const Request = opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
const Response = opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;

// 64-bit integers are decimal strings in JSON, enums are numbers (OTLP's JSON encoding).
const there_and_back = (sent) => {
	const message = Request.fromObject(sent);
	const wrong = Request.verify(message);
	if (wrong)
		throw new Error(wrong);
	return Request.toObject(Request.decode(Request.encode(message).finish()), { longs: String, json: true });
};

const is_empty_list = (value) => Array.isArray(value) && !value.length; // protobuf knows no such thing

const compare = (sent, back, where) => {
	if (is_empty_list(sent) && back === undefined)
		return;
	if (typeof sent !== typeof back || Array.isArray(sent) !== Array.isArray(back))
		throw new Error(`${where}: sent ${JSON.stringify(sent)}, the definitions have ${JSON.stringify(back)}`);
	if (typeof sent !== 'object') {
		if (sent !== back)
			throw new Error(`${where}: sent ${sent}, the definitions make it ${back}`);
		return;
	}
	for (const key of new Set([...Object.keys(sent), ...Object.keys(back)]))
		compare(sent[key], back[key], `${where}.${key}`);
};

const text_of = (value) => String(value[value.value]);

function* values_of(request) {
	for (const resource of request.resourceMetrics)
		for (const scope of resource.scopeMetrics)
			for (const metric of scope.metrics)
				yield* values_of_metric(metric);
}

function* values_of_metric(metric) {
	for (const point of metric[metric.data].dataPoints) {
		const labels = point.attributes.map((a) => `${a.key}=${text_of(a.value)}`).sort().join(',');
		if (metric.data === 'histogram')
			yield `${metric.name}_count{${labels}} ${point.count}`;
		else
			yield `${metric.name}{${labels}} ${point[point.value]}`;
	}
}

const take = (body) => {
	const sent = JSON.parse(zlib.gunzipSync(body).toString('utf8'));
	compare(sent, there_and_back(sent), 'request');
	const lines = [...values_of(Request.decode(Request.encode(Request.fromObject(sent)).finish()))];
	fs.writeFileSync(`${latest}.new`, lines.join('\n') + '\n');
	fs.renameSync(`${latest}.new`, latest);
	return `ok ${lines.length}`;
};

http.createServer((request, response) => {
	const parts = [];
	request.on('data', (part) => parts.push(part));
	request.on('end', () => {
		let verdict;
		try {
			verdict = take(Buffer.concat(parts));
		} catch (error) {
			verdict = `bad ${error.message}`;
		}
		fs.appendFileSync(verdicts, verdict + '\n');
		response.setHeader('Content-Type', 'application/json');
		response.end(JSON.stringify(Response.toObject(Response.create({}))));
	});
}).listen(Number(port), address, () => fs.writeFileSync(verdicts, 'listens\n'));
