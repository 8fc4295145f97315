/** What of the log is used here: pino has it. */
export interface Log {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}
