import type { NotebookHost } from './host';
import { HostPython } from './hostPython';
import type { SavedValues } from './savedValues';

/** A value that goes between boards and this computer, as JSON. */
export type Stored = ReadonlyMap<string, string>;

/** State shared by all notebooks of a window: kept values, and the Python processes of this computer. */
export class Shared {
  readonly #pythons = new Map<string, HostPython>();
  #values: Map<string, string> | undefined;

  /** Without `saved`, kept values are lost with the window. */
  constructor(private readonly saved?: SavedValues) {}

  /** Kept values by name, each as JSON. */
  get values(): Stored {
    return this.#all();
  }

  /** Stores a value, as JSON, under `name`. */
  keep(name: string, json: string): void {
    this.#all().set(name, json);
    this.saved?.save(this.#all());
  }

  /** Deletes a value. Returns false if it was not stored. */
  forget(name: string): boolean {
    const known = this.#all().delete(name);
    if (known) this.saved?.save(this.#all());
    return known;
  }

  /** Deletes all values. */
  forgetAll(): void {
    this.#all().clear();
    this.saved?.save(this.#all());
  }

  /** Returns the Python process for notebooks of that folder. */
  python(host: NotebookHost): HostPython {
    const known = this.#pythons.get(host.folder);
    if (known) return known;
    const python = new HostPython(host, () => this.values);
    this.#pythons.set(host.folder, python);
    return python;
  }

  /** Ends the Python processes. */
  dispose(): void {
    for (const python of this.#pythons.values()) python.dispose();
    this.#pythons.clear();
  }

  #all(): Map<string, string> {
    return (this.#values ??= new Map(this.saved?.load() ?? []));
  }
}
