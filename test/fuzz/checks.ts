/** What every answer must be, whoever asked for what. */
import assert from "node:assert/strict";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Route } from "../../proxy/neutron/route.ts";
import { type FuzzRequest, SCHEMAS } from "./requests.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: looked into by name
  readonly body: any;
}

/** What cannot be had just now, by Neutron's own account: no more VLANs, a profile out of use. An answer, and no failure. */
const SCARCE = new Set(["NoNetworkAvailable", "ServiceProfileDisabled", "FlavorDisabled"]);

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
ajv.addSchema({ $id: "api", components: { schemas: SCHEMAS } });
const compiled = new Map<Route, ValidateFunction>();

function validatorOf(route: Route): ValidateFunction {
  const known = compiled.get(route);
  if (known) return known;
  const schemas = JSON.parse(JSON.stringify(route.form?.answer ?? []).replaceAll('"#/components', '"api#/components'));
  const validate = ajv.compile({ anyOf: schemas });
  compiled.set(route, validate);
  return validate;
}

/** Its form: of a success as the API's description says, of an error as Neutron's are. */
export function checkForm({ route, method, isExact }: FuzzRequest, { status, text, body }: Answer): void {
  // What Neutron has not either is said so.
  const isDone = status < 500 || status === 501;
  if (!isDone) assert.ok(status === 503 && SCARCE.has(body?.NeutronError?.type), `a failure: ${status} ${text}`);
  if (method === "HEAD") return;
  if (status >= 400) {
    const { NeutronError: error } = body ?? {};
    assert.deepEqual(
      Object.keys(error ?? {}),
      ["type", "message", "detail"],
      `not Neutron's form of an error: ${text}`,
    );
    const isGood = error.type && error.message && !/undefined|\[object|NaN/.test(error.message);
    assert.ok(isGood, `the message is not as Neutron's: ${text}`);
    return;
  }
  if (method !== route.method || !isExact) return;
  assert.equal(status, route.form?.status ?? 200, `not the status that is described: ${status}`);
  if (route.form?.answer === undefined) {
    assert.equal(text, "");
    return;
  }
  const validate = validatorOf(route);
  assert.ok(validate(body), `not as described: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 1500)}`);
}
