/**
 * Which worker runs which of Tempest's tests. Tempest's client sleeps ten seconds before each deletion of a subnet
 * (tempest/lib/services/network/subnets_client.py), and its classes delete theirs once more at their end, so the run
 * takes as long as the worker that sleeps most; the longest test alone sleeps 160 seconds.
 */

const DHCP = "tempest.api.network.test_dhcp_ipv6.NetworksTestDHCPv6";
/** To be begun before all others, each by a worker of its own. */
export const LONGEST: readonly string[] = [`${DHCP}.test_dhcpv6_64_subnets`, `${DHCP}.test_dhcpv6_two_subnets`];

/** Deletions of subnets, for each class that has some. */
const DELETIONS: Readonly<Record<string, number>> = {
  AllowedAddressPairIpV6TestJSON: 1,
  AllowedAddressPairTestJSON: 1,
  BulkNetworkOpsIpV6Test: 2,
  BulkNetworkOpsTest: 2,
  DHCPAgentSchedulersTestJSON: 1,
  ExternalNetworksTestJSON: 1,
  ExtraDHCPOptionsIpV6TestJSON: 1,
  ExtraDHCPOptionsTestJSON: 1,
  FloatingIPAdminTestJSON: 1,
  FloatingIPNegativeTestJSON: 1,
  FloatingIPTestJSON: 3,
  NetworksIpV6TestAttrs: 8,
  RoutersAdminTest: 2,
  RoutersIpV6AdminTest: 2,
  RoutersIpV6Test: 9,
  RoutersNegativeIpV6Test: 4,
  RoutersNegativeTest: 4,
  RoutersTest: 9,
};

/** Of classes that delete so many that their tests are spread: deletions for each test, unless it is named. */
const SPREAD: Readonly<Record<string, number | Readonly<Record<string, number>>>> = {
  NetworksIpV6Test: 1,
  NetworksTest: 1,
  NetworksTestDHCPv6: {
    test_dhcp_stateful: 6,
    test_dhcp_stateful_fixedips: 6,
    test_dhcp_stateful_fixedips_duplicate: 2,
    test_dhcp_stateful_fixedips_outrange: 2,
    test_dhcp_stateful_router: 4,
    test_dhcpv6_invalid_options: 2,
    test_dhcpv6_stateless_eui64: 4,
    test_dhcpv6_stateless_no_ra: 4,
    test_dhcpv6_stateless_no_ra_no_dhcp: 2,
  },
  PortsIpV6TestJSON: 2,
  PortsTestJSON: 2,
};

const SLEEP_SECONDS = 10;
/** What a class's projects and users take, and a test's own requests: enough to spread what does not sleep. */
const CLASS_SECONDS = 2;
const TEST_SECONDS = 0.3;

interface Job {
  tests: string[];
  seconds: number;
}

/** The longest first, each to the worker that has least to do. Returns each worker's tests. */
export function spread(names: readonly string[], workers: number): string[][] {
  const loads: Job[] = Array.from({ length: workers }, () => ({ tests: [], seconds: 0 }));
  for (const job of jobs(names).sort((a, b) => b.seconds - a.seconds)) {
    const load = loads.reduce((least, each) => (each.seconds < least.seconds ? each : least));
    load.tests.push(...job.tests);
    load.seconds += job.seconds;
  }
  return loads.map((load) => load.tests).filter((tests) => tests.length > 0);
}

/** Tests of a class are one job, since they share what their class sets up, but for those of classes to be spread. */
function jobs(names: readonly string[]): Job[] {
  const found = new Map<string, Job>();
  for (const name of names) {
    const [test = "", className = ""] = name.split(".").reverse();
    const each = SPREAD[className];
    const key = each === undefined ? name.slice(0, -test.length) : name;
    const job = found.get(key) ?? { tests: [], seconds: CLASS_SECONDS };
    found.set(key, job);
    if (job.tests.length === 0) job.seconds += SLEEP_SECONDS * (DELETIONS[className] ?? 0);
    job.tests.push(name);
    job.seconds += TEST_SECONDS + SLEEP_SECONDS * (typeof each === "number" ? each : (each?.[test] ?? 0));
  }
  return [...found.values()];
}
