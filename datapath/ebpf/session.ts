/** The driver while it is open: applies what is wanted to maps and devices. */
import {
  MAPS,
  type RouterNumber,
  SERVICE_DNS_PORT,
  SERVICE_METADATA_PORT,
  type VifNumber,
} from "../../bpf/layout.gen.ts";
import { entryText, SystemError, type Tap } from "../../host/mod.ts";
import type { Id, Ip } from "../../model/mod.ts";
import type { ServiceSockets, Trap, VifCounters, Wanted, WantedChange, WantedVif } from "../datapath.ts";
import { Announcer } from "./announcer.ts";
import { Claims } from "./claims.ts";
import { sumCounters } from "./counters.ts";
import { Desired } from "./desired.ts";
import type { Card } from "./entries.ts";
import { Explainer } from "./explainer.ts";
import { FlowAging } from "./flows.ts";
import { Hooks } from "./hooks.ts";
import { FLOW_TIMEOUTS } from "./idle.ts";
import { keyBytes } from "./keys.ts";
import { Maps } from "./maps.ts";
import { openMirror } from "./mirror-device.ts";
import { VifNumbers } from "./numbers.ts";
import type { EbpfOptions } from "./options.ts";
import { devicesOf, pinDirOf } from "./options.ts";
import { type FlowQuota, quotaOf } from "./quota.ts";
import { routerKey } from "./router-claims.ts";
import { clientNumber, openService } from "./service-device.ts";
import { GroupSets } from "./sets.ts";
import { type DeviceIndexes, HostSettings } from "./settings.ts";
import { Slots } from "./slots.ts";
import { Tables, type WriteFailure } from "./tables.ts";
import { decodeTrap, encodeInjection, encodeWireInjection } from "./trap.ts";
import { openVxlan } from "./vxlan.ts";

/** Room for a frame of any network, with the trap header. */
const TRAP_MTU_BYTES = 9_216;
const HOST_SLOT = 0 as VifNumber;

export class Session {
  readonly #options: EbpfOptions;
  readonly #maps: Maps;
  readonly #hooks: Hooks;
  readonly #settings: HostSettings;
  readonly #tap: Tap;
  readonly #tables: Tables;
  readonly #numbers: VifNumbers;
  readonly #sets: GroupSets;
  readonly #routers: Slots<RouterNumber>;
  readonly #claims: Claims;
  readonly #desired: Desired;
  readonly #quota: FlowQuota;
  readonly #aging: FlowAging;
  readonly #announcer: Announcer;
  /** Answers what is asked about all this. */
  readonly explainer: Explainer;
  #wanted: Wanted | undefined;
  /** Where vifs are attached, to forget the device with its vif. */
  readonly #devices = new Map<Id, number>();
  readonly #slots: readonly string[];
  readonly #socketIps: readonly Ip[];
  #detached = new Map<Id, string>();
  /** A full comparison has been made, so that what nobody wants may go. */
  #complete = false;
  #onTrap: (trap: Trap) => void = () => {};

