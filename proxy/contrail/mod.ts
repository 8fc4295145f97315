/**
 * The Contrail door: the protocol that a neutron-server with Contrail's plugin (NeutronPluginContrailCoreV2) speaks to its
 * backend, so that such a server can stay in front. Every call is a POST of an operation on a type; the server in front
 * has checked form and policy, and says for whom it asks.
 * Invariants: only a token with the role admin or service is believed, and every answer is JSON, errors too.
 */
export { contrailDoor } from "./door.ts";
