/** The flag --quota: how many resources a project may have that has no limits of its own. */
import { InvalidArgumentError } from "commander";
import { DEFAULT_QUOTAS, isQuotaResource, QUOTA_RESOURCES, type QuotaLimits, UNLIMITED } from "../api/mod.ts";

/** `port=1000`, or `all=-1`; a later one adds to `before`. @throws InvalidArgumentError */
export function quotaFlag(text: string, before: QuotaLimits = DEFAULT_QUOTAS): QuotaLimits {
  const [name = "", number = ""] = text.split("=", 2);
  const limit = /^-?\d+$/.test(number) ? Number(number) : Number.NaN;
  if (!(limit >= UNLIMITED)) throw new InvalidArgumentError("say RESOURCE=NUMBER, as port=1000; -1 is no limit.");
  if (name === "all") return Object.fromEntries(QUOTA_RESOURCES.map((each) => [each, limit])) as QuotaLimits;
  if (isQuotaResource(name)) return { ...before, [name]: limit };
  throw new InvalidArgumentError(`there is no quota of "${name}"; there are: all, ${QUOTA_RESOURCES.join(", ")}.`);
}
