/** Metering, flavors, logs and mirrors, as the door serves them. */
import { type Method, type Resource, resource } from "./resource.ts";
import { FLAVOR, FLAVOR_SERVICE_PROFILE, NEXT_PROVIDER, SERVICE_PROFILE, SERVICE_PROVIDER } from "./tables/flavor.ts";
import { LOG, LOGGABLE_RESOURCE } from "./tables/log.ts";
import { METERING_LABEL, METERING_LABEL_RULE } from "./tables/metering.ts";
import { TAP_FLOW, TAP_MIRROR, TAP_SERVICE } from "./tables/tap.ts";

/** Neutron has no way to change one of these: its PUT fails. */
const FIXED: readonly Method[] = ["list", "show", "create", "delete"];

const OF_FLAVOR = { kind: "flavor", name: "flavor", path: "flavors", field: "flavor_id" } as const;

export const SERVICE_RESOURCES: readonly Resource[] = [
  resource({
    kind: "metering_label",
    path: "metering/metering-labels",
    attributes: METERING_LABEL,
    methods: FIXED,
  }),
  resource({
    kind: "metering_label_rule",
    path: "metering/metering-label-rules",
    attributes: METERING_LABEL_RULE,
    methods: FIXED,
  }),
  resource({ kind: "flavor", attributes: FLAVOR, hasBulk: false }),
  resource({ kind: "service_profile", path: "service_profiles", attributes: SERVICE_PROFILE, hasBulk: false }),
  resource({
    kind: "flavor_service_profile",
    name: "service_profile",
    path: "service_profiles",
    parent: OF_FLAVOR,
    attributes: FLAVOR_SERVICE_PROFILE,
    methods: FIXED,
  }),
  resource({
    kind: "next_provider",
    path: "next_providers",
    parent: OF_FLAVOR,
    attributes: NEXT_PROVIDER,
    methods: ["list"],
  }),
  resource({ kind: "service_provider", attributes: SERVICE_PROVIDER, methods: ["list"] }),
  resource({ kind: "log", path: "log/logs", attributes: LOG }),
  resource({
    kind: "loggable_resource",
    path: "log/loggable-resources",
    attributes: LOGGABLE_RESOURCE,
    methods: ["list"],
  }),
  resource({ kind: "tap_service", path: "taas/tap_services", attributes: TAP_SERVICE }),
  resource({ kind: "tap_flow", path: "taas/tap_flows", attributes: TAP_FLOW }),
  resource({ kind: "tap_mirror", path: "taas/tap_mirrors", attributes: TAP_MIRROR, hasBulk: false }),
];
