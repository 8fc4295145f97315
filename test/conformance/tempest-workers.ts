/**
 * Which worker runs which of Tempest's tests. Tempest's client sleeps ten seconds before each deletion of a subnet
 * (tempest/lib/services/network/subnets_client.py), and its classes delete theirs once more at their end, so the run
 * takes as long as the worker that sleeps most; the longest test alone sleeps 160 seconds.
 */
const DHCP = "tempest.api.network.test_dhcp_ipv6.NetworksTestDHCPv6";
/** To be begun before all others, each by a worker of its own. */
export const LONGEST: readonly string[] = [`${DHCP}.test_dhcpv6_64_subnets`, `${DHCP}.test_dhcpv6_two_subnets`];

/** How often subnets are deleted: by what a class sets up, and by single tests (the first pattern that fits). */
interface Deletions {
  byClass?: number;
  byTest?: readonly (readonly [test: RegExp, count: number])[];
}

const NETWORKS: Deletions = {
  byClass: 1,
  byTest: [
    [/no_gw64/, 2],
    [/_(create|update|delete)_.*subnet/, 1],
  ],
};
const PORTS: Deletions = {
  byTest: [
    [/second_ip$/, 4],
    [/update_port_with_.*security_group/, 3],
    [/in_allowed_allocation_pools|no_securitygroups|filter_by_ip|filter_by_router_id/, 2],
  ],
};

const ROUTERS: Deletions = {
  byTest: [
    [/extra_route$/, 8],
    [/add_multiple_router_interfaces$/, 4],
    [/router_interface_/, 2],
  ],
};

/** Of classes with tests of their own account, those tests may run anywhere; of others, all run in one worker. */
const DELETIONS: Readonly<Record<string, Deletions>> = {
  AllowedAddressPairIpV6TestJSON: { byClass: 1 },
  AllowedAddressPairTestJSON: { byClass: 1 },
  BulkNetworkOpsIpV6Test: { byClass: 2 },
  BulkNetworkOpsTest: { byClass: 2 },
  DHCPAgentSchedulersTestJSON: { byClass: 1 },
  ExternalNetworksTestJSON: { byClass: 1 },
  ExtraDHCPOptionsIpV6TestJSON: { byClass: 1 },
  ExtraDHCPOptionsTestJSON: { byClass: 1 },
  FloatingIPAdminTestJSON: { byClass: 1 },
  FloatingIPNegativeTestJSON: { byClass: 1 },
  FloatingIPTestJSON: { byClass: 3 },
  NetworksIpV6Test: NETWORKS,
  NetworksIpV6TestAttrs: { byClass: 8 },
  NetworksNegativeTestJSON: { byClass: 1 },
  NetworksTest: NETWORKS,
  NetworksTestDHCPv6: {
    byTest: [
      [/stateful$|stateful_fixedips$/, 6],
      [/stateful_router$|stateless_eui64$|stateless_no_ra$/, 4],
      [/./, 2],
    ],
  },
  PortsIpV6TestJSON: PORTS,
  PortsTestJSON: PORTS,
  RoutersAdminTest: { byClass: 2 },
  RoutersIpV6AdminTest: { byClass: 2 },
  RoutersIpV6Test: ROUTERS,
  RoutersNegativeIpV6Test: { byClass: 4 },
  RoutersNegativeTest: { byClass: 4 },
  RoutersTest: ROUTERS,
  TagsExtTest: { byClass: 1 },
};

const SLEEP_SECONDS = 10;
/** What a class's projects and users take, and a test's own requests: enough to spread what does not sleep. */
const CLASS_SECONDS = 2;
const TEST_SECONDS = 0.3;

interface Job {
  className: string;
  tests: string[];
  seconds: number;
}

interface Load extends Omit<Job, "className"> {
  /** Whose set-up this worker pays for already. */
  classes: Set<string>;
}

/** The longest first, each to the worker that is then done first. Returns each worker's tests. */
export function spread(names: readonly string[], workers: number): string[][] {
  const loads: Load[] = Array.from({ length: workers }, () => ({ tests: [], seconds: 0, classes: new Set() }));
  for (const job of jobs(names).sort((a, b) => after(b) - after(a))) {
    const load = loads.reduce((best, each) => (after(job, each) < after(job, best) ? each : best));
    load.seconds = after(job, load);
    load.classes.add(job.className);
    load.tests.push(...job.tests);
  }
  return loads.map((load) => load.tests).filter((tests) => tests.length > 0);
}

/** When a worker is done that takes the job on, too. */
function after(job: Job, load?: Load): number {
  const setUp = CLASS_SECONDS + SLEEP_SECONDS * (DELETIONS[job.className]?.byClass ?? 0);
  return (load?.seconds ?? 0) + job.seconds + (load?.classes.has(job.className) ? 0 : setUp);
}

function jobs(names: readonly string[]): Job[] {
  const found = new Map<string, Job>();
  for (const name of names) {
    const [test = "", className = ""] = name.split(".").reverse();
    const count = DELETIONS[className]?.byTest?.find(([pattern]) => pattern.test(test))?.[1] ?? 0;
    const key = count === 0 ? name.slice(0, -test.length) : name;
    const job = found.get(key) ?? { className, tests: [], seconds: 0 };
    found.set(key, job);
    job.tests.push(name);
    job.seconds += TEST_SECONDS + SLEEP_SECONDS * count;
  }
  return [...found.values()];
}
