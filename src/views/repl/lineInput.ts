import type { BoardConsole } from '../../core/board/boardConsole';
import { Queue } from '../../core/async';
import { utf8 } from '../../core/bytes';
import { LineEditor, type LineEvent } from '../../core/repl/lineEditor';
import type { ReplOutput } from './replOutput';

/** The name, or part of one, that is being typed. */
const FRAGMENT = /[A-Za-z_]\w*$/;

/** Keys for a REPL that is behind a broker: lines are edited here and go out whole. */
export class LineInput {
  readonly #editor = new LineEditor();
  readonly #order = new Queue();

  constructor(
    private readonly console: BoardConsole,
    private readonly output: ReplOutput,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Keys in the order in which they were typed: Enter after Tab waits for what the board offers. Ctrl-C waits for nothing. */
  input(data: string): Promise<void> {
    return data.includes('\x03') ? this.#input(data) : this.#order.run(() => this.#input(data));
  }

  /** Prints what comes from the board before what is being typed, not into it. */
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
        // Not awaited: it lasts as long as the code runs, which may read what is typed next.
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
