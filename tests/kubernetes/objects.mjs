// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Prints the objects of YAML files, for the compiler of TypeScript with their types of the API, or as JSON.
//
//   node objects.mjs [--json] FILE...
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
// The types of the objects, and the packages of npm that have them.
const types = {
	"v1 Namespace": ["kubernetes-models/v1", "INamespace"],
	"v1 ConfigMap": ["kubernetes-models/v1", "IConfigMap"],
	"v1 Service": ["kubernetes-models/v1", "IService"],
	"apps/v1 DaemonSet": ["kubernetes-models/apps/v1", "IDaemonSet"],
	"monitoring.coreos.com/v1 PodMonitor": ["@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1", "IPodMonitor"],
	"monitoring.coreos.com/v1 PrometheusRule": ["@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1", "IPrometheusRule"],
};
const json = process.argv[2] === "--json";
let n = 0;
for (const file of process.argv.slice(json ? 3 : 2))
	for (const document of parseAllDocuments(readFileSync(file, "utf8"), { uniqueKeys: true })) {
		if (document.errors.length) throw document.errors[0];
		const object = document.toJS();
		if (json) {
			console.log(JSON.stringify(object));
			continue;
		}
		const type = types[`${object.apiVersion} ${object.kind}`];
		if (!type) throw new Error(`${file}: no type for ${object.apiVersion} ${object.kind}`);
		console.log(`import type { ${type[1]} as T${++n} } from "${type[0]}";\nexport const o${n}: T${n} = ${JSON.stringify(object, null, 1)};`);
	}
