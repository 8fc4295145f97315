/** The manifests of deploy/: whole, in accord with the programs that they start, and the same by Kustomize and by Helm. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { parseAllDocuments } from "yaml";
import { parseCommand } from "../../agent/options.ts";
import { parseClusters } from "../../proxy/kube/config.ts";
import { AUDIENCE } from "../../proxy/kube/node-tokens.ts";
import { WATCHED } from "../../proxy/kube/world.ts";

const ROOT = join(import.meta.dirname, "../..");
const BASE = join(ROOT, "deploy/cable");
// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds, as YAML has them
type Manifest = any;

const isThere = (tool: string) => spawnSync(tool, ["version", "--client"]).error === undefined;
const NO_KUBECTL = isThere("kubectl") ? false : "kubectl is not installed";
const NO_HELM = isThere("helm") ? false : "helm is not installed";

function output(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  equal(status, 0, stderr);
  return stdout;
}

const read = (text: string): Manifest[] =>
  parseAllDocuments(text).flatMap((document) => (document.contents === null ? [] : [document.toJS()]));
const find = (all: Manifest[], kind: string, name: string) =>
  all.find((one) => one.kind === kind && one.metadata.name.startsWith(name)) ?? ok(false, `no ${kind} ${name}`);

describe("the Kustomize base", { skip: NO_KUBECTL }, () => {
  const all = NO_KUBECTL ? [] : read(output("kubectl", "kustomize", BASE));

  test("an agent's command line is one that it takes, with the token that kubelet puts there", () => {
    const { spec } = find(all, "DaemonSet", "cable-agent").spec.template;
    const [agent] = spec.containers;
    const env: Record<string, string> = {
      NODE_NAME: "n1",
      HOST_IP: "192.0.2.1",
      CONTROL_URL: "http://c:9696",
      CLUSTER: "k",
    };
    deepEqual(agent.env.map(({ name }: Manifest) => name).sort(), Object.keys(env).sort());
    const [name, ...args] = agent.args.map((arg: string) =>
      arg.replace(/\$\((\w+)\)/g, (_, key) => env[key] as string),
    );
    const command = parseCommand(args, ROOT);
    ok(name === "agent" && command.kind === "run" && "kubernetesTokenFile" in command.credentials);
    const [projected] = spec.volumes.flatMap(({ projected }: Manifest) => projected?.sources ?? []);
    const mount = agent.volumeMounts.find(({ name }: Manifest) => name === "token");
    equal(projected.serviceAccountToken.audience, AUDIENCE);
    equal(join(mount.mountPath, projected.serviceAccountToken.path), command.credentials.kubernetesTokenFile);
    equal(spec.automountServiceAccountToken, false);
  });

  test("the cluster that agents name is the control node's, and so is their service account", () => {
    const [cluster] = parseClusters(find(all, "ConfigMap", "cable-control").data["clusters.yaml"]);
    equal(find(all, "ConfigMap", "cable-agent").data.cluster, cluster?.name);
    const { metadata, spec } = find(all, "DaemonSet", "cable-agent");
    equal(cluster?.agent_service_account, `${metadata.namespace}/${spec.template.spec.serviceAccountName}`);
  });

  test("a control node may read what it watches, and write no more than it must", () => {
    const { rules } = find(all, "ClusterRole", "cable-control");
    const may = (verb: string, group: string, resource: string) =>
      rules.some(
        ({ verbs, apiGroups, resources }: Manifest) =>
          verbs.includes(verb) && apiGroups.includes(group) && resources.includes(resource),
      );
    for (const [path] of Object.values(WATCHED)) {
      const [, kind, group, , resource] = /^\/(apis?)\/(?:([^/]+)\/)?(v[^/]+)\/(.+)$/.exec(path) ?? [];
      for (const verb of ["list", "watch"]) ok(may(verb, kind === "api" ? "" : String(group), String(resource)), path);
    }
    const writes = rules.flatMap(({ verbs, resources }: Manifest) =>
      verbs.some((verb: string) => !["get", "list", "watch"].includes(verb)) ? resources : [],
    );
    ok(!writes.some((resource: string) => ["*", "pods", "nodes", "secrets"].includes(resource)), String(writes));
    const bound = all.filter(({ kind }) => kind.endsWith("Binding")).flatMap(({ subjects }) => subjects);
    ok(!bound.some(({ name }) => name === "cable-agent"), "agents have no rights");
  });

  test("by Helm it is the same", { skip: NO_HELM }, () => {
    output("helm", "lint", BASE, "--namespace", "kube-system", "--set", "controlUrl=http://127.0.0.1:9696");
    const chart = output(
      "helm",
      "template",
      "cable",
      BASE,
      "-n",
      "kube-system",
      "--include-crds",
      "--set",
      "controlUrl=http://c",
    );
    const namesOf = (manifests: Manifest[]) =>
      manifests
        .filter(({ kind }) => kind !== "Secret")
        .map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[0-9a-z]{10}$/, "")}`)
        .sort();
    deepEqual(namesOf(read(chart)), namesOf(all));
  });
});

describe("the node's part of the image", () => {
  const directory = mkdtempSync(join(tmpdir(), "cable-deploy-"));
  const [bin, conf] = [join(directory, "bin"), join(directory, "conf")];
  for (const path of [bin, conf]) mkdirSync(path);
  after(() => rmSync(directory, { recursive: true }));
  const isBuilt = existsSync(join(ROOT, ".build/cni/cable"));

  test("puts the executable and a configuration there, with portmap where that is", {
    skip: !isBuilt && "no CNI executable is built",
  }, () => {
    const types = () => {
      output(join(ROOT, "deploy/start"), "install-cni", bin, conf);
      deepEqual(readdirSync(conf), ["10-cable.conflist"]);
      return JSON.parse(readFileSync(join(conf, "10-cable.conflist"), "utf8")).plugins.map(
        ({ type }: Manifest) => type,
      );
    };
    deepEqual(types(), ["cable"]);
    deepEqual(readFileSync(join(bin, "cable")), readFileSync(join(ROOT, ".build/cni/cable")));
    writeFileSync(join(bin, "portmap"), "");
    chmodSync(join(bin, "portmap"), 0o755);
    deepEqual(types(), ["cable", "portmap"]);
  });
});
