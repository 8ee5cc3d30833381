import type { NotebookHost } from './host';
import { HostPython } from './hostPython';

/** A value that goes between boards and this computer, as JSON. */
export type Stored = ReadonlyMap<string, string>;

/** State shared by all notebooks of a window: kept values, and the Python processes of this computer. */
export class Shared {
  readonly #values = new Map<string, string>();
  readonly #pythons = new Map<string, HostPython>();

  /** Kept values by name, each as JSON. */
  get values(): Stored {
    return this.#values;
  }

  keep(name: string, json: string): void {
    this.#values.set(name, json);
  }

  forget(name: string): boolean {
    return this.#values.delete(name);
  }

  forgetAll(): void {
    this.#values.clear();
  }

  /** Returns the Python process for notebooks of that folder. */
  python(host: NotebookHost): HostPython {
    const known = this.#pythons.get(host.folder);
    if (known) return known;
    const python = new HostPython(host);
    this.#pythons.set(host.folder, python);
    return python;
  }

  dispose(): void {
    for (const python of this.#pythons.values()) python.dispose();
    this.#pythons.clear();
  }
}
