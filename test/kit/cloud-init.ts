/**
 * Debian's cloud-init in a guest that is a namespace: on a copy of this machine's file system that lasts as long as it
 * runs (an overlay), so that what it writes, and its own package, leave no trace.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inNetns } from "./netns.ts";
import { BUILD } from "./place.ts";
import { must, type Outcome, run } from "./run.ts";

const ARCHIVES = join(BUILD, "cloud-init");
const DONE = join(ARCHIVES, "done");

/** Gets the package and what it needs; throws when the network or the package is not there. */
export async function getCloudInit(): Promise<void> {
  await mkdir(join(ARCHIVES, "partial"), { recursive: true });
  if ((await readdir(ARCHIVES)).includes("done")) return;
  const to = ["-o", `Dir::Cache::archives=${ARCHIVES}`, "-o", "APT::Sandbox::User=root"];
  const get = [
    "apt-get",
    "install",
    "--download-only",
    "-qy",
    "--no-install-recommends",
    "--reinstall",
    ...to,
    "cloud-init",
  ];
  if ((await run(get)).code !== 0) {
    await must(["apt-get", "-q", "update"]);
    await must(get);
  }
  await writeFile(DONE, "");
}

/** What of cloud-init is run: nothing that would touch disks, users or the host's name outside of what it may. */
const CONFIG = (datasource: string) => `datasource_list: [${datasource}]
datasource:
  OpenStack: {max_wait: 20, timeout: 5, retries: 2, metadata_urls: ["URL"]}
  Ec2: {max_wait: 20, timeout: 5, strict_id: false, metadata_urls: ["URL"]}
disable_root: true
cloud_init_modules: [write-files]
cloud_config_modules: []
cloud_final_modules: [scripts-user]
system_info: {distro: debian, paths: {cloud_dir: /var/lib/cloud, run_dir: /run/cloud-init}}
`;

/** In the guest's namespaces. Each run has its own lines "CONFIG STEPS" in base64; its output begins with "== CODE". */
const SCRIPT = `set -e
top=/mnt && mount -t tmpfs none "$top" && mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/upper,workdir=$top/work" "$top/root"
root=$top/root
mkdir -p "$root/debs" && cp "$ARCHIVES"/*.deb "$root/debs/"
for each in proc:proc sys:sysfs run:tmpfs tmp:tmpfs dev:tmpfs; do mount -t "\${each#*:}" none "$root/\${each%:*}"; done
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
  IFS=: read -r name major minor <<EOF
$node
EOF
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
ln -s /proc/self/fd "$root/dev/fd"
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" sh -ec 'DEBIAN_FRONTEND=noninteractive dpkg --force-confnew -i /debs/*.deb' >"$top/dpkg.log" 2>&1 || { tail -20 "$top/dpkg.log" >&2; exit 1; }
rm -rf "$root"/etc/cloud/cloud.cfg.d/*
printf '%s\\n' "$RUNS" | while read -r config steps; do
  rm -rf "$root"/var/lib/cloud "$root"/run/cloud-init
  ip -4 addr flush dev eth0
  printf '%s' "$config" | base64 -d >"$root/etc/cloud/cloud.cfg"
  printf '%s' "$steps" | base64 -d >"$root/steps"
  code=0
  timeout -k 1 40 chroot "$root" sh -e /steps </dev/null >"$top/output" 2>&1 || code=$?
  echo "== $code"
  cat "$top/output"
done
`;

export interface CloudInit {
  datasource: "OpenStack" | "Ec2";
  /** Where it asks for metadata. */
  url: string;
  /** Shell commands on its file system. */
  steps: string;
}

/** Runs it, once for each, in a namespace whose `eth0` is a guest's; each run starts anew and has 40 s. */
export async function runCloudInit(netns: string, runs: readonly CloudInit[]): Promise<Outcome[]> {
  const words = ({ datasource, url, steps }: CloudInit) =>
    [CONFIG(datasource).replaceAll("URL", url), steps].map((text) => Buffer.from(text).toString("base64")).join(" ");
  // It takes the machine for Nova's by process 1, as that of a container that Nova started.
  const namespaces = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const env = { ARCHIVES, RUNS: runs.map(words).join("\n"), product_name: "OpenStack Nova" };
  const timeoutMs = 60_000 + runs.length * 42_000;
  const stdout = await must(inNetns(netns, [...namespaces, "sh", "-c", SCRIPT]), { env, timeoutMs });
  return stdout
    .split(/^== (?=\d+$)/m)
    .slice(1)
    .map((text) => ({ code: Number.parseInt(text, 10), stdout: text.slice(text.indexOf("\n") + 1), stderr: "" }));
}
