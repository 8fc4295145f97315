/** Debian's portmap after this plugin in a chain: it takes our result in every version that it knows, and hands it on whole. */
import { deepEqual, equal, match } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { CNI_VERSIONS, planWiring, resultBody } from "../../agent/cni/mod.ts";
import { aNetwork, aPort, aSubnet } from "../../agent/fake/mod.ts";
import type { Mac } from "../../model/mod.ts";

const PLUGINS = "/usr/lib/cni";
const isLacking = !existsSync(`${PLUGINS}/portmap`) && "Debian's containernetworking-plugins is not installed";

/** In a network namespace of its own: the plugin's output, then the rules that it made. */
function portmap(config: object): { result: object; rules: string } {
  const script = `"$CNI_PATH/portmap" && echo && echo @@ && iptables -t nat -S`;
  const { status, stdout, stderr } = spawnSync("unshare", ["-n", "sh", "-c", script], {
    input: JSON.stringify(config),
    encoding: "utf8",
    env: {
      ...process.env,
      ...{
        CNI_COMMAND: "ADD",
        CNI_CONTAINERID: "c1",
        CNI_NETNS: "/proc/self/ns/net",
        CNI_IFNAME: "eth0",
        CNI_PATH: PLUGINS,
      },
    },
  });
  equal(status, 0, stdout + stderr);
  const [result = "", rules = ""] = stdout.split("@@");
  return { result: JSON.parse(result), rules };
}

describe("portmap maps a host port to the address of our result in version", { skip: isLacking }, () => {
  const network = aNetwork(1, { subnets: [aSubnet(1, "10.0.1.0/24")] });
  const place = {
    device: "cab012345678901",
    deviceMac: "02:00:00:00:00:01" as Mac,
    ifname: "eth0",
    netns: "/run/netns/a",
  };
  // Debian's is of 2022.
  for (const version of CNI_VERSIONS.filter((one) => one !== "1.1.0"))
    test(version, () => {
      const own = resultBody(version, planWiring(aPort(5, 1), network), place);
      const runtimeConfig = { portMappings: [{ hostPort: 18080, containerPort: 80, protocol: "tcp" }] };
      const config = {
        cniVersion: version,
        name: "cable",
        type: "portmap",
        snat: true,
        runtimeConfig,
        prevResult: own,
      };
      const { result, rules } = portmap(config);
      // Its Go types leave out what is empty.
      deepEqual(result, JSON.parse(JSON.stringify(own).replace(',"sandbox":""', "")));
      match(rules, /--dport 18080 .*--to-destination 10\.0\.1\.5:80/);
    });
});
