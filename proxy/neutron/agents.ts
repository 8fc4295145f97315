/**
 * Agents, and the calls that say what is on which agent (neutron/extensions/{dhcpagentscheduler,l3agentscheduler}.py).
 * These are for administrators, show whole resources, and have bodies without a name around them.
 */
import type { DerivedKind } from "../../api/mod.ts";
import { fault } from "../../model/mod.ts";
import type { Row } from "./attribute.ts";
import type { Schema } from "./json-schema.ts";
import { NETWORK } from "./network.ts";
import { renderer, renderList } from "./render.ts";
import { type Resource, resource } from "./resource.ts";
import { type Asked, created, NONE, ok, type Route } from "./route.ts";
import { AGENT as ATTRIBUTES, AVAILABILITY_ZONE } from "./tables/agent.ts";
import { ROUTER } from "./tables/router.ts";

const AGENT = resource({ kind: "agent", attributes: ATTRIBUTES });
/** Of a router's agents: the state that each has the router in. */
const HOSTING_AGENT = resource({
  kind: "agent",
  attributes: { ...ATTRIBUTES, ha_state: { ...(ATTRIBUTES.host as object), isFilter: false } as never },
});

export const AGENT_RESOURCES: readonly Resource[] = [
  AGENT,
  resource({ kind: "availability_zone", attributes: AVAILABILITY_ZONE, methods: ["list"] }),
];

interface Hosting {
  /** "agents/:id/dhcp-networks" is "agents" and "dhcp-networks". */
  of: string;
  path: string;
  kind: DerivedKind;
  /** What the rows say of the one they are asked for. */
  field: string;
  shown: Resource;
}

const HOSTINGS: readonly Hosting[] = [
  {
    of: "agents",
    path: "dhcp-networks",
    kind: "agent_network",
    field: "agent_id",
    shown: resource({ kind: "network", attributes: NETWORK }),
  },
  {
    of: "agents",
    path: "l3-routers",
    kind: "agent_router",
    field: "agent_id",
    shown: resource({ kind: "router", attributes: ROUTER }),
  },
  { of: "networks", path: "dhcp-agents", kind: "network_agent", field: "network_id", shown: AGENT },
  { of: "routers", path: "l3-agents", kind: "router_agent", field: "router_id", shown: HOSTING_AGENT },
];

/** Nothing is kept back from who may ask at all. */
const OPEN = {
  always: new Set<string>(),
  perRow: new Map(),
  target: (row: Row) => ({ row, related: () => undefined }),
};

function enforce({ call }: Asked, rule: string): void {
  call.policy.enforce(rule, { row: {}, related: () => undefined });
}

function listRoute({ of, path, kind, field, shown }: Hosting): Route {
  return {
    method: "GET",
    path: `${of}/:id/${path}`,
    name: `list ${path}`,
    form: { answer: [{ type: "object", required: [shown.collection] }] },
    handle: async (asked) => {
      enforce(asked, `get_${path}`);
      const { networking, caller } = asked.call;
      const rows = await networking.list(caller, kind, { [field]: [asked.params[0] as string] });
      return ok(renderList(shown.collection, renderer(shown, OPEN, []), rows as Row[], []));
    },
  };
}

/** The one member that such a body has. Neutron fails with 500 on a body without it. */
function idIn(asked: Asked, name: string): string {
  const id = asked.body()?.[name];
  if (typeof id === "string") return id;
  throw fault("HTTPBadRequest", { msg: `Unable to find '${name}' in request body` });
}

const bodyOf = (what: string): Schema => ({
  type: "object",
  properties: { [`${what}_id`]: { type: "string", format: "uuid" } },
  required: [`${what}_id`],
});

function placeRoutes(what: "network" | "router", path: string, kind: "agent_network" | "agent_router"): Route[] {
  const rule = path.slice(0, -1);
  return [
    {
      method: "POST",
      path: `agents/:id/${path}`,
      name: `add ${what} to agent`,
      form: { status: 201, body: [bodyOf(what)], answer: [{ type: "null" }] },
      handle: async (asked) => {
        enforce(asked, `create_${rule}`);
        const body = { agent_id: asked.params[0], [`${what}_id`]: idIn(asked, `${what}_id`) };
        await asked.call.networking.create(asked.call.caller, kind, [body]);
        return created("null");
      },
    },
    {
      method: "DELETE",
      path: `agents/:id/${path}/:hosted`,
      name: `remove ${what} from agent`,
      form: { status: 204 },
      handle: async (asked) => {
        enforce(asked, `delete_${rule}`);
        const [agentId = "", id] = asked.params;
        await asked.call.networking.act(asked.call.caller, "agent", agentId, `remove_${what}`, { [`${what}_id`]: id });
        return NONE;
      },
    },
  ];
}

export const AGENT_ROUTES: readonly Route[] = [
  ...HOSTINGS.map(listRoute),
  ...placeRoutes("network", "dhcp-networks", "agent_network"),
  ...placeRoutes("router", "l3-routers", "agent_router"),
];
