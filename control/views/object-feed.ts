/** One group or router as its hosts see it: its line, and when it changed. Shared by all of them. */
export class ObjectFeed {
  readonly members = new Set<string>();
  /** Empty while it cannot be derived. */
  line = "";
  lineRevision: number;

  constructor(revision: number) {
    this.lineRevision = revision;
  }

  /** Takes its line of now; what hosts are told, or nothing when it is as before. */
  refresh(line: string, gone: string, revision: number): string {
    if (line === this.line) return "";
    this.line = line;
    this.lineRevision = revision;
    return line === "" ? gone : line;
  }
}
