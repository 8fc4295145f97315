/** Kubernetes' own control plane: an etcd, an API server, a controller manager and a scheduler. */
import { join } from "node:path";
import { type Etcd, freePort, startEtcd } from "../etcd.ts";
import { makeDirectory } from "../place.ts";
import { type Running, start, until } from "../process.ts";
import { kubernetesBinary, type Server } from "./binaries.ts";
import { Kubectl } from "./kubectl.ts";
import { Pki } from "./pki.ts";

/** Before 1.21, addresses of both families were behind a gate. */
export const FEATURE_GATES = "--feature-gates=IPv6DualStack=true";
export const SERVICE_CIDRS = ["10.96.0.0/16", "fd00:96::/112"] as const;

export interface ControlPlane {
  /** Where nodes reach the API server. */
  readonly url: string;
  readonly kubectl: Kubectl;
  readonly pki: Pki;
  /** Of a cluster's administrator; its server is on loopback. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Starts it on this machine; nodes are to reach it at `address`. */
export async function startControlPlane(options: { directory: string; address: string }): Promise<ControlPlane> {
  const directory = await makeDirectory(join(options.directory, "kubernetes"));
  const port = await freePort();
  const [pki, etcd] = await Promise.all([Pki.make(directory), startEtcd(directory)]);
  const here = `https://127.0.0.1:${port}`;
  const identities = {
    admin: "/O=system:masters/CN=admin",
    manager: "/CN=system:kube-controller-manager",
    scheduler: "/CN=system:kube-scheduler",
  };
  const [admin, manager, scheduler] = (await Promise.all(
    Object.entries(identities).map(([name, subject]) => pki.kubeconfig(name, subject, here)),
  )) as [string, string, string];
  const started: Running[] = [];
  const run = (name: Server, flags: readonly string[]) => {
    const command = [kubernetesBinary(name), FEATURE_GATES, ...flags];
    const running = start({ name, command, logFile: join(directory, `${name}.log`) });
    started.unshift(running);
    return running;
  };
  const stop = async () => {
    for (const running of started) await running.stop();
    await etcd.stop();
  };
  try {
    const api = run("kube-apiserver", await apiFlags({ etcd, pki, port, address: options.address }));
    const kubectl = await Kubectl.make(admin, join(directory, "cache"));
    const ready = async () => ((await kubectl.ask("GET", "/readyz")) === "ok" ? true : undefined);
    await until("the API server to be ready", ready, { process: api, timeoutMs: 60_000, everyMs: 100 });
    run("kube-controller-manager", managerFlags(pki, manager, await freePort()));
    run("kube-scheduler", [...clientFlags(scheduler), "--bind-address=127.0.0.1", `--secure-port=${await freePort()}`]);
    const account = "/api/v1/namespaces/default/serviceaccounts/default";
    await until("pods' service account", () => kubectl.request("GET", account), { timeoutMs: 60_000, everyMs: 100 });
    return { url: `https://${options.address}:${port}`, kubectl, pki, kubeconfig: admin, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function apiFlags(options: { etcd: Etcd; pki: Pki; port: number; address: string }): Promise<string[]> {
  const { etcd, pki, port, address } = options;
  const names = `IP:127.0.0.1,IP:${address},IP:10.96.0.1,DNS:kubernetes.default.svc`;
  const [server, kubelets] = await Promise.all([
    pki.issue("apiserver", "/CN=kube-apiserver", names),
    pki.issue("apiserver-kubelet", "/O=system:masters/CN=apiserver-kubelet"),
  ]);
  return [
    ...[`--etcd-servers=http://${etcd.endpoint}`, "--bind-address=0.0.0.0", `--advertise-address=${address}`],
    ...[`--secure-port=${port}`, `--service-cluster-ip-range=${SERVICE_CIDRS.join(",")}`, "--allow-privileged=true"],
    ...["--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"],
    ...[`--client-ca-file=${pki.authority.certificate}`, "--kubelet-preferred-address-types=InternalIP"],
    ...[`--tls-cert-file=${server.certificate}`, `--tls-private-key-file=${server.key}`],
    ...[`--kubelet-client-certificate=${kubelets.certificate}`, `--kubelet-client-key=${kubelets.key}`],
    ...[`--service-account-key-file=${pki.serviceAccountKey}`, "--api-audiences=https://kubernetes.default.svc"],
    ...[`--service-account-signing-key-file=${pki.serviceAccountKey}`],
    "--service-account-issuer=https://kubernetes.default.svc",
  ];
}

/** A node that does not answer is given up after seconds instead of most of a minute. */
function managerFlags(pki: Pki, kubeconfig: string, port: number): string[] {
  return [
    ...clientFlags(kubeconfig),
    ...["--bind-address=127.0.0.1", `--secure-port=${port}`, "--use-service-account-credentials=true"],
    ...[`--service-account-private-key-file=${pki.serviceAccountKey}`, `--root-ca-file=${pki.authority.certificate}`],
    ...[`--service-cluster-ip-range=${SERVICE_CIDRS.join(",")}`, "--allocate-node-cidrs=false"],
    ...["--node-monitor-period=1s", "--node-monitor-grace-period=8s"],
  ];
}

function clientFlags(kubeconfig: string): string[] {
  const configs = ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"];
  return [
    ...configs.map((flag) => `--${flag}=${kubeconfig}`),
    ...["--port=0", "--leader-elect=false", "--kube-api-qps=100", "--kube-api-burst=200"],
  ];
}
