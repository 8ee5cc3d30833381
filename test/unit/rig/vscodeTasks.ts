import { Emitter } from '../../../src/core/events';

/** The terminal of a task, as VS Code uses it. */
export interface TaskTerminal {
  onDidWrite(listener: (text: string) => void): void;
  onDidClose(listener: (status: number) => void): void;
  open(): void;
}

/** What registers tasks. */
export interface TaskProvider {
  resolveTask(task: object): { execution: () => Promise<TaskTerminal> };
}

/** The part of VS Code's API that tasks use. `providers` receives what is registered. */
export const taskApi = (providers: TaskProvider[]) => ({
  l10n: { t: (text: string) => text },
  TaskScope: { Workspace: 2 },
  tasks: { registerTaskProvider: (_type: string, own: TaskProvider) => providers.push(own) },
  Task: class {
    constructor(
      _definition: object,
      _scope: number,
      _name: string,
      _source: string,
      readonly execution: object,
    ) {}
  },
  CustomExecution: function (this: object, run: () => Promise<TaskTerminal>) {
    return run;
  },
  EventEmitter: class {
    readonly #own = new Emitter<unknown>();
    readonly event = this.#own.event;
    fire(value: unknown) {
      this.#own.fire(value);
    }
  },
});
