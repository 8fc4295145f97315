/** The validator of a trunk's subports (neutron_lib/api/validators/__init__.py validate_subports). */
import type { Validator } from "./attribute.ts";
import { described, schemaOf } from "./json-schema.ts";
import { pyRepr, pyStr } from "./python.ts";
import { isObject, show, uuid } from "./validators.ts";
import { isNoData } from "./validators-dict.ts";

export const subports: Validator = (value) => {
  if (!Array.isArray(value)) return `Invalid data format for subports: ${show(value)} is not a list`;
  const ports = new Set<unknown>();
  const segments = new Set<string>();
  for (const subport of value) {
    if (!isObject(subport)) return `Invalid data format for subport: ${show(subport)} is not a dict`;
    const { port_id, segmentation_type, segmentation_id = null } = subport;
    if (!Object.hasOwn(subport, "port_id")) return "A valid port UUID must be specified";
    if (uuid(port_id)) return `Invalid UUID for subport: ${show(port_id)}`;
    if (ports.has(port_id)) return `Non unique UUID for subport: ${show(port_id)}`;
    ports.add(port_id);
    // Neutron looks at nothing more here, not even at the subports that follow.
    if (segmentation_type === "inherit") return undefined;
    if ((isNoData(segmentation_type) || segmentation_id === null) && Object.keys(subport).length > 1) {
      return `Invalid subport details ${show(subport)}: missing segmentation information. Must specify both segmentation_id and segmentation_type`;
    }
    if (segmentation_id === null) continue;
    const segment = `${pyRepr(segmentation_type)} ${pyRepr(segmentation_id)}`;
    if (segments.has(segment)) return `Segmentation ID ${show(segmentation_id)} for '${pyStr(port_id)}' is not unique`;
    segments.add(segment);
  }
  return undefined;
};
described(
  {
    type: "array",
    items: {
      type: "object",
      properties: {
        port_id: schemaOf(uuid),
        segmentation_type: { type: "string" },
        segmentation_id: { type: ["integer", "null"] },
      },
      required: ["port_id"],
    },
  },
  subports,
);
