/** Service profiles (neutron/db/flavors_db.py). */
import type { Attributes } from "../../../api/mod.ts";
import { fault, type Id, type ServiceProfileRecord } from "../../../model/mod.ts";
import { attribute, given, isFlag, isText } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import { index } from "../indexes.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { checkDriver } from "./providers.ts";

type Profile = ServiceProfileRecord;

export const FLAVORS_OF_PROFILE = index("flavor", ({ service_profiles }) => service_profiles);

/** All flavors lean on a profile under one name. */
export const FLAVORS = "flavors";

export const profileNotFound = (sp_id: Id) => fault("ServiceProfileNotFound", { sp_id });

/** Numbers are text in Neutron's column; other values have no place in it. */
const readMetainfo = (body: Attributes) => {
  const { metainfo } = body;
  if (typeof metainfo === "number") return String(metainfo);
  return given({ metainfo: metainfo ?? undefined }, "metainfo", isText);
};

function createProfile(env: Env, draft: Draft, body: Attributes): Profile {
  const driver = attribute(body, "driver", isText, "");
  const metainfo = readMetainfo(body) ?? "";
  if (driver !== "") checkDriver(driver);
  else if (metainfo === "") throw fault("ServiceProfileEmpty");
  const enabled = attribute(body, "enabled", isFlag, true);
  const record: Profile = { ...newStandard(env, "", body), driver, metainfo, enabled };
  draft.create("service_profile", record.id, record);
  return record;
}

/** No flavor has the profile, and none gets it meanwhile. @throws Fault ServiceProfileInUse */
function checkUnused(draft: Draft, sp_id: Id): void {
  if (draft.select(FLAVORS_OF_PROFILE, sp_id).length > 0) throw fault("ServiceProfileInUse", { sp_id });
  draft.sameUsers("service_profile", sp_id);
}

function updateProfile(env: Env, draft: Draft, current: Profile, changes: Attributes): Profile {
  const driver = attribute(changes, "driver", isText, current.driver);
  if (changes.driver) checkDriver(driver);
  checkUnused(draft, current.id);
  const metainfo = readMetainfo(changes) ?? current.metainfo;
  const enabled = attribute(changes, "enabled", isFlag, current.enabled);
  const after = revised(env, current, { ...current, ...standardChanges(current, changes), driver, metainfo, enabled });
  if (after !== current) draft.replace("service_profile", current.id, after);
  return after;
}

function removeProfile(draft: Draft, { id }: Profile): Removal {
  checkUnused(draft, id);
  draft.unuse("service_profile", id, FLAVORS);
  draft.remove("service_profile", id);
  return "done";
}

function* allProfiles({ memory }: Env): Iterable<Id> {
  for (const { record } of memory.all("service_profile")) yield record.id;
}

export function profilePlan(env: Env): ResourcePlan<"service_profile"> {
  return {
    create: (draft, _caller, body) => createProfile(env, draft, body),
    sees: () => true,
    visible: () => allProfiles(env),
    notFound: profileNotFound,
    update: (draft, _caller, current, changes) => updateProfile(env, draft, current, changes),
    remove: (draft, _caller, current) => removeProfile(draft, current),
  };
}
