/** Groups of addresses that rules can name (neutron/db/address_group_db.py). */
import type { Attributes, Caller } from "../../../api/mod.ts";
import { type AddressGroupRecord, type Cidr, fault } from "../../../model/mod.ts";
import { projectOf } from "../access.ts";
import { attribute, isCidr, listOf } from "../attributes.ts";
import type { Draft } from "../draft.ts";
import type { Env } from "../env.ts";
import type { Removal, ResourcePlan } from "../plan.ts";
import { removePolicies } from "../rbac/mod.ts";
import { seesShared, visibleIds, withShared } from "../sharing.ts";
import { newStandard, revised, standardChanges } from "../standard.ts";
import { RULES, RULES_FROM_ADDRESSES } from "./rules.ts";

type Group = AddressGroupRecord;

const readAddresses = (body: Attributes): Cidr[] => [...new Set(attribute(body, "addresses", listOf(isCidr), []))];

/** A list as Python prints it. */
const listed = (addresses: readonly Cidr[]) => `[${addresses.map((address) => `'${address}'`).join(", ")}]`;

function changeAddresses(env: Env, draft: Draft, current: Group, addresses: Cidr[]): Group {
  const after = revised(env, current, { ...current, addresses });
  if (after !== current) draft.replace("address_group", current.id, after);
  return after;
}

function addAddresses(env: Env, draft: Draft, current: Group, body: Attributes): Group {
  const wanted = readAddresses(body);
  const there = wanted.filter((address) => current.addresses.includes(address));
  if (there.length > 0) {
    throw fault("AddressesAlreadyExist", { addresses: listed(there), address_group_id: current.id });
  }
  return changeAddresses(env, draft, current, [...current.addresses, ...wanted]);
}

function removeAddresses(env: Env, draft: Draft, current: Group, body: Attributes): Group {
  const unwanted = new Set(readAddresses(body));
  const missing = [...unwanted].filter((address) => !current.addresses.includes(address));
  if (missing.length > 0) {
    throw fault("AddressesNotFound", { addresses: listed(missing), address_group_id: current.id });
  }
  const addresses = current.addresses.filter((address) => !unwanted.has(address));
  return changeAddresses(env, draft, current, addresses);
}

function createGroup(env: Env, draft: Draft, caller: Caller, body: Attributes): Group {
  const standard = newStandard(env, projectOf(caller, body), body);
  const addresses = readAddresses(body);
  // The first addresses are a change of their own there.
  const record: Group = { ...standard, revision_number: addresses.length > 0 ? 1 : 0, addresses };
  draft.create("address_group", record.id, record);
  return record;
}

function updateGroup(env: Env, draft: Draft, current: Group, changes: Attributes): Group {
  const after = revised(env, current, { ...current, ...standardChanges(current, changes) });
  if (after !== current) draft.replace("address_group", current.id, after);
  return after;
}

function removeGroup(env: Env, draft: Draft, { id }: Group): Removal {
  if (env.indexes.of(RULES_FROM_ADDRESSES, id).size > 0) throw fault("AddressGroupInUse", { address_group_id: id });
  draft.sameUsers("address_group", id);
  draft.unuse("address_group", id, RULES);
  removePolicies(draft, id);
  draft.remove("address_group", id);
  return "done";
}

export function addressGroupPlan(env: Env): ResourcePlan<"address_group"> {
  return {
    create: (draft, caller, body) => createGroup(env, draft, caller, body),
    sees: seesShared,
    visible: (caller) => visibleIds(env, "address_group", caller),
    notFound: (id) => fault("AddressGroupNotFound", { address_group_id: id }),
    show: withShared,
    update: (draft, _caller, current, changes) => updateGroup(env, draft, current, changes),
    remove: (draft, _caller, current) => removeGroup(env, draft, current),
    actions: {
      add_addresses: (draft, _caller, current, body) => ({ ...addAddresses(env, draft, current, body) }),
      remove_addresses: (draft, _caller, current, body) => ({ ...removeAddresses(env, draft, current, body) }),
    },
  };
}
