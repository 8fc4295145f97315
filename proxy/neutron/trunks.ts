/** Trunks as the door serves them, with the calls on their subports, whose bodies have no name around them. */
import { fault } from "../../model/mod.ts";
import { type Schema, schemaOf } from "./json-schema.ts";
import { type Resource, resource } from "./resource.ts";
import { TRUNK } from "./tables/trunk.ts";
import type { Json } from "./validators.ts";
import { subports } from "./validators-trunk.ts";

/** Neutron fails with 500 on a body without a list. @throws Fault */
function subportsIn(body: Json | undefined): Json {
  const reason = subports(body?.sub_ports);
  if (reason !== undefined) throw fault("InvalidInput", { error_message: reason });
  return { sub_ports: body?.sub_ports };
}

const SUB_PORTS: Schema = { type: "object", properties: { sub_ports: schemaOf(subports) }, required: ["sub_ports"] };

export const TRUNK_RESOURCES: readonly Resource[] = [
  resource({
    kind: "trunk",
    attributes: TRUNK,
    hasTags: true,
    actions: [
      { name: "add_subports", method: "PUT", prepare: subportsIn, body: SUB_PORTS, answer: "resource" },
      { name: "remove_subports", method: "PUT", prepare: subportsIn, body: SUB_PORTS, answer: "resource" },
      { name: "get_subports", method: "GET", prepare: () => ({}), result: SUB_PORTS, answer: "result" },
    ],
  }),
];
