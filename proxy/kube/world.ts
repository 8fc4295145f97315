/** What the API server holds of a cluster, as far as ports and groups come of it. */
import type { EndpointSlice, Labels, Namespace, NetworkPolicy, Node, Pod, Service } from "./objects.ts";
import { type Compiled, compile, policyPod } from "./policy/mod.ts";
import { SERVICE_NAME } from "./services/mod.ts";

/** The kinds that are watched, by their paths: of several the first that the server has. */
export const WATCHED = {
  service: ["/api/v1/services"],
  slice: ["/apis/discovery.k8s.io/v1/endpointslices", "/apis/discovery.k8s.io/v1beta1/endpointslices"],
  node: ["/api/v1/nodes"],
  namespace: ["/api/v1/namespaces"],
  policy: ["/apis/networking.k8s.io/v1/networkpolicies"],
  pod: ["/api/v1/pods"],
} as const;
export type WatchedKind = keyof typeof WATCHED;
export interface WatchedObjects {
  service: Service;
  slice: EndpointSlice;
  node: Node;
  namespace: Namespace;
  policy: NetworkPolicy;
  pod: Pod;
}

export const nameOf = ({ metadata }: { metadata: { namespace?: string; name: string } }): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** Whether it is Cable's to give the pod a port: it runs on a node, with an address of its own. */
export function hasPort({ spec, status }: Pod): boolean {
  return Boolean(spec.nodeName) && !spec.hostNetwork && status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** The service that a slice is of; undefined for one that somebody keeps for purposes of his own. */
function serviceOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.[SERVICE_NAME];
  return name ? `${metadata.namespace ?? "default"}/${name}` : undefined;
}

/** By UID: an object that is now of another UID, or gone, and the one that is there. */
function note<T extends { metadata: { uid: string } }>(
  changed: Map<string, T | undefined>,
  before: T | undefined,
  after: T | undefined,
): void {
  if (before !== undefined) changed.set(before.metadata.uid, undefined);
  if (after !== undefined) changed.set(after.metadata.uid, after);
}

