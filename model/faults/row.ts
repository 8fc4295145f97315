/** One way to fail: a row of the tables beside this file. */

export interface FaultRow {
  status: number;
  /** Neutron's message template; %(name)s is replaced by the fact of that name. */
  message: string;
  /** Facts that the thrower may leave out, with what Neutron then says; templates as well. */
  defaults?: Record<string, string>;
}

/**
 * `row(404, "Network %(net_id)s could not be found.")`. The status is that of Neutron's base class
 * (neutron_lib/api/faults.py): InUse and Conflict are 409, ServiceUnavailable is 503, one without a base is 500.
 */
export const row = (status: number, message: string, defaults?: Record<string, string>): FaultRow =>
  defaults ? { status, message, defaults } : { status, message };
