/** The one entry of `settings`: what programs must know of this host, and the generation of their decisions. */
import { MAPS, type Settings } from "../../bpf/layout.gen.ts";
import type { BpfMap } from "../../host/mod.ts";
import { SERVICE_MAC } from "../../model/mod.ts";
import type { FlowQuota } from "./quota.ts";
import { SOCKET_MAC } from "./service-device.ts";

const KEY = MAPS.settings.key.encode(0);
const GENERATIONS = 2 ** 32;

/** The next one; 0 is left out, since an entry of zeroes must never look current. */
export function nextGeneration(generation: number): number {
  return (generation + 1) % GENERATIONS || 1;
}

/** Of the driver's own devices. */
export interface DeviceIndexes {
  vxlanIfindex: number;
  trapIfindex: number;
  serviceIfindex: number;
  mirrorIfindex: number;
}

export class HostSettings {
  readonly #map: BpfMap;
  #value: Settings;

  /** Writes what is other than an earlier run left it; a device with another index makes kept decisions wrong. */
  constructor(map: BpfMap, devices: DeviceIndexes, limits: FlowQuota) {
    this.#map = map;
    const found = MAPS.settings.value.decode(map.lookup(KEY) ?? Buffer.alloc(MAPS.settings.value.size));
    const wanted = { ...devices, logLevel: 0, serviceMac: SERVICE_MAC, socketMac: SOCKET_MAC };
    const { quota: flowQuota, share: flowShare, room: flowRoom } = limits;
    const same =
      found.generation !== 0 &&
      found.vxlanIfindex === wanted.vxlanIfindex &&
      found.trapIfindex === wanted.trapIfindex &&
      found.serviceIfindex === wanted.serviceIfindex &&
      found.mirrorIfindex === wanted.mirrorIfindex &&
      found.socketMac === wanted.socketMac &&
      found.serviceMac === wanted.serviceMac;
    this.#value = { ...found, ...wanted, flowQuota, flowShare, flowRoom };
    if (!same) this.bump();
    else if (found.flowQuota !== flowQuota || found.flowShare !== flowShare || found.flowRoom !== flowRoom)
      this.#write();
  }

  /** Every flow is decided again with its next packet. */
  bump(): void {
    this.#value = { ...this.#value, generation: nextGeneration(this.#value.generation) };
    this.#write();
  }

  #write(): void {
    this.#map.update(KEY, MAPS.settings.value.encode(this.#value));
  }

  /** Without the generation, which tells only how much has happened. */
  dump(): string {
    const { vxlanIfindex: vxlan, trapIfindex: trap, serviceIfindex, mirrorIfindex, serviceMac } = this.#value;
    const devices = `vxlan=${vxlan} trap=${trap} service=${serviceIfindex} mirror=${mirrorIfindex}`;
    return `settings ${devices} serviceMac=${serviceMac}`;
  }
}
