import * as vscode from 'vscode';
import type { CellFailure, CellOutput, Display, MimeBundle } from '../../core/notebook';
import type { Log } from '../../core/log';
import { showInputBox } from '../message';
import type { WholeOutput } from './wholeOutput';

/** Milliseconds of text collected before the document is changed. */
const GATHER_MS = 40;
/** Characters of text that a cell keeps in the document. The rest is in a file. */
export const TEXT_LIMIT = 200_000;

type Stream = 'stdout' | 'stderr';

/** A cell's output in its notebook. */
export class NotebookOutput implements CellOutput {
  #chain: Promise<unknown> = Promise.resolve();
  #stream: { kind: Stream; output?: vscode.NotebookCellOutput } | undefined;
  #buffer = '';
  #timer: NodeJS.Timeout | undefined;
  #length = 0;
  #raised = false;

  constructor(
    private readonly execution: vscode.NotebookCellExecution,
    private readonly whole: WholeOutput,
    private readonly log: Log,
  ) {}

  /** Whether the code of the cell raised an exception. */
  get raised(): boolean {
    return this.#raised;
  }

  text(text: string): void {
    this.#add('stdout', text);
  }

  note(text: string): void {
    this.#add('stderr', text);
  }

  fail({ name, value, traceback, raised = false }: CellFailure): void {
    this.#raised = raised;
    this.#flush();
    const stack = traceback.join('\n');
    // The serializer writes the original unchanged, so that other readers see the same lines.
    const originalError = { output_type: 'error', ename: name, evalue: value, traceback };
    this.#append(
      new vscode.NotebookCellOutput(
        [vscode.NotebookCellOutputItem.error({ name, message: value, stack })],
        { outputType: 'error', originalError },
      ),
    );
  }

  display(data: MimeBundle, kind: 'display' | 'result' = 'display'): Display {
    this.#flush();
    const metadata =
      kind === 'result'
        ? { outputType: 'execute_result', executionCount: this.execution.executionOrder }
        : { outputType: 'display_data' };
    const output = new vscode.NotebookCellOutput(itemsOf(data), metadata);
    this.#append(output);
    return {
      update: (next) => {
        this.#then(() => this.execution.replaceOutputItems(itemsOf(next), output));
      },
    };
  }

  async ask(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    this.#flush();
    const source = new vscode.CancellationTokenSource();
    const stop = () => source.cancel();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await showInputBox(
        {
          title: vscode.l10n.t('The program asks for input'),
          prompt: prompt || vscode.l10n.t('input()'),
        },
        source.token,
      );
    } finally {
      signal.removeEventListener('abort', stop);
      source.dispose();
    }
  }

  /** Resolves when all output is in the document. */
  async end(): Promise<void> {
    this.#flush();
    if (this.#length > TEXT_LIMIT) {
      await this.whole.end();
      const more = this.#length - TEXT_LIMIT;
      this.#stream = undefined;
      this.#write(
        'stderr',
        vscode.l10n.t(
          '\n[{0} more characters are not stored in the notebook: "Open Whole Output" below the cell shows them]\n',
          more,
        ),
      );
    }
    await this.#chain;
  }

  #add(kind: Stream, text: string): void {
    if (text === '') return;
    const room = TEXT_LIMIT - this.#length;
    this.#length += text.length;
    this.whole.add(text, this.#length > TEXT_LIMIT);
    if (room <= 0) return;
    if (this.#stream?.kind !== kind) {
      this.#flush();
      this.#stream = { kind };
    }
    this.#buffer += text.slice(0, room);
    // A window that draws slowly gets larger pieces instead of a longer queue. Otherwise the cell
    // would end long after its program.
    this.#timer ??= setTimeout(() => {
      void this.#chain.then(() => this.#flushStream());
    }, GATHER_MS);
  }

  /** Ends the current stream, so the next output is separate. */
  #flush(): void {
    this.#flushStream();
    this.#stream = undefined;
  }

  #flushStream(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#buffer;
    this.#buffer = '';
    if (text !== '' && this.#stream) this.#write(this.#stream.kind, text);
  }

  #write(kind: Stream, text: string): void {
    const item = vscode.NotebookCellOutputItem[kind](text);
    const stream = (this.#stream ??= { kind });
    const { output } = stream;
    if (output) {
      this.#then(() => this.execution.appendOutputItems([item], output));
      return;
    }
    stream.output = new vscode.NotebookCellOutput([item], { outputType: 'stream' });
    this.#append(stream.output);
  }

  #append(output: vscode.NotebookCellOutput): void {
    this.#then(() => this.execution.appendOutput(output));
  }

  /** Runs in order. The cell may have been deleted in between. */
  #then(step: () => Thenable<void>): void {
    this.#chain = this.#chain.then(step).catch((error: unknown) => {
      this.log.debug(`A cell's output could not be shown: ${String(error)}`);
    });
  }
}

function itemsOf(data: MimeBundle): vscode.NotebookCellOutputItem[] {
  return Object.entries(data).map(([mime, text]) => vscode.NotebookCellOutputItem.text(text, mime));
}
