/** What policies ask of pods. */
import type { Labels, Pod, Protocol } from "../objects.ts";

export interface NamedPort {
  protocol: Protocol;
  name: string;
  number: number;
}

/** A pod as policies see it. */
export interface PolicyPod {
  namespace: string;
  labels: Labels;
  ports: readonly NamedPort[];
}

export function policyPod({ metadata, spec }: Pod): PolicyPod {
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  return {
    namespace: metadata.namespace ?? "default",
    labels: metadata.labels ?? {},
    ports: ports.flatMap(({ name, protocol, containerPort: number }) =>
      name ? [{ protocol: protocol ?? "TCP", name, number }] : [],
    ),
  };
}

/** Whether the name is this port with this number at the pod. */
export function hasPort(pod: PolicyPod, port: NamedPort): boolean {
  return pod.ports.some(
    ({ protocol, name, number }) => protocol === port.protocol && name === port.name && number === port.number,
  );
}

export const portText = ({ protocol, name, number }: NamedPort): string => `${protocol}:${name}=${number}`;
