import type { Worker } from 'node:worker_threads';
import { Deferred } from '../async';
import { FleetError } from '../errors';
import type { MpyCross } from './mpyCross';
import type { CompileAnswer, CompileResult, CompilerSettings } from './mpyCrossMessages';

/** The compiler itself failed, which says nothing about the source. */
export class CompilerError extends FleetError {
  readonly code = 'compiler';

  constructor(cause: unknown) {
    super('The MicroPython compiler of this computer failed', {
      cause,
      hint: 'Send the .py source instead, and report this with the log.',
    });
  }
}

/**
 * MicroPython's own mpy-cross (WebAssembly) in a thread of its own, which is started by the first call and kept.
 * `worker`: path of the bundled mpyCrossWorker script.
 */
export class MpyCrossThread {
  #thread: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, Deferred<CompileResult>>();

  constructor(private readonly settings: CompilerSettings & { readonly worker: string }) {}

  /** Compiles. @throws CompilerError when the thread dies */
  readonly compile: MpyCross = async (source, options) => {
    const thread = (this.#thread ??= await this.#start());
    const id = ++this.#lastId;
    const result = new Deferred<CompileResult>();
    this.#waiting.set(id, result);
    thread.ref(); // a program ends only when its answer is there
    thread.postMessage({ id, source, options });
    try {
      return await result.promise;
    } finally {
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) thread.unref();
    }
  };

  async #start(): Promise<Worker> {
    const { Worker } = await import('node:worker_threads');
    if (this.#thread) return this.#thread; // somebody else was faster
    const { wasm, worker } = this.settings;
    const thread = new Worker(worker, { workerData: { wasm } satisfies CompilerSettings });
    this.#thread = thread;
    thread.on('message', (answer: CompileAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      if (answer.type === 'done') waiting?.resolve(answer);
      else waiting?.reject(new CompilerError(new Error(answer.message)));
    });
    thread.on('error', (error) => this.#ended(thread, error));
    thread.on('exit', (code) => this.#ended(thread, new Error(`its thread ended (${code})`)));
    return thread;
  }

  #ended(thread: Worker, cause: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined; // the next call starts another
    for (const waiting of this.#waiting.values()) waiting.reject(new CompilerError(cause));
  }

  /** Ends the thread; what is being compiled is rejected. */
  async dispose(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    this.#ended(thread, new Error('it is no longer needed'));
    await thread.terminate();
  }
}
