import { decodeJson, type LogBatch, Op } from '../../core/agent';
import type { Queue } from '../../core/async';
import { text, utf8 } from '../../core/bytes';
import { asError, CancelledError, FleetError, PythonError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { TerminalStream } from '../../core/transport';
import type { AgentClient } from './agentClient';
import { agentExec } from './agentExec';
import { needsMore } from './replInput';

/** Clears the prompt's line before output that the board prints unasked. */
const CLEAR_LINE = '\r\x1b[K';
/** The expression being typed at the end of a line: names with dots between. */
const DOTTED = /[A-Za-z_][\w.]*$/;
const NAME = /^\w{1,100}$/;
const CTRL_C = 0x03;
const CTRL_D = 0x04;

interface Running {
  readonly stop: AbortController;
  stdin?: (data: Uint8Array) => Promise<void>;
}

/**
 * The REPL of a board behind a broker. The terminal edits lines itself (lineMode) and sends them
 * whole; each statement runs as in the REPL. Input typed while code runs goes to its stdin.
 */
export class AgentTerminal implements TerminalStream, Disposable {
  readonly #output = new Emitter<Uint8Array>();
  readonly onData = this.#output.event;
  /** Lines of an incomplete statement. */
  #source = '';
  #partial = '';
  #running: Running | undefined;
  #lines: string[] = [];
  #foreign: (() => Promise<void>) | undefined;
  /** The boot in which the board's program ran when it was last heard of; undefined: it did not run. */
  #ranIn: string | undefined;

  readonly lineMode = {
    prompt: () => (this.#running || this.client.birth?.state === 'app' ? '' : '>>> '),
    complete: (line: string, signal?: AbortSignal) => this.#complete(line, signal),
    paste: (code: string) => this.#paste(code),
    // input() on the board echoes what it reads; unread input is shown at the prompt.
    isRunning: () => this.#running !== undefined,
  };

  constructor(
    private readonly client: AgentClient,
    private readonly queue: Queue,
    /** Stops the board's own program; undefined while none is running. */
    private readonly stopProgram: () => Promise<void> | undefined,
  ) {}

  async write(data: Uint8Array): Promise<void> {
    if (data.includes(CTRL_C)) {
      await this.#interrupt();
      return;
    }
    if (data.length === 1 && data[0] === CTRL_D) {
      await this.client.json(Op.reset, { m: 'soft' });
      return;
    }
    if (this.#running?.stdin) {
      await this.#running.stdin(data);
      return;
    }
    const lines = (this.#partial + text(data)).split(/\r\n|\r|\n/);
    this.#partial = lines.pop() ?? '';
    this.#lines.push(...lines);
    if (!this.#running) await this.#next();
  }

  /** Shows output that the board printed unasked: log records of level O. */
  showLog(batch: LogBatch): void {
    const printed = batch.records.filter((r) => r.level === 'O');
    if (printed.length === 0) return;
    const lines = printed.map(({ text: t }) => (t.endsWith('\n') ? t : `${t}\n`)).join('');
    const idle = !this.#running && this.client.birth?.state !== 'app';
    this.#show(idle ? `${CLEAR_LINE}${lines}>>> ` : lines);
  }

  /** Shows that the board's own program was stopped from here. */
  programStopped(): void {
    this.#ranIn = undefined;
    this.#show(`${CLEAR_LINE}KeyboardInterrupt:\n>>> `);
  }

  /** Follows the board's own program, and shows the prompt once it has ended. After a restart it is about to start again. */
  followProgram(): void {
    const { boot, state } = this.client.birth ?? {};
    const hasEnded = boot !== undefined && boot === this.#ranIn && state !== 'app';
    this.#ranIn = state === 'app' ? boot : undefined;
    if (hasEnded && !this.#running && !this.#foreign) this.#show(`${CLEAR_LINE}>>> `);
  }

  /** Makes Ctrl-C interrupt the code of other work until the result is called. */
  whileBusy(interrupt: () => Promise<void>): () => void {
    this.#foreign = interrupt;
    return () => (this.#foreign = undefined);
  }

  dispose(): void {
    this.#running?.stop.abort(new CancelledError());
    this.#output.dispose();
  }

  async #next(): Promise<void> {
    let ahead = false;
    for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) {
      // Input typed before the prompt was shown above it. Show it again at the prompt.
      if (ahead) this.#show(`${line}\n`);
      ahead = true;
      this.#source += `${line}\n`;
      if (needsMore(this.#source)) {
        this.#show('... ');
        continue;
      }
      const source = this.#source;
      this.#source = '';
      if (source.trim() !== '') await this.#run(source);
      this.#show('>>> ');
    }
  }

  /**
   * Runs a paste as in MicroPython's paste mode: empty lines end nothing, and no value is printed.
   */
  async #paste(code: string): Promise<void> {
    const source = code.replace(/\r\n?/g, '\n').replace(/\n*$/, '\n');
    this.#show(`\n${source.replace(/^/gm, '=== ').replace(/=== $/, '')}`);
    await this.#run(source, 'exec');
    this.#show('>>> ');
    await this.#next();
  }

  async #run(source: string, mode: 'exec' | 'single' = 'single'): Promise<void> {
    const running: Running = { stop: new AbortController() };
    this.#running = running;
    try {
      await this.queue.run(
        () =>
          agentExec(this.client, utf8(source), {
            mode,
            signal: running.stop.signal,
            onStdout: (chunk) => this.#output.fire(chunk),
            onStart: (write) => (running.stdin = write),
            onUnread: (input) => this.#lines.unshift(...linesOf(text(input))),
          }),
        running.stop.signal,
      );
    } catch (error) {
      if (error instanceof PythonError) this.#show(error.traceback);
      else if (error instanceof CancelledError) this.#show('KeyboardInterrupt:\n');
      else this.#show(`${words(error)}\n`);
    } finally {
      this.#running = undefined;
    }
  }

  async #interrupt(): Promise<void> {
    this.#lines = [];
    this.#source = '';
    this.#partial = '';
    if (this.#running) this.#running.stop.abort(new CancelledError());
    else if (this.#foreign) await this.#foreign();
    else {
      const stopping = this.stopProgram();
      if (stopping) await stopping;
      else this.#show('\n>>> ');
    }
  }

  async #complete(line: string, signal?: AbortSignal): Promise<readonly string[]> {
    const t = DOTTED.exec(line)?.[0] ?? '';
    const { payload } = await this.client.json(Op.complete, { t }, { signal });
    const { l } = decodeJson(payload);
    const names = Array.isArray(l)
      ? l.filter((item): item is string => typeof item === 'string')
      : [];
    // The board returns the whole dotted names; the terminal completes only the last part.
    return names.map((name) => name.slice(name.lastIndexOf('.') + 1)).filter((n) => NAME.test(n));
  }

  #show(words: string): void {
    this.#output.fire(utf8(words.replace(/\r?\n/g, '\r\n')));
  }
}

/** Handles whole lines, as they were typed. */
function linesOf(input: string): string[] {
  return input.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);
}

function words(error: unknown): string {
  const { message } = asError(error);
  return error instanceof FleetError && error.hint ? `${message}. ${error.hint}` : message;
}
