/**
 * Values that are created or asked for only once, even if several boards need them at the same
 * time.
 */
export class Once<T> {
  readonly #values = new Map<string, Promise<T>>();

  /** Returns the value of a key. A failure is not kept, so that the next call tries again. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#values.get(key);
    if (known) return known;
    const value = make();
    this.#values.set(key, value);
    value.catch(() => this.#values.delete(key));
    return value;
  }

  forget(): void {
    this.#values.clear();
  }
}
