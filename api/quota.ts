/** The resources whose number in a project is limited (neutron/conf/quota.py and what each plugin registers). */
export const QUOTA_RESOURCES = [
  "network",
  "subnet",
  "subnetpool",
  "port",
  "router",
  "floatingip",
  "security_group",
  "security_group_rule",
  "rbac_policy",
  "trunk",
] as const;
export type QuotaResource = (typeof QUOTA_RESOURCES)[number];

export const isQuotaResource = (name: string): name is QuotaResource =>
  (QUOTA_RESOURCES as readonly string[]).includes(name);

/** A limit that is none. */
export const UNLIMITED = -1;

/** How many of each a project may have. */
export type QuotaLimits = Readonly<Record<QuotaResource, number>>;

/** Neutron's own (neutron/conf/quota.py). */
export const DEFAULT_QUOTAS: QuotaLimits = {
  network: 100,
  subnet: 100,
  subnetpool: UNLIMITED,
  port: 500,
  router: 10,
  floatingip: 50,
  security_group: 10,
  security_group_rule: 100,
  rbac_policy: 10,
  trunk: UNLIMITED,
};
