import { beforeEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../../../src/core/agent/agentProtocol';
import { Queue } from '../../../../src/core/async';
import { text, utf8 } from '../../../../src/core/bytes';
import { LineEditor } from '../../../../src/core/repl/lineEditor';
import { AgentTerminal } from '../../../../src/transports/mqtt/agentTerminal';
import { BIRTH, FakeBoard, Op, settled } from '../../rig/fakeAgent';

let board: FakeBoard;
let terminal: AgentTerminal;
let shown: string;

/** What a request to run code asks for. */
function codeOf({ payload }: Frame): { mode: unknown; code: string } {
  const bytes = Buffer.from(payload);
  const end = 2 + bytes.readUInt16BE(0);
  const { mode } = JSON.parse(bytes.subarray(2, end).toString()) as { mode: unknown };
  return { mode, code: bytes.subarray(end).toString() };
}

/** The code of the last request ends, having printed nothing. */
async function ends(): Promise<void> {
  const id = board.of(Op.exec).at(-1)?.reqid ?? 0;
  board.json(Op.ok, id, { ok: 1, ms: 1, n: 0, drop: 0 });
  await settled();
}

beforeEach(() => {
  board = new FakeBoard();
  board.birth = {
    ...(board.birth as typeof import('../../rig/fakeAgent').BIRTH),
    mtu: 1000,
    caps: new Set(),
  };
  shown = '';
  terminal = new AgentTerminal(board.client, new Queue(), () => undefined);
  terminal.onData((chunk) => (shown += text(chunk)));
});

describe('the terminal of a board behind a broker', () => {
  it('shows text that was typed ahead again when it runs', async () => {
    const first = terminal.write(utf8('a = 1\r'));
    await settled();
    await terminal.write(utf8('b = 2\rfor i in b:\r'));
    expect(shown).toBe('');
    await ends();
    expect(shown).toBe('>>> b = 2\r\n');
    await ends();
    await first;
    expect(shown).toBe('>>> b = 2\r\n>>> for i in b:\r\n... ');
    expect(board.of(Op.exec).map((f) => codeOf(f))).toEqual([
      { mode: 'single', code: 'a = 1\n' },
      { mode: 'single', code: 'b = 2\n' },
    ]);
  });

  it('runs input that earlier code has left unread', async () => {
    board.birth = { ...BIRTH, mtu: 1000 };
    const first = terminal.write(utf8('sleep()\r'));
    await settled();
    const id = board.of(Op.exec)[0]?.reqid ?? 0;
    board.json(Op.busy, id, { ms: 1 });
    const ahead = [terminal.write(utf8('b = 2\r')), terminal.write(utf8('c = 3\r'))];
    await settled();
    board.say(Op.ack, id, { offset: 6 });
    board.json(Op.ok, id, { ok: 1, ms: 1, n: 0, drop: 0, in: 0 });
    await settled();
    await ends();
    await ends();
    await Promise.all([first, ...ahead]);
    expect(board.of(Op.exec).map((f) => codeOf(f).code)).toEqual([
      'sleep()\n',
      'b = 2\n',
      'c = 3\n',
    ]);
    expect(shown).toBe('>>> b = 2\r\n>>> c = 3\r\n>>> ');
  });

  it('runs a paste unchanged, with the empty lines in its blocks', async () => {
    const pasted = terminal.lineMode.paste('def f():\r\n    a = 1\r\n\r\n    return a\r\nf()');
    await settled();
    expect(shown).toBe(
      '\r\n=== def f():\r\n===     a = 1\r\n=== \r\n===     return a\r\n=== f()\r\n',
    );
    await ends();
    await pasted;
    expect(shown.endsWith('>>> ')).toBe(true);
    expect(board.of(Op.exec).map((f) => codeOf(f))).toEqual([
      { mode: 'exec', code: 'def f():\n    a = 1\n\n    return a\nf()\n' },
    ]);
  });
});

it('removes typed text from the screen and restores it with its cursor', () => {
  const editor = new LineEditor();
  const echoes = (events: ReturnType<LineEditor['hide']>) =>
    events.map((e) => (e.kind === 'echo' ? e.text : e.kind)).join('');
  expect(echoes(editor.hide())).toBe('');
  editor.input('name\x1b[D');
  expect(echoes(editor.hide())).toBe('\x1b[3D\x1b[K');
  expect(echoes(editor.redraw())).toBe('name\x1b[1D');
});
