/** Security groups, as a lab's user handles them. */
import type { Lab } from "./lab.ts";
import type { Attributes } from "./neutron.ts";

/** The group that every port of the lab is in unless its attributes say otherwise: in from itself, out to all. */
export async function defaultGroup(lab: Lab): Promise<string> {
  const [group] = await lab.neutron.list("security_group", { name: "default" });
  if (group === undefined) throw new Error("the lab's project has no default security group yet");
  return group.id;
}

/** A rule that lets in, but for what `attributes` say otherwise. Returns its id. */
export async function addRule(lab: Lab, group: string, attributes: Attributes): Promise<string> {
  const body = { security_group_id: group, direction: "ingress", ethertype: "IPv4", ...attributes };
  return (await lab.neutron.create("security_group_rule", body)).id;
}

/** A group of these rules alone: also what a new group lets out goes, unless `keepsEgress`. */
export async function addGroup(
  lab: Lab,
  name: string,
  rules: readonly Attributes[],
  options: { stateful?: boolean; keepsEgress?: boolean } = {},
): Promise<string> {
  const { stateful = true, keepsEgress = true } = options;
  const group = await lab.neutron.create("security_group", { name, stateful });
  if (!keepsEgress) {
    const own = await lab.neutron.list("security_group_rule", { security_group_id: group.id });
    for (const { id } of own) await lab.neutron.delete("security_group_rule", id);
  }
  for (const rule of rules) await addRule(lab, group.id, rule);
  return group.id;
}
