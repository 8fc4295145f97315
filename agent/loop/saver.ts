import type { Log } from "../log.ts";
import type { HeldView, ViewFile } from "../view/mod.ts";

const EVERY_MS = 3_000;

/** Keeps the view's file near the view: some seconds after a change, and at the end. */
export class Saver {
  readonly #held: HeldView;
  readonly #file: ViewFile;
  readonly #log: Log;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #savedRevision: number | undefined;

  constructor(held: HeldView, file: ViewFile, log: Log, everyMs = EVERY_MS) {
    this.#held = held;
    this.#file = file;
    this.#log = log;
    this.#everyMs = everyMs;
  }

  /** The view has changed. Bookmarks alone are not worth a write: resuming from an older revision costs little. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.#save(), this.#everyMs);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#saving;
    if (this.#held.revision !== this.#savedRevision) this.#save();
    await this.#saving;
  }

  #save(): void {
    const { view, revision } = this.#held;
    if (revision === undefined) {
      this.#timer = undefined;
      return;
    }
    this.#saving = this.#file.save(view, revision).then(
      () => {
        this.#savedRevision = revision;
        this.#timer = undefined;
      },
      (error: unknown) => {
        this.#log.error({ reason: String(error) }, "the view could not be kept on disk; trying again");
        this.#timer = undefined;
        this.changed();
      },
    );
  }
}
