/** What a server has to hold before it is measured: networks, groups and routers of one project, and ports to list. */
import type { Ports } from "./api-fill.ts";
import type { ApiServer } from "./api-server.ts";

export interface Plugged {
  networkId: string;
  subnetId: string;
}

/** One server under test with what tasks name. */
export interface World {
  server: ApiServer;
  projectId: string;
  /** Ports are created here. */
  busy: Plugged;
  /** Holds 1,000 ports, and 10,000. */
  small: Ports;
  large: Ports;
  externalId: string;
  /** One for each client. */
  routerIds: string[];
  groupIds: string[];
  /** Subnets on no router, filled by the test that creates them. */
  freeSubnetIds: string[];
  /** Counts what must differ between requests: subnets' addresses, rules' port numbers. */
  next(): number;
}

export const CLIENTS = 8;
/** A limit that nothing here reaches, but that is looked at: without one, servers would count nothing. */
export const MANY = 1_000_000;

type Answer = Record<string, { id: string } & Record<string, unknown>>;

export async function makeWorld(server: ApiServer, sizes: { small: number; large: number }): Promise<World> {
  const { member, admin, projectId } = server;
  const quota = Object.fromEntries(QUOTAS.map((name) => [name, MANY]));
  await server.call("PUT", `/v2.0/quotas/${projectId}`, admin, { quota });
  const make = async (kind: string, body: object, token = member): Promise<string> => {
    const path = `/v2.0/${kind.replaceAll("_", "-")}s`;
    const answer = (await server.call("POST", path, token, { [kind]: body })) as Answer;
    return answer[kind]!.id;
  };
  const plugged = async (name: string, cidr: string, token = member, more = {}): Promise<Plugged> => {
    const networkId = await make("network", { name, ...more }, token);
    const subnetId = await make("subnet", { network_id: networkId, ip_version: 4, cidr }, token);
    return { networkId, subnetId };
  };
  const several = async (kind: string) => {
    const ids: string[] = [];
    for (let i = 0; i < CLIENTS; i++) ids.push(await make(kind, { name: `${kind}-${i}` }));
    return ids;
  };
  let count = 0;
  return {
    server,
    projectId,
    busy: await plugged("busy", "172.16.0.0/14"),
    small: { ...(await plugged("small", "172.20.0.0/16")), ids: [], size: sizes.small },
    large: { ...(await plugged("large", "172.21.0.0/16")), ids: [], size: sizes.large },
    externalId: (await plugged("external", "198.18.0.0/15", admin, { "router:external": true })).networkId,
    routerIds: await several("router"),
    groupIds: await several("security_group"),
    freeSubnetIds: [],
    next: () => count++,
  };
}

const QUOTAS = ["network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule"];
