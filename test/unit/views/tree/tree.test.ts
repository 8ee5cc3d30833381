import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Board } from '../../../../src/core/board/board';
import { BoardConsole } from '../../../../src/core/board/boardConsole';
import type { BoardFiles } from '../../../../src/core/boardFiles';
import type { BoardState } from '../../../../src/core/board/boardState';
import { systemClock } from '../../../../src/core/async';
import { text, utf8 } from '../../../../src/core/bytes';
import { fakeWorld } from '../../rig/fakeBoard';

vi.mock('vscode', async () => (await import('../../rig/vscodeShape')).vscodeShape);

const { FileChanges } = await import('../../../../src/views/fileChanges');
const { FileVersions } = await import('../../../../src/views/fileSystem/versions');
const { ReplOutput } = await import('../../../../src/views/repl/replOutput');
const { stateLook } = await import('../../../../src/views/tree/boardLook');
const { FolderListings } = await import('../../../../src/views/tree/folderListings');
const { childOf, nameOf, parentOf } = await import('../../../../src/views/tree/nodes');
const { escape } = await import('../../../../src/views/tree/tooltip');

const listed: string[] = [];
const tree: Record<string, [string, 'file' | 'dir'][]> = {
  '/': [
    ['main.py', 'file'],
    ['lib10', 'dir'],
    ['lib2', 'dir'],
  ],
  '/lib2': [['a.py', 'file']],
  '/lib10': [],
};
const files = {
  walk: (path: string) => {
    listed.push(path);
    const entries = tree[path] ?? [];
    return Promise.resolve(
      entries.map(([name, type]) => ({ path: childOf(path, name), type, size: 1 })),
    );
  },
  write: () => Promise.resolve(),
  rename: () => Promise.resolve(),
  remove: () => Promise.reject(new Error('busy')),
} as unknown as BoardFiles;

function aBoard(): Board {
  const { services } = fakeWorld({}, { createFiles: () => files });
  return new Board('b', services, { name: () => 'kitchen' });
}

beforeEach(() => void listed.splice(0));

describe('how a state is drawn', () => {
  const states: BoardState[] = [
    { tag: 'disconnected' },
    { tag: 'disconnected', error: new Error('in use') },
    { tag: 'online' },
    { tag: 'connecting' },
    { tag: 'connected' },
    { tag: 'idle' },
    { tag: 'running' },
    { tag: 'busy', job: 'Uploading' },
    { tag: 'reconnecting', attempt: 1 },
  ];
  it('has a different word for every state', () => {
    const words = states.map((s) => stateLook(s, true).word);
    expect(new Set(words).size).toBe(states.length);
  });
  it('distinguishes ready, running, busy and away by icon or colour', () => {
    const looks = states.slice(4).map((s) => {
      const { icon, color } = stateLook(s, true);
      return `${icon} ${color ?? ''}`;
    });
    expect(new Set(looks).size).toBe(looks.length);
  });
  it('shows a board that is not present as away, for any error', () => {
    expect(stateLook({ tag: 'disconnected', error: new Error('x') }, false).word).toBe('away');
  });
});

describe('paths', () => {
  it('are split and joined', () => {
    expect([parentOf('/a/b.py'), parentOf('/a'), parentOf('/')]).toEqual(['/a', '/', '/']);
    expect([childOf('/', 'a'), childOf('/a', 'b')]).toEqual(['/a', '/a/b']);
    expect(nameOf('/lib/a b#.py')).toBe('a b#.py');
  });
});

describe('folder listings', () => {
  it('show folders first, numbers in order, and read a folder once', async () => {
    const listings = new FolderListings();
    const board = aBoard();
    const names = (await listings.list(board, '/')).map((n) => n.entry.name);
    await listings.list(board, '/');
    expect(names).toEqual(['lib2', 'lib10', 'main.py']);
    expect(listed).toEqual(['/']);
  });
  it('keep the object of a path, so that VS Code redraws the node it shows', async () => {
    const listings = new FolderListings();
    const board = aBoard();
    const [before] = await listings.list(board, '/');
    listings.invalidate(board, '/main.py');
    const [after] = await listings.list(board, '/');
    expect(after).toBe(before);
    expect(listed).toEqual(['/', '/']);
  });
  it('read only changed folders again', async () => {
    const listings = new FolderListings();
    const board = aBoard();
    for (const path of ['/', '/lib2', '/lib10']) await listings.list(board, path);
    expect(listings.invalidate(board, '/lib2/a.py')).toEqual(['/lib2']);
    expect(listings.has(board, '/')).toBe(true);
    expect(listings.has(board, '/lib10')).toBe(true);
  });
  it('redraw the nearest known folder when a file is in a folder that was never shown', async () => {
    const listings = new FolderListings();
    const board = aBoard();
    await listings.list(board, '/');
    expect(listings.invalidate(board, '/new/deep/a.py')).toEqual(['/']);
  });
});

