import { Queue } from '../async';
import { utf8 } from '../bytes';
import type { TerminalStream } from '../transport';
import { LineEditor, type LineEvent } from './lineEditor';

/** The REPL that receives the lines. `stream` is undefined while the board is away. */
export interface LineConsole {
  readonly stream: Pick<TerminalStream, 'lineMode'> | undefined;
  write(data: Uint8Array): Promise<void>;
}

/** The terminal that shows the typed text. */
export interface LineOutput {
  text(text: string): void;
}

/** The (partial) name being typed. */
const FRAGMENT = /[A-Za-z_]\w*$/;

/** Keyboard input for a REPL behind a broker: lines are edited here and sent whole. */
export class LineInput {
  readonly #editor = new LineEditor();
  readonly #order = new Queue();

  constructor(
    private readonly console: LineConsole,
    private readonly output: LineOutput,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Processes keys in the order typed: Enter after Tab waits for the board's completions. Ctrl-C
   * never waits.
   */
  input(data: string): Promise<void> {
    return data.includes('\x03') ? this.#input(data) : this.#order.run(() => this.#input(data));
  }

  /** Prints board output above the line being typed, not into it. */
  around(print: () => void): void {
    this.#show(this.#editor.hide());
    print();
    this.#show(this.#editor.redraw());
  }

  async #input(data: string): Promise<void> {
    const runs = this.console.stream?.lineMode?.isRunning() ?? false;
    for (const event of this.#editor.input(data, !runs)) await this.#take(event);
  }

  async #take(event: LineEvent): Promise<void> {
    switch (event.kind) {
      case 'echo':
        this.output.text(event.text);
        return;
      case 'line':
        // Not awaited: it lasts as long as the code runs, and that code may read the next input.
        this.console.write(utf8(`${event.line}\r`)).catch(this.onError);
        return;
      case 'interrupt':
        await this.console.write(Uint8Array.of(0x03));
        return;
      case 'end':
        await this.console.write(Uint8Array.of(0x04));
        return;
      case 'complete':
        await this.#complete(event.line);
    }
  }

  async #complete(line: string): Promise<void> {
    const mode = this.console.stream?.lineMode;
    if (!mode) return;
    if (line.trim() === '') {
      this.#show(this.#editor.insert('    '));
      return;
    }
    const names = await mode.complete(line);
    const typed = FRAGMENT.exec(line)?.[0] ?? '';
    const fitting = names.filter((name) => name.startsWith(typed)).sort();
    const common = commonPrefix(fitting);
    if (common.length > typed.length) this.#show(this.#editor.insert(common.slice(typed.length)));
    else if (fitting.length > 1) {
      this.output.text(`\r\n${fitting.join('    ')}\r\n>>> `);
      this.#show(this.#editor.redraw());
    }
  }

  #show(events: readonly LineEvent[]): void {
    for (const event of events) if (event.kind === 'echo') this.output.text(event.text);
  }
}

function commonPrefix(names: readonly string[]): string {
  const [first = '', ...others] = names;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
