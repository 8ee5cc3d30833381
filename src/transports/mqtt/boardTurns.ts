/** Does work for each board in order, even while a key is being requested. */
export class BoardTurns {
  /** For each board, the last work. */
  readonly #turns = new Map<string, Promise<void>>();

  /** `failed` receives the errors of work. */
  constructor(private readonly failed: (uid: string, error: unknown) => void) {}

  /** Does `work` after all earlier work for this board. */
  add(uid: string, work: () => Promise<void>): void {
    const done = (this.#turns.get(uid) ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => this.failed(uid, error))
      .then(() => {
        if (this.#turns.get(uid) === done) this.#turns.delete(uid);
      });
    this.#turns.set(uid, done);
  }
}
