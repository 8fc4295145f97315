/** Profiles as parts of a flavor, and the provider that it comes to (neutron/db/flavors_db.py). */
import type { Attributes, DerivedRow } from "../../../api/mod.ts";
import { type FlavorRecord, fault, type Id } from "../../../model/mod.ts";
import { attribute, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { touched } from "../standard.ts";
import { flavorNotFound, nextProvider } from "./flavor.ts";
import { FLAVORS, profileNotFound } from "./profile.ts";

const unbound = (flavorId: Id, id: Id) => fault("FlavorServiceProfileBindingNotFound", { sp_id: id, fl_id: flavorId });

const row = (flavor: FlavorRecord, id: Id): DerivedRow => ({ id, flavor_id: flavor.id });

function flavorOf(draft: Draft, flavorId: Id): FlavorRecord {
  const flavor = draft.get("flavor", flavorId);
  if (flavor === undefined) throw flavorNotFound(flavorId);
  return flavor;
}

/** The answer of Neutron shows the flavor, of which the table leaves its id. */
function bindProfile(env: Env, draft: Draft, body: Attributes): DerivedRow {
  const id = attribute(body, "id", isText, "");
  const flavor = flavorOf(draft, attribute(body, "flavor_id", isText, ""));
  if (flavor.service_profiles.includes(id)) {
    throw fault("FlavorServiceProfileBindingExists", { sp_id: id, fl_id: flavor.id });
  }
  if (draft.get("service_profile", id) === undefined) throw profileNotFound(id);
  draft.use("service_profile", id, FLAVORS);
  const service_profiles = [...flavor.service_profiles, id];
  draft.replace("flavor", flavor.id, touched(env, { ...flavor, service_profiles }));
  return row(flavor, flavor.id);
}

function unbindProfile(env: Env, draft: Draft, binding: DerivedRow): Removal {
  const flavor = flavorOf(draft, String(binding.flavor_id));
  const service_profiles = flavor.service_profiles.filter((id) => id !== binding.id);
  draft.replace("flavor", flavor.id, touched(env, { ...flavor, service_profiles }));
  return "done";
}

function findBinding(reader: Reader, flavorId: Id, id: Id): DerivedRow {
  const flavor = reader.get("flavor", flavorId);
  if (!flavor?.service_profiles.includes(id)) throw unbound(flavorId, id);
  return row(flavor, id);
}

function bindingsOf(reader: Reader, flavorId: Id): DerivedRow[] {
  const flavor = reader.get("flavor", flavorId);
  if (flavor === undefined) throw flavorNotFound(flavorId);
  return flavor.service_profiles.map((id) => row(flavor, id));
}

export function bindingPlan(env: Env): ResourcePlan<"flavor_service_profile"> {
  return {
    parent: "flavor_id",
    create: (draft, _caller, body) => bindProfile(env, draft, body),
    sees: () => true,
    notFound: (id) => unbound("", id),
    find: findBinding,
    remove: (draft, _caller, current) => unbindProfile(env, draft, current),
    derived: {
      get: () => undefined,
      list: (reader, _caller, { flavor_id: [flavorId = ""] = [] }) => bindingsOf(reader, flavorId),
    },
  };
}

export function nextProviderPlan(): ResourcePlan<"next_provider"> {
  return {
    parent: "flavor_id",
    sees: () => true,
    notFound: () => fault("HTTPNotFound"),
    derived: {
      get: () => undefined,
      list: (reader, _caller, { flavor_id: [flavorId = ""] = [] }) => [nextProvider(reader, flavorId)],
    },
  };
}
