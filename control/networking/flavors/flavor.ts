/** Flavors (neutron/db/flavors_db.py). They belong to no project, and everybody sees them. */
import type { Attributes } from "../../../api/mod.ts";
import { type FlavorRecord, fault, type Id } from "../../../model/mod.ts";
import { attribute, isFlag, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import type { Reader } from "../reader.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { profileNotFound } from "./profile.ts";
import { providerOf } from "./providers.ts";

const ROUTERS_OF_FLAVOR = index("router", ({ flavor_id }) => [flavor_id]);

/** All routers lean on their flavor under one name. */
const ROUTERS = "routers";

export const flavorNotFound = (flavor_id: Id) => fault("FlavorNotFound", { flavor_id });

/** What the flavor comes to: the provider of its first profile (get_flavor_next_provider). @throws Fault */
export function nextProvider(reader: Reader, flavorId: Id): { driver: string; provider: string } {
  const [profileId] = reader.get("flavor", flavorId)?.service_profiles ?? [];
  if (profileId === undefined) throw fault("FlavorServiceProfileBindingNotFound", { sp_id: "", fl_id: flavorId });
  const profile = reader.get("service_profile", profileId);
  if (profile === undefined) throw profileNotFound(profileId);
  if (!profile.enabled) throw fault("ServiceProfileDisabled");
  const provider = providerOf(profile.driver);
  if (provider === undefined) throw fault("ServiceProfileDriverNotFound", { driver: profile.driver });
  return { driver: profile.driver, provider: provider.name };
}

/** A new router has the flavor (neutron/services/l3_router/service_providers/driver_controller.py). @throws Fault */
export function useFlavor(draft: Draft, flavorId: Id): void {
  if (draft.get("flavor", flavorId) === undefined) throw flavorNotFound(flavorId);
  nextProvider(draft, flavorId);
  draft.dependOn("flavor", flavorId);
  draft.use("flavor", flavorId, ROUTERS);
}

function createFlavor(env: Env, draft: Draft, body: Attributes): FlavorRecord {
  const record: FlavorRecord = {
    ...newStandard(env, "", body),
    service_type: attribute(body, "service_type", isText, ""),
    enabled: attribute(body, "enabled", isFlag, true),
    // Neutron takes profiles in the body, and does nothing with them.
    service_profiles: [],
  };
  draft.create("flavor", record.id, record);
  return record;
}

function updateFlavor(env: Env, draft: Draft, current: FlavorRecord, changes: Attributes): FlavorRecord {
  const enabled = attribute(changes, "enabled", isFlag, current.enabled);
  const after = revised(env, current, { ...current, ...standardChanges(current, changes), enabled });
  if (after !== current) draft.replace("flavor", current.id, after);
  return after;
}

function removeFlavor(draft: Draft, { id }: FlavorRecord): Removal {
  if (draft.select(ROUTERS_OF_FLAVOR, id).length > 0) throw fault("FlavorInUse", { flavor_id: id });
  draft.sameUsers("flavor", id);
  draft.unuse("flavor", id, ROUTERS);
  draft.remove("flavor", id);
  return "done";
}

function* allFlavors({ memory }: Env): Iterable<Id> {
  for (const { record } of memory.all("flavor")) yield record.id;
}

export function flavorPlan(env: Env): ResourcePlan<"flavor"> {
  return {
    create: (draft, _caller, body) => createFlavor(env, draft, body),
    sees: () => true,
    visible: () => allFlavors(env),
    notFound: flavorNotFound,
    update: (draft, _caller, current, changes) => updateFlavor(env, draft, current, changes),
    remove: (draft, _caller, current) => removeFlavor(draft, current),
  };
}