/** Objects by name, and what has changed since somebody looked. */
export class World {
  readonly #objects: { [K in WatchedKind]: Map<string, WatchedObjects[K]> } = {
    service: new Map(),
    slice: new Map(),
    node: new Map(),
    namespace: new Map(),
    policy: new Map(),
    pod: new Map(),
  };
  readonly #onChange: () => void;
  /** By UID; undefined: it is gone. */
  readonly #changedPods = new Map<string, Pod | undefined>();
  #compiled: { value: Compiled; ports: ReadonlySet<string> } | undefined;
  #isPolicyChanged = true;
  /** By namespace and name. */
  readonly #changedServices = new Set<string>();
  /** A service's slices, by its name. */
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #changedNodes = new Map<string, Node | undefined>();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  put<K extends WatchedKind>(kind: K, object: WatchedObjects[K]): void {
    const before = this.#objects[kind].get(nameOf(object));
    this.#objects[kind].set(nameOf(object), object);
    this.#note(kind, before, object);
  }

  drop<K extends WatchedKind>(kind: K, object: WatchedObjects[K]): void {
    const before = this.#objects[kind].get(nameOf(object));
    // A pod of the same name may have come in its place meanwhile.
    if (before === undefined || before.metadata.uid !== object.metadata.uid) return;
    this.#objects[kind].delete(nameOf(object));
    this.#note(kind, before, undefined);
  }

  #note<K extends WatchedKind>(kind: K, before: WatchedObjects[K] | undefined, after: WatchedObjects[K] | undefined) {
    if (kind === "pod") this.#notePod(before as Pod | undefined, after as Pod | undefined);
    else if (kind === "service") this.#noteService(before as Service | undefined, after as Service | undefined);
    else if (kind === "slice") this.#noteSlice(before as EndpointSlice | undefined, after as EndpointSlice | undefined);
    else if (kind === "node") note(this.#changedNodes, before as Node | undefined, after as Node | undefined);
    else this.#isPolicyChanged = true;
    this.#onChange();
  }

  #notePod(before: Pod | undefined, after: Pod | undefined): void {
    note(this.#changedPods, before, after);
    if (after === undefined || this.#compiled === undefined) return;
    const known = this.#compiled.ports;
    // What a port's name stands for is part of the rules.
    if (policyPod(after).ports.some((port) => !known.has(JSON.stringify(port)))) this.#isPolicyChanged = true;
  }

  #noteService(before: Service | undefined, after: Service | undefined): void {
    for (const side of [before, after]) if (side !== undefined) this.#changedServices.add(nameOf(side));
  }

  #noteSlice(before: EndpointSlice | undefined, after: EndpointSlice | undefined): void {
    const [from, to] = [before && serviceOf(before), after && serviceOf(after)];
    if (before !== undefined && from !== undefined) {
      const slices = this.#slices.get(from);
      slices?.delete(nameOf(before));
      if (slices?.size === 0) this.#slices.delete(from);
    }
    if (after !== undefined && to !== undefined)
      this.#slices.set(to, (this.#slices.get(to) ?? new Map()).set(nameOf(after), after));
    for (const name of [from, to]) if (name !== undefined) this.#changedServices.add(name);
  }

  service(name: string): Service | undefined {
    return this.#objects.service.get(name);
  }

  serviceNames(): Iterable<string> {
    return this.#objects.service.keys();
  }

  slicesOf(service: string): EndpointSlice[] {
    return [...(this.#slices.get(service)?.values() ?? [])];
  }

  pods(): Iterable<Pod> {
    return this.#objects.pod.values();
  }

  nodes(): Iterable<Node> {
    return this.#objects.node.values();
  }

  namespaceAnnotations(name: string): Labels {
    return this.#objects.namespace.get(name)?.metadata.annotations ?? {};
  }

  get isChanged(): boolean {
    const changed = [this.#changedPods, this.#changedNodes, this.#changedServices];
    return this.#isPolicyChanged || changed.some(({ size }) => size > 0);
  }

  /** Nodes and pods that changed, all pods where policies or namespaces did, and the UIDs of what is gone. Told once. */
  takeChanged(): { nodes: Node[]; pods: Pod[]; gone: string[]; isPolicyChanged: boolean } {
    const isPolicyChanged = this.#isPolicyChanged;
    const changed = [...this.#changedPods];
    const nodes = [...this.#changedNodes];
    const gone = [...changed, ...nodes].flatMap(([uid, object]) => (object === undefined ? [uid] : []));
    const pods = isPolicyChanged ? [...this.pods()] : changed.flatMap(([, pod]) => pod ?? []);
    this.#changedPods.clear();
    this.#changedNodes.clear();
    this.#isPolicyChanged = false;
    if (isPolicyChanged) this.#compiled = this.#compile();
    return { nodes: nodes.flatMap(([, node]) => node ?? []), pods, gone, isPolicyChanged };
  }

  /** The names of services that changed, or whose slices did. Told once. */
  takeServices(): string[] {
    const names = [...this.#changedServices];
    this.#changedServices.clear();
    return names;
  }

  /** All is to be looked at again. */
  touchAll(): void {
    for (const name of this.serviceNames()) this.#changedServices.add(name);
    this.#isPolicyChanged = true;
    for (const node of this.nodes()) note(this.#changedNodes, undefined, node);
    this.#onChange();
  }

  /** A pod or node is to be looked at again, should it still be there then. */
  touchLater(kind: "pod" | "node", object: Pod | Node, waitMs: number): void {
    setTimeout(() => {
      const now = this.#objects[kind].get(nameOf(object));
      if (now?.metadata.uid !== object.metadata.uid) return;
      this.#note(kind, undefined, now);
      this.#onChange();
    }, waitMs).unref();
  }

  get compiled(): Compiled {
    this.#compiled ??= this.#compile();
    return this.#compiled.value;
  }

  #compile() {
    const { namespace, policy, pod } = this.#objects;
    const namespaces = new Map([...namespace].map(([name, { metadata }]) => [name, metadata.labels ?? {}]));
    const pods = [...pod.values()].filter(hasPort).map(policyPod);
    const ports = new Set(pods.flatMap((one) => one.ports.map((port) => JSON.stringify(port))));
    return { value: compile({ namespaces, policies: policy.values(), pods }), ports };
  }
}
