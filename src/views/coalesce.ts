import type { Disposable } from '../core/events';

/**
 * Gathers items and hands them over together, at most once per `pause` milliseconds: a thousand changes are one redraw. The pause
 * can be asked for each time, where what the items cause takes longer the more there is.
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
