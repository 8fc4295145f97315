/** The error codes of the CNI specification that Cable gives, and its own from 100 on. */
export const CNI_CODE = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  /** The container is not there: nothing of it is to be cleaned up. */
  unknownContainer: 3,
  badEnvironment: 4,
  io: 5,
  undecodable: 6,
  badConfig: 7,
  tryLater: 11,
  unavailable: 50,
  /** The control node refused. */
  refused: 100,
  /** CHECK found something other than ADD had made. */
  changed: 101,
} as const;

export type CniCode = (typeof CNI_CODE)[keyof typeof CNI_CODE];

/** A verb that failed: what the executable prints as the CNI error object. `message` says what to do about it. */
export class CniFailure extends Error {
  override readonly name = "CniFailure";
  readonly code: CniCode;
  readonly details: string;
  constructor(kind: keyof typeof CNI_CODE, message: string, details = "") {
    super(message);
    this.code = CNI_CODE[kind];
    this.details = details;
  }
}

/** The error object in the form of the specification's "Error" section. */
export function failureBody(failure: CniFailure, cniVersion: string): object {
  return {
    cniVersion,
    code: failure.code,
    msg: failure.message,
    ...(failure.details === "" ? {} : { details: failure.details }),
  };
}