  constructor(options: EbpfOptions) {
    const { host } = options;
    const names = devicesOf(options);
    this.#options = options;
    this.#slots = Object.keys(options.physicalNetworks).sort();
    host.mountBpf(options.bpfDir);
    this.#hooks = new Hooks(host);
    const mapSizes = options.flowTableSize === undefined ? {} : { flows: options.flowTableSize };
    this.#hooks.load(options.objectDir, { pinDir: pinDirOf(options), mapSizes });
    this.#maps = new Maps(host.bpf, pinDirOf(options));
    this.#tables = new Tables((name) => this.#maps.get(name));
    this.#tables.read();
    this.#numbers = this.#adoptNumbers();
    this.#sets = this.#adoptSets();
    this.#routers = this.#adoptRouters();
    this.#claims = new Claims((key, value) => this.#tables.want(key, value));
    this.#desired = new Desired(
      this.#claims,
      this.#numbers,
      {
        card: (physicalNetwork) => this.#card(physicalNetwork),
        allowsMachines: (nic) => this.#allowsMachines(nic),
      },
      { sets: this.#sets, routers: this.#routers, warn: (sentence) => options.warn?.(sentence) },
    );
    this.#announcer = new Announcer({
      send: (net, frame) => this.#tap.send(encodeWireInjection(net, frame)),
      neighbours: this.#maps.get("neighbours"),
      leases: this.#maps.get("leases"),
      onMoved: () => this.#settings.bump(),
    });
    this.#quota = quotaOf(this.#maps.get("flows").maxEntries, options.flowQuota);
    this.#aging = new FlowAging(
      {
        flows: this.#maps.get("flows"),
        counts: this.#maps.get("flow_counts"),
        aged: this.#maps.get("flow_aged"),
        fragments: this.#maps.get("fragments"),
      },
      this.#quota.quota,
      { ...FLOW_TIMEOUTS, ...options.flowTimeouts },
    );
    const vxlanIfindex = openVxlan(host.links, names.vxlan, names.vxlanPort).index;
    this.#tap = host.openTap(names.trap, { mtuBytes: TRAP_MTU_BYTES });
    const trapIfindex = this.#tap.link.index;
    const service = openService(host.links, names.service);
    this.#socketIps = service.ips;
    const mirror = openMirror(host.links, names.mirror);
    const devices = {
      vxlanIfindex,
      trapIfindex,
      serviceIfindex: service.far.index,
      mirrorIfindex: mirror.near.index,
    };
    this.#settings = new HostSettings(this.#maps.get("settings"), devices, this.#quota);
    this.explainer = new Explainer({
      host,
      objectDir: options.objectDir,
      pinDir: pinDirOf(options),
      maps: this.#maps,
      numbers: this.#numbers,
      sets: this.#sets,
      vxlanIfindex,
      networks: () => this.#desired.networks(),
      wanted: () => this.#wanted,
    });
    this.#start(devices, mirror.far.index);
  }

  #start({ vxlanIfindex, trapIfindex, serviceIfindex }: DeviceIndexes, copiesIfindex: number): void {
    try {
      this.#hooks.attach(vxlanIfindex, "overlay");
      this.#hooks.attach(trapIfindex, "trap");
      this.#hooks.attach(serviceIfindex, "service");
      this.#hooks.attach(copiesIfindex, "mirror");
    } catch (error) {
      this.close();
      throw error;
    }
    this.#tap.onFrame((frame) => this.#receive(frame));
    this.#aging.start();
  }

  #adoptNumbers(): VifNumbers {
    const { key, value } = MAPS.vifs;
    const numbers = new VifNumbers(this.#maps.get("vifs").maxEntries);
    numbers.adopt([...this.#tables.seen("vifs")].map(([k, v]) => [key.decode(k), value.decode(v)] as const));
    return numbers;
  }

  #adoptSets(): GroupSets {
    const { key, value } = MAPS.sets;
    const sets = new GroupSets(this.#maps.get("sets").maxEntries);
    sets.adopt([...this.#tables.seen("sets")].map(([k, v]) => [key.decode(k).name, value.decode(v).number] as const));
    return sets;
  }

  #adoptRouters(): Slots<RouterNumber> {
    const { key, value } = MAPS.routers;
    const slots = new Slots<RouterNumber>(this.#maps.get("routers").maxEntries);
    slots.adopt(
      [...this.#tables.seen("routers")].map(([k, v]) => [routerKey(value.decode(v).id), key.decode(k)] as const),
    );
    return slots;
  }

  #card(physicalNetwork: string): Card | undefined {
    const nic = this.#options.physicalNetworks[physicalNetwork];
    const link = nic === undefined ? undefined : this.#options.host.links.byName(nic);
    return link === undefined ? undefined : { ifindex: link.index, slot: this.#slots.indexOf(physicalNetwork) };
  }

  #allowsMachines(nic: string): boolean {
    const { machineNics, physicalNetworks } = this.#options;
    return machineNics === undefined || machineNics.includes(nic) || Object.values(physicalNetworks).includes(nic);
  }

  /** What was found at the start is known; only after that others may have written. */
  look(): boolean {
    return this.#complete && this.#tables.readSome();
  }

  apply(wanted: Wanted, change: WantedChange | undefined): { up: Set<Id>; failed: Map<Id, string> } {
    // Whoever else wrote to the maps since the last dump is corrected by the next full comparison.
    if (change === undefined && this.#complete) this.#tables.read();
    this.#complete ||= change === undefined;
    this.#wanted = wanted;
    this.#desired.update(wanted, change);
    this.#attachVifs(wanted, change?.vifs);
    this.#attachCards();
    this.#clearCounters(this.#desired.takeFresh());
    const { stale, failures, removed } = this.#tables.flush(this.#complete);
    if (stale) this.#settings.bump();
    if (this.#complete) for (const numbers of [this.#numbers, this.#sets, this.#routers]) numbers.settle();
    this.#detachCards(removed.get("uplinks") ?? []);
    this.#announcer.update(this.#desired.outside());
    const failed = new Map([
      ...this.#detached,
      ...this.#desired.failed,
      ...this.#desired.failedRouters,
      ...this.#blame(failures),
    ]);
    const up = new Set([...wanted.vifs.keys()].filter((id) => !failed.has(id)));
    return { up, failed };
  }

  #attachVifs(wanted: Wanted, changed: ReadonlySet<Id> | undefined): void {
    const again = this.#detached;
    this.#detached = new Map();
    const ids =
      changed === undefined ? [...wanted.vifs.keys(), ...this.#devices.keys()] : [...changed, ...again.keys()];
    for (const id of new Set(ids)) {
      const vif = wanted.vifs.get(id);
      const before = this.#devices.get(id);
      // The program stays on a device that no port has any more: without it the host itself would take the frames.
      if (before !== undefined && before !== vif?.device.ifindex) this.#hooks.forget(before);
      if (vif === undefined) this.#devices.delete(id);
      else if (!this.#desired.failed.has(id)) this.#attachVif(vif);
    }
  }

  #attachVif({ id, device }: WantedVif): void {
    if (device.kind === "subport") return; // the device is its parent's
    this.#devices.set(id, device.ifindex);
    if (device.kind === "physical") return; // its card is attached with all the others
    try {
      this.#hooks.attach(device.ifindex, "workload");
    } catch (error) {
      this.#detached.set(id, `cannot attach to ${device.name}: ${(error as Error).message}`);
    }
  }

  /** A card hears all frames, since those for workloads carry the workloads' addresses. */
  #attachCards(): void {
    for (const ifindex of this.#desired.cards()) {
      if (this.#hooks.with("uplink").includes(ifindex)) continue;
      try {
        this.#hooks.attach(ifindex, "uplink");
        this.#options.host.links.set(ifindex, { promiscuous: true });
      } catch (error) {
        this.#options.warn?.(`cannot attach to the card with index ${ifindex}: ${(error as Error).message}`);
      }
    }
  }

  #detachCards(removedUplinks: readonly string[]): void {
    if (!this.#complete) return;
    const wanted = this.#desired.cards();
    const former = removedUplinks.map((key) => MAPS.uplinks.key.decode(keyBytes(key)).ifindex);
    for (const ifindex of new Set([...this.#hooks.with("uplink"), ...former])) {
      if (!wanted.has(ifindex)) releaseCard(this.#options, this.#hooks, ifindex);
    }
  }

  /** A number that is used again starts from zero. */
  #clearCounters(numbers: readonly VifNumber[]): void {
    const stats = this.#maps.get("stats");
    for (const number of numbers) {
      const key = MAPS.stats.key.encode(number);
      const old = stats.lookup(key);
      if (old !== undefined) stats.update(key, Buffer.alloc(old.length));
    }
  }

  #blame(failures: readonly WriteFailure[]): Map<Id, string> {
    const failed = new Map<Id, string>();
    for (const { key, reason } of failures) {
      const owner = this.#claims.ownerOf(key) ?? "";
      const id = this.#desired.vifOf(owner);
      if (id !== undefined) failed.set(id, reason);
      else if (owner.startsWith("router:")) failed.set(owner.slice("router:".length), reason);
      else this.#options.warn?.(`${owner} is not reachable: ${reason}`);
    }
    return failed;
  }

  #receive(frame: Buffer): void {
    const trap = decodeTrap(frame);
    const vifId = trap === undefined ? undefined : this.#numbers.idOf(trap.vif);
    if (trap !== undefined && vifId !== undefined) this.#onTrap({ vifId, reason: trap.reason, frame: trap.frame });
  }

  sockets(): ServiceSockets {
    const at = (port: number) => this.#socketIps.map((ip) => ({ ip, port }));
    return {
      metadata: at(SERVICE_METADATA_PORT),
      dns: at(SERVICE_DNS_PORT),
      clientOf: (address) => this.#numbers.idOf(clientNumber(address)),
    };
  }

  onTrap(handler: (trap: Trap) => void): void {
    this.#onTrap = handler;
  }

  inject(vifId: Id, frame: Uint8Array): void {
    const number = this.#numbers.of(vifId);
    if (number !== undefined) this.#tap.send(encodeInjection(number, frame));
  }

  counters(vifId: Id): VifCounters | undefined {
    const number = this.#numbers.of(vifId);
    const counters = number === undefined ? undefined : this.#count(number);
    return counters && { ...counters, flows: BigInt(this.#aging.entriesOf(number as VifNumber)) };
  }

  hostDrops(): Record<string, bigint> {
    return this.#count(HOST_SLOT)?.drops ?? {};
  }

  #count(number: VifNumber): VifCounters | undefined {
    const perCpu = this.#maps.get("stats").lookup(MAPS.stats.key.encode(number));
    return perCpu === undefined ? undefined : sumCounters(perCpu);
  }

  flowTable(): { entries: number; size: number; quota: number } {
    return { entries: this.#aging.entries, quota: this.#quota.quota, size: this.#maps.get("flows").maxEntries };
  }

  dump(): string[] {
    const { links, bpf } = this.#options.host;
    const attached = links.list().filter(({ index }) => bpf.attachedIngress(index) !== undefined);
    const lines = [...this.#tables.dump()].map(([map, key, value]) => entryText(map, key, value));
    return [this.#settings.dump(), ...attached.map(({ name }) => `attached ${name}`), ...lines].sort();
  }

  close(): void {
    this.#aging.stop();
    this.#announcer.leave();
    this.#tap.close();
    this.#hooks.close();
    this.explainer.close();
    this.#maps.close();
  }
}

/** A card that is gone needs nothing. */
function releaseCard({ host, warn }: EbpfOptions, hooks: Hooks, ifindex: number): void {
  try {
    hooks.detach(ifindex);
    host.links.set(ifindex, { promiscuous: false });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (error.code !== "ENODEV") warn?.(`cannot release the card with index ${ifindex}: ${error.message}`);
  }
}
