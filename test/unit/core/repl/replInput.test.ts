import { describe, expect, it } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import { text, utf8 } from '../../../../src/core/bytes';
import { Emitter } from '../../../../src/core/events';
import { LineEditor, type LineEvent } from '../../../../src/core/repl/lineEditor';
import { pasteCode } from '../../../../src/core/repl/pasteMode';
import { PasteSplitter } from '../../../../src/core/repl/pasteSplitter';
import { dedent, runFileCode } from '../../../../src/core/repl/runCode';
import { TypeAhead } from '../../../../src/core/repl/typeAhead';

describe('pasted text', () => {
  const split = (...data: string[]) => {
    const splitter = new PasteSplitter();
    return data.flatMap((d) => splitter.split(d)).map((p) => `${p.kind}:${p.text}`);
  };
  it('is distinguished from keys', () => {
    expect(split('a\x1b[200~x\ny\x1b[201~b')).toEqual(['keys:a', 'paste:x\ny', 'keys:b']);
  });
  it('may come in pieces', () => {
    expect(split('\x1b[200~on', 'e', '\x1b[201~')).toEqual(['paste:one']);
  });
  it('leaves arrow keys alone', () => {
    expect(split('\x1b[A', '\x1b[200~')).toEqual(['keys:\x1b[A']);
  });
});

/** A REPL that follows the protocol of MicroPython's paste mode and keeps no more than `ring` bytes unread. */
class PasteRepl {
  readonly #data = new Emitter<Uint8Array>();
  readonly onData = this.#data.event;
  readonly code = new Deferred<string>();
  #pasting = false;
  #text = '';
  #unread = 0;
  longest = 0;

  constructor(private readonly deaf = false) {}

  write(data: Uint8Array): Promise<void> {
    this.#unread += data.length;
    this.longest = Math.max(this.longest, this.#unread);
    queueMicrotask(() => {
      this.#unread -= data.length;
      if (!this.deaf) for (const byte of data) this.#take(byte);
    });
    return Promise.resolve();
  }

  #take(byte: number): void {
    if (byte === 0x03) {
      this.#pasting = false;
      this.#say('\r\n>>> ');
    } else if (!this.#pasting) {
      if (byte !== 0x05) return;
      this.#pasting = true;
      this.#say('\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ');
    } else if (byte === 0x04) {
      this.code.resolve(text(Uint8Array.from(this.#text, (c) => c.charCodeAt(0))));
    } else if (byte === 0x0d) {
      this.#text += '\n';
      this.#say('\r\n=== ');
    } else {
      this.#text += String.fromCharCode(byte);
      this.#data.fire(Uint8Array.of(byte));
    }
  }

  #say(words: string): void {
    this.#data.fire(utf8(words));
  }
}

describe('text typed during a job', () => {
  it('is kept in order until it is used, up to a limit', () => {
    const ahead = new TypeAhead();
    const pieces = [
      { kind: 'keys', text: 'x = 1\r' },
      { kind: 'paste', text: 'y = 2\nz = 3' },
    ] as const;
    for (const piece of pieces) expect(ahead.keep(piece)).toBe(true);
    expect(ahead.keep({ kind: 'paste', text: '#'.repeat(64 * 1024) })).toBe(false);
    expect(ahead.take()).toEqual(pieces);
    expect(ahead.isEmpty).toBe(true);
    expect(ahead.keep({ kind: 'paste', text: '#'.repeat(64 * 1024) })).toBe(true);
  });
});

describe('paste mode', () => {
  it('sends 200 lines unchanged, with never more in transit than a UART buffers', async () => {
    const lines = Array.from(
      { length: 200 },
      (_, i) => `${'\t'.repeat(i % 4)}x${i} = "${'ä'.repeat(i)}"`,
    );
    const repl = new PasteRepl();
    await pasteCode(repl, lines.join('\r\n'));
    expect(await repl.code.promise).toBe(`${lines.join('\n')}\n`);
    expect(repl.longest).toBeLessThanOrEqual(64);
  });
  it('removes characters that would end it early', async () => {
    const repl = new PasteRepl();
    await pasteCode(repl, 'a\x03b\x04c\nd');
    expect(await repl.code.promise).toBe('abc\nd\n');
  });
  it('gives up on a board that does not echo', async () => {
    const clock = {
      now: () => 0,
      after: (_ms: number, action: () => void) => {
        setImmediate(action);
        return { dispose: () => undefined };
      },
    };
    await expect(pasteCode(new PasteRepl(true), 'a\nb', { clock })).rejects.toThrow(
      /does not accept/,
    );
  });
});

describe('the line editor', () => {
  const type = (editor: LineEditor, ...keys: string[]) =>
    keys.flatMap((k) => editor.input(k)).filter((e) => e.kind !== 'echo');
  const lines = (events: LineEvent[]) => events.flatMap((e) => (e.kind === 'line' ? [e.line] : []));

  it('edits with arrows, Home, End, Backspace and Delete', () => {
    const editor = new LineEditor();
    const events = type(editor, 'bd', '\x1b[D', 'c', '\x1b[H', 'a', '\x1b[F', 'ef', '\x7f', '\r');
    expect(lines(events)).toEqual(['abcde']);
    expect(lines(type(editor, 'xyz', '\x01', '\x1b[3~', '\x05', '\b', '\r'))).toEqual(['y']);
  });
  it('recalls earlier lines, and restores the draft', () => {
    const editor = new LineEditor();
    type(editor, 'one\r', 'two\r', 'dra');
    type(editor, '\x1b[A', '\x1b[A');
    expect(editor.line).toBe('one');
    type(editor, '\x1b[B', '\x1b[B');
    expect(editor.line).toBe('dra');
  });
  it('takes several lines together', () => {
    expect(lines(type(new LineEditor(), 'a\r\nb\nc\r'))).toEqual(['a', 'b', 'c']);
  });
  it('removes a line from the screen that is shown elsewhere', () => {
    const events = new LineEditor().input('abc\x1b[D\r', false);
    expect(events.slice(-2)).toEqual([
      { kind: 'echo', text: '\x1b[2D\x1b[K' },
      { kind: 'line', line: 'abc' },
    ]);
  });

  it('requests completion of the text before the cursor', () => {
    expect(type(new LineEditor(), 'sys.pl', '\t')).toEqual([{ kind: 'complete', line: 'sys.pl' }]);
  });
  it('clears the line on Ctrl-C, and ends on Ctrl-D only when there is none', () => {
    const editor = new LineEditor();
    expect(type(editor, 'abc', '\x03')).toEqual([{ kind: 'interrupt' }]);
    expect(editor.line).toBe('');
    expect(type(editor, '\x04')).toEqual([{ kind: 'end' }]);
    expect(type(editor, 'x', '\x01', '\x04', '\r')).toEqual([{ kind: 'line', line: '' }]);
  });
  it('echoes what the terminal must show', () => {
    const editor = new LineEditor();
    editor.input('ac\x1b[D');
    expect(editor.input('b')).toEqual([{ kind: 'echo', text: 'bc\x1b[1D' }]);
  });
});

describe('code to run', () => {
  it('loses the indentation that all its lines have', () => {
    expect(dedent('    a = 1\n\n      b = 2\n    c')).toBe('a = 1\n\n  b = 2\nc');
    expect(dedent('\tx\n    y')).toBe('\tx\n    y');
  });
  it('names a file on the board safely', () => {
    expect(runFileCode("/it's.py")).toContain("__run('/it\\'s.py')");
  });
});
