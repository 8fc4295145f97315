/**
 * The real Neutron as the server under test, if Debian's packages are there: ML2 over MariaDB with Neutron's usual
 * service plugins, two API workers, no agents and so no message broker. Everything lies under one directory.
 */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../kit/etcd.ts";
import type { Keystone } from "../kit/keystone.ts";
import { start, until } from "../kit/process.ts";
import { must } from "../kit/run.ts";
import { type ApiServer, caller, type Tokens } from "./api-server.ts";
import { family } from "./api-usage.ts";

const NEEDED = [
  "/usr/bin/neutron-server",
  "/usr/sbin/mariadbd",
  "/usr/share/neutron-common/api-paste.ini",
  "/usr/lib/python3/dist-packages/neutron/plugins/ml2/plugin.py",
  "/usr/lib/python3/dist-packages/pymysql/__init__.py",
];
/** Debian's own Python, whatever else is installed. */
const ENV = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", PYTHONPATH: "", PYTHONHOME: "" };
const PASSWORD = "secret-of-the-bench";

export interface NeutronServer extends ApiServer {
  sql(text: string): Promise<string>;
}

/** What Debian would have to install for it; empty when it is all there. */
export function missingForNeutron(): string[] {
  return NEEDED.filter((file) => !existsSync(file));
}

interface Database {
  url: string;
  pid: number;
  sql(text: string): Promise<string>;
  stop(): Promise<void>;
}

async function startDatabase(directory: string): Promise<Database> {
  const data = join(directory, "mysql");
  const port = await freePort();
  const socket = join(directory, "db.sock");
  await mkdir(data);
  const auth = ["--auth-root-authentication-method=normal", "--skip-test-db"];
  await must(["mariadb-install-db", "--no-defaults", "--user=root", `--datadir=${data}`, ...auth], { env: ENV });
  const running = start({
    name: "mariadb",
    command: [
      ...["mariadbd", "--no-defaults", "--user=root", `--datadir=${data}`, `--socket=${socket}`],
      ...[`--pid-file=${join(directory, "db.pid")}`, "--bind-address=127.0.0.1", `--port=${port}`],
      ...["--max-connections=1000", "--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=1"],
      ...["--skip-log-bin", "--character-set-server=utf8mb3", "--skip-name-resolve"],
    ],
    logFile: join(directory, "mariadb.log"),
    env: ENV,
  });
  const sql = (text: string, database = "neutron") =>
    must(["mariadb", "--no-defaults", "-S", socket, "-u", "root", "-N", database], { input: text, env: ENV });
  const isUp = async () => ((await sql("select 1", "mysql")) ? true : undefined);
  await until("MariaDB", isUp, { process: running, timeoutMs: 60_000 });
  await sql(
    `create database neutron character set utf8; create user neutron@127.0.0.1 identified by '${PASSWORD}';
     grant all on neutron.* to neutron@127.0.0.1`,
    "mysql",
  );
  const url = `mysql+pymysql://neutron:${PASSWORD}@127.0.0.1:${port}/neutron?charset=utf8`;
  return { url, pid: running.pid, sql, stop: () => running.stop() };
}

export async function startNeutron(
  directory: string,
  keystone: Keystone,
  tokens: Tokens,
  log: (line: string) => void,
): Promise<NeutronServer> {
  const database = await startDatabase(directory);
  try {
    const port = await freePort();
    const files = await writeConfig(directory, port, database.url, keystone);
    const config = files.flatMap((file) => ["--config-file", file]);
    log("making Neutron's database");
    await must(["neutron-db-manage", ...config, "upgrade", "heads"], { env: ENV });
    const began = performance.now();
    const logFile = join(directory, "neutron.log");
    const running = start({ name: "neutron-server", command: ["neutron-server", ...config], logFile, env: ENV });
    const call = caller(port);
    const isUp = async () => ((await call("GET", "/v2.0/ports?limit=1", tokens.member)) ? true : undefined);
    await until("Neutron's first answer", isUp, { process: running, timeoutMs: 120_000 });
    return {
      name: "Neutron",
      port,
      ...tokens,
      startSeconds: (performance.now() - began) / 1000,
      call,
      sql: database.sql,
      processes: () => ({ neutron: family(running.pid), mariadb: [database.pid] }),
      stop: async () => {
        await running.stop();
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function writeConfig(directory: string, port: number, database: string, keystone: Keystone): Promise<string[]> {
  const state = join(directory, "state");
  await mkdir(join(state, "lock"), { recursive: true });
  const server = [
    ...["[DEFAULT]", "bind_host = 127.0.0.1", `bind_port = ${port}`, `state_path = ${state}`],
    ...["api_paste_config = /usr/share/neutron-common/api-paste.ini", "auth_strategy = keystone", "core_plugin = ml2"],
    "service_plugins = router,qos,trunk,port_forwarding,segments,metering,conntrack_helper,log,local_ip,ndp_proxy",
    ...["api_workers = 2", "rpc_workers = 1", "transport_url = fake://", "rpc_response_timeout = 3"],
    ...["notify_nova_on_port_status_changes = false", "notify_nova_on_port_data_changes = false"],
    ...["[database]", `connection = ${database}`, "max_pool_size = 20"],
    ...["[keystone_authtoken]", `www_authenticate_uri = ${keystone.authUrl}`, `auth_url = ${keystone.authUrl}`],
    ...["auth_type = password", "username = cable", `password = ${keystone.password}`, "project_name = service"],
    ...["user_domain_name = Default", "project_domain_name = Default"],
    ...["[oslo_concurrency]", `lock_path = ${join(state, "lock")}`],
    ...["[oslo_messaging_notifications]", "driver = noop"],
  ];
  const ml2 = [
    ...["[ml2]", "type_drivers = local,flat,vlan,gre,vxlan,geneve", "tenant_network_types = vxlan"],
    "mechanism_drivers = openvswitch,l2population",
    "extension_drivers = port_security,qos,dns_domain_ports,data_plane_status,uplink_status_propagation",
    ...["[ml2_type_flat]", "flat_networks = public", "[ml2_type_vxlan]", "vni_ranges = 1:100000"],
    ...["[securitygroup]", "enable_security_group = true"],
  ];
  const files = [join(directory, "neutron.conf"), join(directory, "ml2_conf.ini")] as const;
  await writeFile(files[0], `${server.join("\n")}\n`);
  await writeFile(files[1], `${ml2.join("\n")}\n`);
  return [...files];
}
