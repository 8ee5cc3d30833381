/** The effect of a key: text for the terminal, and a line or command for the editor's owner. */
export type LineEvent =
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'complete'; readonly line: string }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'end' };

const HISTORY_LIMIT = 500;

/** Keys and the escape sequences that terminals send for them. */
// eslint-disable-next-line no-control-regex -- escape sequences are what this is about
const KEYS = /\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Za-z]|\x1b.|[\s\S]/gu;

/**
 * A line of input with cursor and history, for links on which the board cannot echo immediately.
 * Typed text is shown at once and sent as a whole line. Columns are counted in code points, so wide
 * characters shift the cursor slightly.
 */
export class LineEditor {
  #chars: string[] = [];
  #cursor = 0;
  #history: string[] = [];
  #at = 0;
  #draft = '';

  get line(): string {
    return this.#chars.join('');
  }

  /**
   * Processes terminal input and returns the resulting events in order. If `shows` is false, a
   * completed line is erased from the screen.
   */
  input(data: string, shows = true): LineEvent[] {
    const events: LineEvent[] = [];
    for (const [key] of data.replace(/\r\n/g, '\r').matchAll(KEYS)) {
      events.push(...(key === '\r' || key === '\n' ? this.#enter(shows) : this.#key(key)));
    }
    return events;
  }

  /** Inserts `text` at the cursor, e.g. a completion. */
  insert(text: string): LineEvent[] {
    const added = Array.from(text);
    this.#chars.splice(this.#cursor, 0, ...added);
    this.#cursor += added.length;
    const rest = this.#chars.slice(this.#cursor);
    return [echo(text + rest.join('') + left(rest.length))];
  }

  /** Erases the line from the screen before other output; `redraw` restores it. */
  hide(): LineEvent[] {
    return this.#chars.length === 0 ? [] : [echo(left(this.#cursor) + CLEAR_TO_END)];
  }

  /** Shows the line again after other output. */
  redraw(): LineEvent[] {
    return [echo(this.line + left(this.#chars.length - this.#cursor))];
  }

  #key(key: string): LineEvent[] {
    switch (key) {
      case '\x7f':
      case '\b':
        return this.#erase(this.#cursor - 1);
      case '\x1b[3~':
        return this.#erase(this.#cursor);
      case '\x04':
        return this.#chars.length === 0 ? [{ kind: 'end' }] : this.#erase(this.#cursor);
      case '\x03':
        this.#replace('');
        return [{ kind: 'interrupt' }];
      case '\t':
        return [{ kind: 'complete', line: this.#chars.slice(0, this.#cursor).join('') }];
      default:
        return this.#move(key) ?? (key < ' ' ? [] : this.insert(key));
    }
  }

  #move(key: string): LineEvent[] | undefined {
    switch (key) {
      case '\x1b[D':
      case '\x1bOD':
      case '\x02':
        return this.#to(this.#cursor - 1);
      case '\x1b[C':
      case '\x1bOC':
      case '\x06':
        return this.#to(this.#cursor + 1);
      case '\x1b[H':
      case '\x1bOH':
      case '\x1b[1~':
      case '\x01':
        return this.#to(0);
      case '\x1b[F':
      case '\x1bOF':
      case '\x1b[4~':
      case '\x05':
        return this.#to(this.#chars.length);
      case '\x1b[A':
      case '\x1bOA':
      case '\x10':
        return this.#recall(this.#at - 1);
      case '\x1b[B':
      case '\x1bOB':
      case '\x0e':
        return this.#recall(this.#at + 1);
      case '\x0b':
        return this.#cut(this.#cursor, this.#chars.length);
      case '\x15':
        return this.#cut(0, this.#cursor);
      default:
        return undefined;
    }
  }

  #enter(shows: boolean): LineEvent[] {
    const { line } = this;
    const ended = shows ? [echo(`${right(this.#chars.length - this.#cursor)}\r\n`)] : this.hide();
    if (line.trim() !== '' && line !== this.#history.at(-1)) this.#history.push(line);
    this.#history = this.#history.slice(-HISTORY_LIMIT);
    this.#replace('');
    this.#at = this.#history.length;
    return [...ended, { kind: 'line', line }];
  }

  #erase(at: number): LineEvent[] {
    if (at < 0 || at >= this.#chars.length) return [];
    return this.#cut(at, at + 1);
  }

  #cut(from: number, to: number): LineEvent[] {
    const before = this.#cursor;
    this.#chars.splice(from, to - from);
    this.#cursor = from;
    const rest = this.#chars.slice(from);
    return [echo(move(from - before) + rest.join('') + CLEAR_TO_END + left(rest.length))];
  }

  #to(cursor: number): LineEvent[] {
    const target = Math.max(0, Math.min(this.#chars.length, cursor));
    const moved = move(target - this.#cursor);
    this.#cursor = target;
    return moved === '' ? [] : [echo(moved)];
  }

  #recall(index: number): LineEvent[] {
    if (index < 0 || index > this.#history.length) return [];
    if (this.#at === this.#history.length) this.#draft = this.line;
    this.#at = index;
    const start = left(this.#cursor);
    this.#replace(this.#history[index] ?? this.#draft);
    return [echo(start + this.line + CLEAR_TO_END)];
  }

  #replace(line: string): void {
    this.#chars = Array.from(line);
    this.#cursor = this.#chars.length;
  }
}

const CLEAR_TO_END = '\x1b[K';

function echo(text: string): LineEvent {
  return { kind: 'echo', text };
}

function left(columns: number): string {
  return columns > 0 ? `\x1b[${columns}D` : '';
}

function right(columns: number): string {
  return columns > 0 ? `\x1b[${columns}C` : '';
}

function move(columns: number): string {
  return columns < 0 ? left(-columns) : right(columns);
}
