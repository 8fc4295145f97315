/** Every resource that the door serves. */

import { AGENT_RESOURCES } from "./agents.ts";
import { GROUP_RESOURCES } from "./group-resources.ts";
import { L3_RESOURCES } from "./l3-resources.ts";
import { NETWORK } from "./network.ts";
import { POOL_RESOURCES } from "./pool-resources.ts";
import { PORT } from "./port.ts";
import { PORT_BINDING_RESOURCE } from "./port-bindings.ts";
import { QOS_RESOURCES } from "./qos-resources.ts";
import { type Resource, resource } from "./resource.ts";
import { SEGMENT_RESOURCES } from "./segment-resources.ts";
import { SERVICE_RESOURCES } from "./service-resources.ts";
import { SUBNET } from "./subnet.ts";
import { TRUNK_RESOURCES } from "./trunks.ts";

export const RESOURCES: readonly Resource[] = [
  resource({ kind: "network", attributes: NETWORK, hasTags: true }),
  resource({ kind: "subnet", attributes: SUBNET, hasTags: true }),
  resource({ kind: "port", attributes: PORT, hasTags: true }),
  ...GROUP_RESOURCES,
  ...POOL_RESOURCES,
  ...QOS_RESOURCES,
  ...AGENT_RESOURCES,
  ...SERVICE_RESOURCES,
  ...L3_RESOURCES,
  ...SEGMENT_RESOURCES,
  ...TRUNK_RESOURCES,
  PORT_BINDING_RESOURCE,
];
