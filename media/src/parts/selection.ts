/** Keys held down with a click or an arrow. */
export interface Modifiers {
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** Which rows are selected, and which row has the keyboard focus, as in VS Code's lists. */
export class Selection {
  readonly #ids = new Set<string>();
  #current: string | undefined;
  #anchor: string | undefined;

  constructor(private readonly onChange: () => void) {}

  get current(): string | undefined {
    return this.#current;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  click(id: string, order: readonly string[], keys: Modifiers): void {
    if (keys.shiftKey) this.#range(order, id);
    else if (keys.ctrlKey || keys.metaKey) this.#toggle(id);
    else this.#only(id);
    this.#current = id;
    this.onChange();
  }

  /**
   * Moves the keyboard focus to a row and selects the row; with Shift, all rows in between; with
   * Ctrl, none.
   */
  move(order: readonly string[], to: number, keys: Modifiers): void {
    const id = order[to];
    if (id === undefined) return;
    if (keys.shiftKey) this.#range(order, id);
    else if (!keys.ctrlKey && !keys.metaKey) this.#only(id);
    this.#current = id;
    this.onChange();
  }

  toggleCurrent(): void {
    if (this.#current === undefined) return;
    this.#toggle(this.#current);
    this.onChange();
  }

  all(order: readonly string[]): void {
    for (const id of order) this.#ids.add(id);
    this.onChange();
  }

  /** Removes rows that no longer exist. */
  keepOnly(order: readonly string[]): void {
    const there = new Set(order);
    const gone = [...this.#ids].filter((id) => !there.has(id));
    for (const id of gone) this.#ids.delete(id);
    if (this.#current !== undefined && !there.has(this.#current)) this.#current = undefined;
    if (gone.length > 0) this.onChange();
  }

  #only(id: string): void {
    this.#ids.clear();
    this.#ids.add(id);
    this.#anchor = id;
  }

  #toggle(id: string): void {
    if (!this.#ids.delete(id)) this.#ids.add(id);
    this.#anchor = id;
  }

  #range(order: readonly string[], to: string): void {
    const a = order.indexOf(this.#anchor ?? this.#current ?? to);
    const b = order.indexOf(to);
    this.#ids.clear();
    for (const id of order.slice(Math.min(a, b), Math.max(a, b) + 1)) this.#ids.add(id);
  }
}