describe('a change on a board', () => {
  it('is reported after success, and not after a failure', async () => {
    const changes = new FileChanges();
    const board = aBoard();
    const told: string[] = [];
    changes.onDidChange((all) => told.push(...all.map((c) => `${c.type} ${c.path}`)));
    const observed = changes.observe(files, board);
    await observed.write('/a', utf8(''));
    await observed.rename('/a', '/b');
    await expect(observed.remove('/b')).rejects.toThrow('busy');
    expect(told).toEqual(['changed /a', 'deleted /a', 'created /b']);
  });
});

describe('modification times', () => {
  it('change with the file, also on a board without a clock', () => {
    let now = 1000;
    const versions = new FileVersions(() => now);
    const board = aBoard();
    const stat = { type: 'file' as const, size: 5 };
    expect(versions.seen(board, '/a', stat)).toBe(1000);
    now = 2000;
    expect(versions.seen(board, '/a', stat)).toBe(1000);
    expect(versions.seen(board, '/a', { ...stat, size: 6 })).toBe(2000);
    now = 1500; // the computer's clock was set back
    expect(versions.seen(board, '/a', { ...stat, size: 7 })).toBe(2001);
  });
  it('are forgotten below a deleted folder', () => {
    const versions = new FileVersions(() => 1);
    const board = aBoard();
    versions.seen(board, '/lib/a', { type: 'file', size: 1 });
    versions.seen(board, '/library', { type: 'file', size: 1 });
    versions.forget(board, '/lib');
    expect(versions.known(board, '/lib/a')).toBeUndefined();
    expect(versions.known(board, '/library')).toBeDefined();
  });
});

describe('output for a terminal', () => {
  const undimmed = (t: string) => t.replaceAll('\x1b[2m', '').replaceAll('\x1b[0m', '');
  const shown = (...chunks: (Uint8Array | string)[]) => {
    let out = '';
    const output = new ReplOutput((text) => (out += text));
    for (const chunk of chunks) {
      if (typeof chunk === 'string') output.note(chunk);
      else output.show(chunk);
    }
    return out;
  };
  it('joins characters that are split across chunks', () => {
    const bytes = utf8('1 €\r\n');
    const cut = [...bytes].map((b) => Uint8Array.of(b));
    expect(shown(...cut)).toBe('1 €\r\n');
  });
  it('shows bytes that are not UTF-8 without losing the rest', () => {
    expect(shown(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
  });
  it('shows each note on its own line, without empty lines between them', () => {
    let out = '';
    const output = new ReplOutput((piece) => (out += piece));
    const console = new BoardConsole(systemClock);
    console.onData((chunk) => output.show(chunk));
    console.onNote((note) => output.note(note));
    console.show(utf8('>>> '));
    output.note('Connected');
    console.note('Running a.py');
    console.show(utf8('1\r\n'));
    console.note('Stopped');
    output.prompt('>>> ');
    output.prompt('>>> ');
    const plain = undimmed(out);
    expect(plain).toBe('>>> \r\n[Connected]\r\n[Running a.py]\r\n1\r\n[Stopped]\r\n>>> \r\n>>> ');
    const kept = undimmed(text(console.history));
    expect(kept).toBe('>>> \r\n[Running a.py]\r\n1\r\n[Stopped]\r\n');
  });
  it('returns the carriage before a bare line feed only', () => {
    expect(shown(utf8('a\nb\r'), utf8('\nc\n'))).toBe('a\r\nb\r\nc\r\n');
    expect(shown(utf8('\n\n'))).toBe('\r\n\r\n');
  });
  it('puts a note on a line of its own', () => {
    expect(shown(utf8('>>> '), 'Connected', utf8('x'))).toBe(
      '>>> \r\n\x1b[2m[Connected]\x1b[0m\r\nx',
    );
  });
});

describe('texts from boards in tooltips', () => {
  it('are shown literally', () => {
    expect(escape('[x](command:evil) <b>&amp; | *a*\n')).toBe(
      '\\[x\\]\\(command\\:evil\\) &lt;b&gt;&amp;amp; \\| \\*a\\* ',
    );
  });
  it('are cut when they are long', () => {
    expect(escape('x'.repeat(1000)).length).toBeLessThan(200);
  });
});
