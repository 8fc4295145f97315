/**
 * Flavors of services, the profiles they choose between, and the providers these name. What a router of a flavor is made
 * of is one and the same here; flavors say who may have it under which name.
 * Invariant: a flavor names only profiles that are there, and neither goes while it is used.
 */
export { bindingPlan, nextProviderPlan } from "./binding.ts";
export { flavorPlan, useFlavor } from "./flavor.ts";
export { profilePlan } from "./profile.ts";
export { providerPlan } from "./providers.ts";
