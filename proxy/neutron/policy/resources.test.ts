/** The door's resources against the default rules: a name that is in one and not in the other falls to "default". */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Method, policyName } from "../resource.ts";
import { RESOURCES } from "../resources.ts";
import { DEFAULT_RULES } from "./rules/mod.ts";

const VERBS: Readonly<Record<Method, string>> = {
  list: "get",
  show: "get",
  create: "create",
  update: "update",
  delete: "delete",
};

/** Rules that Neutron does not have either, each with the reason. */
const WITHOUT: Readonly<Record<string, string>> = {
  get_flavor_next_provider: "falls to the default rule in Neutron too",
  update_port_binding: "falls to the default rule in Neutron too",
};

describe("every call of the door has a rule of its own, or a reason:", () => {
  for (const resource of RESOURCES) {
    const name = policyName(resource);
    it(name, () => {
      const asked = [
        ...resource.methods.map((method) => `${VERBS[method]}_${name}`),
        ...resource.actions.map((action) => action.policy ?? action.name),
      ];
      const missing = asked.filter((rule) => !DEFAULT_RULES.has(rule) && WITHOUT[rule] === undefined);
      assert.deepEqual(missing, []);
    });
  }
});

describe("the rules of an attribute that is set belong to one that is asked for:", () => {
  for (const resource of RESOURCES) {
    const name = policyName(resource);
    it(name, () => {
      const unasked = [...DEFAULT_RULES.keys()].filter((rule) => {
        const attribute = new RegExp(`^(create|update)_${name}:(.*)$`).exec(rule)?.[2];
        const found = Object.keys(resource.attributes).find(
          (it) => attribute === it || attribute?.startsWith(`${it}:`),
        );
        return found !== undefined && found !== "tags" && !resource.attributes[found]?.enforcePolicy;
      });
      assert.deepEqual(
        unasked.filter((rule) => !UNASKED.has(rule)),
        [],
      );
    });
  }
});

/** Neutron has these rules and never asks them: the attribute lacks enforce_policy (subnet_service_types.py, segment.py). */
const UNASKED = new Set([
  "create_subnet:service_types",
  "update_subnet:service_types",
  "create_subnet:segment_id",
  "update_subnet:segment_id",
]);
