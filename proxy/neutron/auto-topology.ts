/** Auto-allocated topologies: a GET that makes what is not there (neutron/services/auto_allocate/db.py). */
import { fault } from "../../model/mod.ts";
import { type Asked, NONE, okJson, type Route } from "./route.ts";

const KIND = "auto_allocated_topology";

/** Clients that know no project say "None", and mean their own. @throws Fault NotAuthorized, PolicyNotAuthorized */
function projectOf({ params: [id = ""], call }: Asked, verb: "get" | "delete"): string {
  const { caller, policy } = call;
  const projectId = id === "None" ? caller.projectId : id;
  if (!caller.isAdmin && projectId !== caller.projectId) throw fault("NotAuthorized");
  policy.enforce(`${verb}_${KIND}`, { row: { project_id: projectId }, related: () => undefined });
  return projectId;
}

async function show(asked: Asked) {
  const { networking, caller, params } = asked.call;
  const projectId = projectOf(asked, "get");
  const fields = params.getAll("fields").filter((field) => field !== "");
  const isTrial = fields.includes("dry-run");
  if (fields.length > 0 && !isTrial) {
    throw fault("BadRequest", { resource: "auto_allocate", msg: "Unrecognized field" });
  }
  const { id } = await networking.act(caller, KIND, projectId, isTrial ? "check" : "allocate", {});
  return okJson({ [KIND]: { id, tenant_id: projectId, ...(isTrial ? {} : { project_id: projectId }) } });
}

async function remove(asked: Asked) {
  await asked.call.networking.delete(asked.call.caller, KIND, projectOf(asked, "delete"));
  return NONE;
}

const text = { type: "string" };
const TOPOLOGY = { type: "object", properties: { id: text, tenant_id: text, project_id: text } };

export const TOPOLOGY_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "auto-allocated-topology/:id",
    name: "show auto-allocated topology",
    form: { answer: [{ type: "object", properties: { [KIND]: TOPOLOGY }, required: [KIND] }] },
    handle: show,
  },
  {
    method: "DELETE",
    path: "auto-allocated-topology/:id",
    name: "delete auto-allocated topology",
    form: { status: 204 },
    handle: remove,
  },
];
