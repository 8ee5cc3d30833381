import * as l10n from '@vscode/l10n';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { abortError, Deferred, Queue } from '../async';
import { FleetError, UsageError } from '../errors';
import { CellError } from './failure';
import type { NotebookHost } from './host';
import program from './hostPython.py';
import { endGroup } from './runProcess';

/** Time that code gets after Ctrl-C before its process is ended, in milliseconds. */
const INTERRUPT_MS = 2_000;

interface Answer {
  readonly kind?: unknown;
  readonly text?: unknown;
  readonly value?: unknown;
  readonly name?: unknown;
  readonly traceback?: unknown;
}

/** Receives the output of host code. */
export interface HostOutput {
  text(text: string): void;
  note(text: string): void;
}

/** Python on this computer ended in the middle of a cell. */
export class HostPythonEndedError extends FleetError {
  readonly code = 'hostPython';

  constructor() {
    super(l10n.t('The Python process on this computer has ended'), {
      hint: l10n.t('Its variables are lost. The next %%host cell starts it again.'),
    });
  }
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly mark: string;
}

/** One Python process on this computer. The first cell that needs it starts it, and it keeps names from cell to cell. */
export class HostPython {
  readonly #queue = new Queue();
  #running: Running | undefined;
  #output: HostOutput | undefined;
  #answer: Deferred<string | undefined> | undefined;

  /** The process starts with the names that `kept` returns; their values are JSON. */
  constructor(
    private readonly host: Pick<NotebookHost, 'python' | 'folder' | 'requireTrust'>,
    private readonly kept: () => ReadonlyMap<string, string>,
  ) {}

  /** Whether the process runs, so it may hold names. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Runs code. @returns the value of its last line as text, if it has one @throws CellError, UsageError */
  run(code: string, output: HostOutput, signal: AbortSignal): Promise<string | undefined> {
    return this.#request({ do: 'run', code }, signal, output);
  }

  /** Assigns a value to a name. */
  async set(name: string, json: string, signal: AbortSignal): Promise<void> {
    await this.#request({ do: 'set', name, json }, signal);
  }

  /** Returns the value of a name as JSON. @throws CellError when the name does not exist or its value does not fit JSON */
  async get(name: string, signal: AbortSignal): Promise<string> {
    return (await this.#request({ do: 'get', name }, signal)) ?? 'null';
  }

  /** Ends the process and loses its names. */
  dispose(): void {
    if (this.#running) endGroup(this.#running.child, 'SIGKILL');
  }

  #request(request: object, signal: AbortSignal, output?: HostOutput): Promise<string | undefined> {
    return this.#queue.run(async () => {
      const running = this.#running;
      const { child } = running ?? (this.#running = await this.#start());
      if (!running) {
        for (const [name, json] of this.kept()) {
          await this.#exchange(child, { do: 'set', name, json }, signal);
        }
      }
      return this.#exchange(child, request, signal, output);
    }, signal);
  }

  async #exchange(
    child: ChildProcessWithoutNullStreams,
    request: object,
    signal: AbortSignal,
    output?: HostOutput,
  ): Promise<string | undefined> {
    const answer = new Deferred<string | undefined>();
    this.#answer = answer;
    this.#output = output;
    const stop = this.#stopping(child, answer);
    signal.addEventListener('abort', stop.begin, { once: true });
    try {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const value = await answer.promise;
      return value;
    } catch (error) {
      throw signal.aborted ? abortError(signal) : error;
    } finally {
      stop.end();
      signal.removeEventListener('abort', stop.begin);
      this.#answer = this.#output = undefined;
    }
  }

  /** Sends Ctrl-C first, and ends the process if the code continues. */
  #stopping(child: ChildProcessWithoutNullStreams, answer: Deferred<string | undefined>) {
    let timer: NodeJS.Timeout | undefined;
    return {
      begin: () => {
        child.kill('SIGINT');
        timer = setTimeout(() => {
          endGroup(child, 'SIGKILL');
          answer.reject(new HostPythonEndedError());
        }, INTERRUPT_MS);
      },
      end: () => clearTimeout(timer),
    };
  }

  async #start(): Promise<Running> {
    this.host.requireTrust();
    const python = await this.host.python();
    if (python === undefined) throw noPython();
    const mark = `\x1d${randomBytes(8).toString('hex')}`;
    const child = spawn(python, ['-u', '-c', program, mark], {
      cwd: this.host.folder,
      stdio: 'pipe',
      windowsHide: true,
      detached: process.platform !== 'win32',
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    });
    child.once('error', () => this.#ended(child, noPython()));
    child.once('close', () => this.#ended(child, new HostPythonEndedError()));
    child.stdin.on('error', () => undefined); // the process's end reports it
    child.stderr.setEncoding('utf8').on('data', (s: string) => this.#output?.note(s));
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (s: string) => {
      const lines = (rest + s).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#line(line, mark);
    });
    return { child, mark };
  }

  #line(line: string, mark: string): void {
    const at = line.indexOf(mark);
    if (at < 0) {
      this.#output?.text(`${line}\n`); // printed by a program that the code started
      return;
    }
    if (at > 0) this.#output?.text(line.slice(0, at));
    const answer = JSON.parse(line.slice(at + mark.length)) as Answer;
    if (answer.kind === 'out') this.#output?.text(String(answer.text));
    else if (answer.kind === 'err') this.#output?.note(String(answer.text));
    else if (answer.kind === 'done') {
      this.#answer?.resolve(typeof answer.value === 'string' ? answer.value : undefined);
    } else {
      const lines = Array.isArray(answer.traceback) ? answer.traceback.map(String) : [];
      const [name, value] = [String(answer.name), String(answer.value)];
      this.#answer?.reject(new CellError({ name, value, traceback: lines }));
    }
  }

  #ended(child: ChildProcessWithoutNullStreams, error: Error): void {
    if (this.#running?.child === child) this.#running = undefined;
    this.#answer?.reject(error);
  }
}

function noPython(): UsageError {
  return new UsageError(
    l10n.t('%%host and %store --host need Python 3, which was not found on this computer'),
    {
      hint: l10n.t(
        'Install Python, or select an interpreter in the editor. Cells for boards do not need it.',
      ),
    },
  );
}
