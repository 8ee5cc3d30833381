import type { Disposable } from '../core/events';

/**
 * Collects items and passes them on together, at most once per `pause` milliseconds, so that a
 * thousand changes cause one redraw. The pause may be a function, for work that takes longer the
 * more items there are.
 */
export class Coalescer<T> implements Disposable {
  readonly #items = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pause: number | (() => number),
    private readonly flush: (items: readonly T[]) => void,
  ) {}

  add(item: T): void {
    this.#items.add(item);
    if (this.#timer) return;
    const ms = typeof this.pause === 'number' ? this.pause : this.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const items = [...this.#items];
      this.#items.clear();
      this.flush(items);
    }, ms);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#items.clear();
  }
}
