/**
 * Every way a request can fail, as facts: a code and its facts, mapped once to Neutron's type, status and message.
 * The codes are the names of Neutron's exception classes and the facts their keyword arguments, so that both the
 * Neutron API and the Contrail protocol can render them. The rows are in faults/, one table for each area.
 */
import { ADDRESS_GROUP } from "./faults/address-group.ts";
import { AGENT } from "./faults/agent.ts";
import { FLAVORS } from "./faults/flavors.ts";
import { FLOATINGIP } from "./faults/floatingip.ts";
import { GENERAL } from "./faults/general.ts";
import { LOCAL_IP } from "./faults/local-ip.ts";
import { LOGGING } from "./faults/logging.ts";
import { METERING } from "./faults/metering.ts";
import { NETWORK } from "./faults/network.ts";
import { PORT } from "./faults/port.ts";
import { QOS } from "./faults/qos.ts";
import { QUOTA } from "./faults/quota.ts";
import { RBAC } from "./faults/rbac.ts";
import { ROUTER } from "./faults/router.ts";
import type { FaultRow } from "./faults/row.ts";
import { SECURITY_GROUP } from "./faults/security-group.ts";
import { SEGMENTS } from "./faults/segments.ts";
import { SUBNET } from "./faults/subnet.ts";
import { SUBNETPOOL } from "./faults/subnetpool.ts";
import { TAAS } from "./faults/taas.ts";
import { TAGGING } from "./faults/tagging.ts";
import { TRUNK } from "./faults/trunk.ts";

export const FAULTS = {
  ...GENERAL,
  ...TAGGING,
  ...QUOTA,
  ...NETWORK,
  ...SEGMENTS,
  ...SUBNET,
  ...SUBNETPOOL,
  ...PORT,
  ...SECURITY_GROUP,
  ...ADDRESS_GROUP,
  ...ROUTER,
  ...FLOATINGIP,
  ...LOCAL_IP,
  ...RBAC,
  ...TRUNK,
  ...QOS,
  ...AGENT,
  ...METERING,
  ...FLAVORS,
  ...LOGGING,
  ...TAAS,
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof FAULTS;
export type Facts = Record<string, string | number | boolean | null>;

/** The one error class of the API: a code of {@link FAULTS} and its facts. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly facts: Facts;
  constructor(code: FaultCode, facts: Facts) {
    const { message, defaults }: FaultRow = FAULTS[code];
    const all: Facts = { ...facts };
    const fill = (text: string) => text.replace(/%\((\w+)\)s/g, (_, name: string) => String(all[name]));
    for (const [name, text] of Object.entries(defaults ?? {})) all[name] ??= fill(text);
    super(fill(message));
    this.name = "Fault";
    this.code = code;
    this.facts = all;
  }
  get status(): number {
    return FAULTS[this.code].status;
  }
}

/** `throw fault("NetworkNotFound", { net_id })`. */
export function fault(code: FaultCode, facts: Facts = {}): Fault {
  return new Fault(code, facts);
}
