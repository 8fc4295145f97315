/** Whatever is asked of the Contrail door, it answers JSON: 200 in the operation's form, or a class of exception with its keywords. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import fastify, { type FastifyInstance } from "fastify";
import { noAuth } from "../../control/auth/mod.ts";
import { contrailDoor } from "../../proxy/contrail/mod.ts";
import { RESOURCES } from "../../proxy/neutron/mod.ts";
import { type RealDoor, realDoor } from "../contract/neutron-door.ts";

/** FUZZ_RUNS=20000 is what a release is tested with. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2000);

const TYPES = ["network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule", "trunk"];
const OPERATIONS = ["CREATE", "READ", "UPDATE", "DELETE", "READALL", "READCOUNT", "ADDINTERFACE", "DELINTERFACE"];
const MORE = ["ADD_SUBPORTS", "REMOVE_SUBPORTS", "DELETEALL", "x"];

let door: RealDoor;
let app: FastifyInstance;
/** An id of each type, as they come. */
const ids = new Map<string, string>();

before(async () => {
  door = await realDoor();
  app = fastify();
  await app.register(contrailDoor, { networking: door.networking, authenticator: noAuth() });
});
after(async () => {
  await app.close();
  await door.close();
});

const names = [...new Set(RESOURCES.flatMap(({ attributes }) => Object.keys(attributes)))];
const anId = fc.constantFrom(...TYPES).map((type) => `<${type}>`);
const plain = fc.oneof(
  anId,
  fc.constantFrom("10.0.0.0/24", "10.0.0.9", "::", "0.0.0.0", "2001:db8::/64", "tcp", "ingress", "IPv4", "vlan", "a"),
  fc.constantFrom<unknown>(null, true, false, 0, 4, 6, 80, -1, 1e9, 1.5, "", "4"),
  fc.string({ maxLength: 8 }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: plain },
  fc.array(plain, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("subnet_id", "ip_address", "network_id", "port_id", "tag", "x"), plain, { maxKeys: 3 }),
  fc.array(fc.dictionary(fc.constantFrom("ip_address", "subnet_id", "mac_address", "start"), plain, { maxKeys: 2 }), {
    maxLength: 2,
  }),
);
const attributes = fc.dictionary(fc.constantFrom("parent_id", "tags", ...names), value, { maxKeys: 5 });

/** What a CREATE needs at least, so that some succeed. */
const NEEDED: Record<string, object> = {
  subnet: { network_id: "<network>", ip_version: 4, cidr: "10.0.0.0/24" },
  port: { network_id: "<network>" },
  floatingip: { floating_network_id: "<network>" },
  security_group_rule: { security_group_id: "<security_group>", direction: "ingress" },
  trunk: { port_id: "<port>" },
};

const request = fc.record({
  type: fc.constantFrom(...TYPES, "tags", "virtual_router", "ipam", "%00"),
  operation: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...OPERATIONS) }, fc.constantFrom(...MORE)),
  isAdmin: fc.boolean(),
  tenant: fc.constantFrom<unknown>("p", "q", null, 5),
  id: fc.oneof({ weight: 5, arbitrary: anId }, value),
  resource: fc.oneof({ weight: 9, arbitrary: attributes }, value),
  filters: fc.oneof(fc.constant({}), fc.constant(null), attributes),
  fields: fc.oneof(fc.constant(null), fc.array(fc.constantFrom(...names), { maxLength: 3 }), value),
});

const OWN_FORM: Record<string, (body: unknown) => boolean> = {
  READALL: Array.isArray,
  READCOUNT: (body) => Number.isInteger((body as { count: number }).count),
};

test(`${RUNS} requests of every type and operation`, async () => {
  const seen = new Map<string, number>();
  const property = fc.asyncProperty(request, async ({ type, operation, isAdmin, tenant, id, resource, ...rest }) => {
    const given = operation === "CREATE" ? { ...NEEDED[type], ...(resource as object) } : resource;
    const context = { operation, type, tenant_id: tenant, is_admin: isAdmin, roles: ["member"] };
    const text = JSON.stringify({ context, data: { id, resource: given, ...rest } });
    const payload = text.replace(/<(\w+)>/g, (_, name) => ids.get(name) ?? "11111111-1111-4111-8111-111111111111");
    const reply = await app.inject({ method: "POST", url: `/neutron/${type}`, payload });
    const body = JSON.parse(reply.payload);
    seen.set(`${reply.statusCode}`, (seen.get(`${reply.statusCode}`) ?? 0) + 1);
    if (reply.statusCode === 200) {
      assert.ok((OWN_FORM[operation] ?? (() => typeof body === "object"))(body), reply.payload);
      if (operation === "CREATE" && body.id) ids.set(type, body.id);
      return;
    }
    // Of these only "no VLAN to give", as nothing here configures any, is an answer and not a failure.
    const isAnswer = reply.statusCode === 400 || body.exception === "NoNetworkAvailable";
    assert.ok(isAnswer, `${reply.statusCode} ${reply.payload} ${payload}`);
    assert.match(body.exception, /^[A-Z]\w+$/);
    assert.doesNotMatch(reply.payload, /undefined|\[object/, payload);
  });
  await fc.assert(property, { numRuns: RUNS });
  for (const status of ["200", "400"]) assert.ok((seen.get(status) ?? 0) > RUNS / 20, JSON.stringify([...seen]));
});
