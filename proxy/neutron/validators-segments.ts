/** The segments of a multi-provider network (neutron_lib/api/validators/multiprovidernet.py). */
import { fault } from "../../model/mod.ts";
import type { Validator } from "./attribute.ts";
import { toInt } from "./converters.ts";
import { described } from "./json-schema.ts";
import { first, isObject, type Json, show } from "./validators.ts";
import { isNoData } from "./validators-dict.ts";

const MEMBERS = ["provider:network_type", "provider:physical_network", "provider:segmentation_id"];

/** Lists of objects with the three provider attributes. What is no list of objects is a failure of Neutron's own (500). */
export const networkSegments: Validator = (value) => {
  if (!Array.isArray(value)) return `${show(value)} is not a list`;
  return first(value as unknown[], (segment) => {
    if (!isObject(segment)) return `${show(segment)} is not a dictionary`;
    if (!isNoData(segment["provider:segmentation_id"])) toInt(segment["provider:segmentation_id"]);
    const others = Object.keys(segment).filter((name) => !MEMBERS.includes(name));
    if (others.length > 0) throw fault("HTTPBadRequest", { msg: `Unrecognized attribute(s) '${others.join(", ")}'` });
    return undefined;
  });
};
described(
  {
    type: "array",
    items: {
      type: "object",
      properties: {
        "provider:network_type": { type: "string" },
        "provider:physical_network": { type: ["string", "null"] },
        "provider:segmentation_id": { type: ["integer", "null"] },
      },
      additionalProperties: false,
    },
  },
  networkSegments,
);

/** With whole numbers; an id that says nothing is left out, as one to choose. */
export const canonicalSegments = (value: unknown): Json[] =>
  (value as Json[]).map(({ "provider:segmentation_id": id, ...segment }) =>
    isNoData(id) ? segment : { ...segment, "provider:segmentation_id": toInt(id) },
  );
