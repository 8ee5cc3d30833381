import * as l10n from '@vscode/l10n';
import type { Worker } from 'node:worker_threads';
import { Deferred, systemClock, type Clock } from '../async';
import { FleetError } from '../errors';
import type { Disposable } from '../events';
import type { MpyCross } from './mpyCross';
import type { CompileAnswer, CompileResult, CompilerSettings } from './mpyCrossMessages';

/** The largest source takes a second or two. After this time in milliseconds the compiler is considered stuck. */
const STALLED_MS = 60_000;

/** The compiler itself failed; the source may be correct. */
export class CompilerError extends FleetError {
  readonly code = 'compiler';

  constructor(cause: unknown) {
    super(l10n.t('The MicroPython compiler on this computer failed'), {
      cause,
      hint: l10n.t('Send the .py source instead, and report this problem with the log.'),
    });
  }
}

/**
 * Runs MicroPython's mpy-cross (WebAssembly) in its own thread, which the first call starts and later calls reuse.
 * `worker`: path of the bundled mpyCrossWorker script.
 */
export class MpyCrossThread {
  #thread: Worker | undefined;
  #lastId = 0;
  #limit: Disposable | undefined;
  readonly #waiting = new Map<number, Deferred<CompileResult>>();

  /** @param onSource called with the name of each file that the compiler refuses but a newer MicroPython accepts */
  constructor(
    private readonly settings: CompilerSettings & { readonly worker: string },
    private readonly onSource?: (file: string) => void,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Compiles a source. @throws CompilerError when the thread dies */
  readonly compile: MpyCross = async (source, options) => {
    const thread = (this.#thread ??= await this.#start());
    const id = ++this.#lastId;
    const result = new Deferred<CompileResult>();
    this.#waiting.set(id, result);
    if (this.#waiting.size === 1) this.#watch(thread);
    thread.ref(); // keeps the process alive until the answer arrives
    thread.postMessage({ id, source, options });
    try {
      const compiled = await result.promise;
      const [, file] = options; // the name follows -s
      if (compiled.newer && file !== undefined) this.onSource?.(file);
      return compiled;
    } finally {
      this.#waiting.delete(id);
      this.#watch(thread);
      if (this.#waiting.size === 0) thread.unref();
    }
  };

  async #start(): Promise<Worker> {
    const { Worker } = await import('node:worker_threads');
    if (this.#thread) return this.#thread; // another call has started it already
    const { worker, ...workerData } = this.settings;
    const thread = new Worker(worker, { workerData });
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

  /** Ends a thread that has not answered for too long, so that one source does not block all others. */
  #watch(thread: Worker): void {
    this.#limit?.dispose();
    this.#limit = undefined;
    if (this.#waiting.size === 0 || this.#thread !== thread) return;
    this.#limit = this.clock.after(STALLED_MS, () => {
      this.#ended(thread, new Error(`nothing came of it within ${STALLED_MS / 1000} s`));
      void thread.terminate();
    });
  }

  #ended(thread: Worker, cause: Error): void {
    if (this.#thread !== thread) return;
    this.#limit?.dispose();
    this.#thread = undefined; // the next call starts a new one
    for (const waiting of this.#waiting.values()) waiting.reject(new CompilerError(cause));
  }

  /** Ends the thread and rejects the running compilations. */
  async dispose(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    this.#ended(thread, new Error('it is no longer needed'));
    await thread.terminate();
  }
}
