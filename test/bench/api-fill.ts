/** Networks full of ports to list: made over the API, or copied in Neutron's database, where the API would take an hour. */
import { load, type Task } from "./api-load.ts";
import type { ApiServer } from "./api-server.ts";

/** Ports to be listed, all of one network. */
export interface Ports {
  networkId: string;
  subnetId: string;
  ids: string[];
  size: number;
}

const BULK = 100;

export async function fillOverApi(server: ApiServer, ports: Ports): Promise<void> {
  const port = { network_id: ports.networkId, name: "listed" };
  const tasks: Task[] = Array.from({ length: ports.size / BULK }, () => [
    { method: "POST", path: "/v2.0/ports", token: server.member, body: { ports: Array(BULK).fill(port) } },
  ]);
  const { outcomes } = await load(server.port, tasks, { clients: 4, seconds: 600 });
  for (const { replies } of outcomes) {
    if (replies[0]?.status !== 201) throw new Error(`filling failed: ${replies[0]?.status} ${replies[0]?.body}`);
    for (const { id } of JSON.parse(replies[0].body).ports) ports.ids.push(id);
  }
}

/**
 * One port over the API, the others as copies of all its rows, with ids, MACs and addresses of their own. What the
 * server then reads and answers differs in nothing from ports that were all created.
 */
export async function fillBySql(
  server: ApiServer,
  ports: Ports,
  sql: (text: string) => Promise<string>,
): Promise<void> {
  const body = { port: { network_id: ports.networkId, name: "listed" } };
  const { port } = (await server.call("POST", "/v2.0/ports", server.member, body)) as { port: { id: string } };
  const base = Number(await sql("select max(id) from standardattributes")) + 1;
  await sql(`
    create or replace table bench_copies as
      select seq, uuid() as id, ${base} + seq as attribute,
        concat('fa:16:3e:', insert(insert(lpad(hex(${base} + seq), 6, '0'), 3, 0, ':'), 6, 0, ':')) as mac,
        concat('172.', substring_index(substring_index(s.cidr, '.', 2), '.', -1), '.', 16 + (seq >> 8), '.', seq & 255) as ip
      from seq_1_to_${ports.size - 1}, (select cidr from subnets where id = '${ports.subnetId}') s;
    alter table bench_copies add primary key (id);
    insert into standardattributes (id, resource_type, created_at, updated_at, description, revision_number)
      select c.attribute, a.resource_type, a.created_at, a.updated_at, a.description, a.revision_number
      from bench_copies c, standardattributes a join ports p on p.standard_attr_id = a.id where p.id = '${port.id}';
    ${await copies("ports", "id", port.id, { id: "c.id", mac_address: "lower(c.mac)", standard_attr_id: "c.attribute" }, sql)}
    insert into ipamallocations (ip_address, status, ipam_subnet_id)
      select c.ip, 'ALLOCATED', i.id from bench_copies c, ipamsubnets i where i.neutron_subnet_id = '${ports.subnetId}'`);
  const named = "select table_name from information_schema.columns where table_schema = 'neutron'";
  for (const table of (await sql(`${named} and column_name = 'port_id'`)).split("\n")) {
    if (table === "" || (await sql(`select count(*) from ${table} where port_id = '${port.id}'`)).trim() === "0")
      continue;
    await sql(await copies(table, "port_id", port.id, { port_id: "c.id", ip_address: "c.ip" }, sql));
  }
  ports.ids.push(port.id, ...(await sql("select id from bench_copies")).trim().split("\n"));
}

/** The statement that copies a table's rows of one port for every copy; `own` tells what differs. */
async function copies(
  table: string,
  key: string,
  portId: string,
  own: Record<string, string>,
  sql: (text: string) => Promise<string>,
): Promise<string> {
  const where = `table_schema = 'neutron' and table_name = '${table}'`;
  const text = await sql(`select column_name from information_schema.columns where ${where} order by ordinal_position`);
  const columns = text.trim().split("\n");
  const values = columns.map((column) => own[column] ?? `t.\`${column}\``);
  const names = columns.map((column) => `\`${column}\``);
  return `insert into ${table} (${names}) select ${values} from bench_copies c, ${table} t where t.${key} = '${portId}';`;
}
