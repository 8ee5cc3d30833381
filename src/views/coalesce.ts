import type { Disposable } from '../core/events';

/** Gathers items and hands them over together, at most once per `ms`: a thousand changes are one redraw. */
export class Coalescer<T> implements Disposable {
  readonly #items = new Set<T>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly ms: number,
    private readonly flush: (items: readonly T[]) => void,
  ) {}

  add(item: T): void {
    this.#items.add(item);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const items = [...this.#items];
      this.#items.clear();
      this.flush(items);
    }, this.ms);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#items.clear();
  }
}
