/** The eBPF driver, as root, between namespaces: over an IPv4 underlay and over an IPv6 one. */
import { before } from "node:test";
import { datapathContract, reachContract, type WithLab } from "../../datapath/datapath.contract.ts";
import { buildBpf } from "../../tools/build-bpf.ts";
import { withLab } from "./datapath-lab.ts";

before(() => {
  buildBpf();
});

let count = 0;
const prefix = () => `cb2d${process.pid}-${count++}`;

const overIp4: WithLab = (work) => withLab({ prefix: prefix(), tunnels: ["198.18.80.1", "198.18.80.2"] }, work);
const overIp6: WithLab = (work) => withLab({ prefix: prefix(), tunnels: ["fd80::1", "fd80::2"] }, work);

reachContract("ebpf over IPv4", overIp4);
reachContract("ebpf over IPv6", overIp6);
datapathContract("ebpf", overIp4);
