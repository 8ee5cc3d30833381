import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WalkEntry } from '../../../../src/core/boardFiles';
import type { FolderScan } from '../../../../src/core/sync/folderScan';
import { BUILT_IN_IGNORES, IgnoreRules } from '../../../../src/core/sync/ignoreRules';
import { parseMapping, type MappingSetting } from '../../../../src/core/sync/mapping';
import type { LocalFile, LocalTree, SyncMode } from '../../../../src/core/sync/model';
import type { HostNames } from '../../../../src/core/files/hostNames';
import { plan } from '../../../../src/core/sync/planner';
import { folderRules, protection } from '../../../../src/core/sync/rules';
import { planSummary } from '../../../../src/core/sync/summary';

const linux: HostNames = { windows: false, caseInsensitive: false };
const windows: HostNames = { windows: true, caseInsensitive: true };

/** "path=content" on the computer, laid under /w. */
function tree(...files: string[]): LocalTree {
  return {
    files: files.map((text): LocalFile => {
      const [board = '', content = ''] = text.split('=');
      return { board, local: `/w${board}`, size: content.length, sha256: `h(${content})` };
    }),
    dirs: [],
    problems: [],
  };
}

/** "path=content" or "path/" on the board. */
function board(...entries: string[]): WalkEntry[] {
  return entries.map((text) => {
    if (text.endsWith('/')) return { path: text.slice(0, -1), type: 'dir', size: 0 };
    const [path = '', content = ''] = text.split('=');
    return { path, type: 'file', size: content.length, sha256: `h(${content})` };
  });
}

interface Setup {
  mappings?: MappingSetting[];
  ignore?: string;
  protect?: string[];
  host?: HostNames;
}

function rules({ mappings = ['. -> /'], ignore = '', protect = [], host = linux }: Setup = {}) {
  const ignores = IgnoreRules.parse(BUILT_IN_IGNORES).and(IgnoreRules.parse(ignore));
  const scan: FolderScan = { tree: tree(), mappings: mappings.map(parseMapping), ignores };
  return folderRules('/w', scan, protect, host);
}

function steps(mode: SyncMode, local: LocalTree, remote: WalkEntry[], setup?: Setup) {
  const made = plan(local, remote, mode, rules(setup));
  return made.actions.map((a) => `${a.kind} ${a.path}`);
}

describe('push', () => {
  const local = tree('/main.py=new', '/lib/a.py=same', '/b.py=b');
  const remote = board('/main.py=old', '/lib/', '/lib/a.py=same', '/extra.py=x', '/old/');

  it('adds and updates by hash, and never deletes', () => {
    expect(steps('push', local, remote)).toEqual(['add /b.py', 'update /main.py']);
    expect(planSummary(plan(local, remote, 'push', rules()))).toBe(
      '1 to add, 1 to update, 1 up to date',
    );
  });

  it('counts the folders that a mirror deletes, as its list and its question do', () => {
    const mirrored = plan(tree('/a=1'), board('/a=1', '/x/', '/x/y.py=2'), 'mirror', rules());
    expect(planSummary(mirrored)).toBe('2 to delete, 1 up to date');
    expect(mirrored.actions).toHaveLength(2);
  });

  it('says so when there is nothing to do', () => {
    const same = plan(tree('/a=1', '/b=2'), board('/a=1', '/b=2'), 'push', rules());
    expect(planSummary(same)).toBe('All 2 up to date');
  });

  it('treats an unknown hash with the same size as a change', () => {
    const remote = [{ path: '/a', type: 'file' as const, size: 1 }];
    expect(steps('push', tree('/a=1'), remote)).toEqual(['update /a']);
  });

  it('treats different line ends as a change', () => {
    expect(steps('push', tree('/a=x\r\n'), board('/a=x\n'))).toEqual(['update /a']);
  });

  it('leaves out a file whose place is a folder on the board, and vice versa', () => {
    const made = plan(tree('/a=1', '/b/c=2'), board('/a/', '/a/x=1', '/b=2'), 'mirror', rules());
    const errors = made.problems.map((p) => `${p.severity} ${p.path}`);
    expect(errors).toEqual(['error /a', 'error /b/c']);
    expect(made.actions.filter((a) => a.kind !== 'delete')).toEqual([]);
  });
});

describe('mirror', () => {
  it('deletes extra files, each before the folder that it empties', () => {
    const remote = board('/main.py=1', '/old/', '/old/deep/', '/old/deep/x=1', '/old/y=1', '/e/');
    expect(steps('mirror', tree('/main.py=1'), remote)).toEqual([
      'delete /old/deep/x',
      'delete /old/y',
      'delete /old/deep',
      'delete /old',
      'delete /e',
    ]);
  });

  it('never deletes protected files', () => {
    const remote = board(
      '/boot.py=1',
      '/webrepl_cfg.py=1',
      '/mpyfleet/',
      '/mpyfleet/link.py=1',
      '/mpyfleet_hal.py=1',
      '/boot_out.txt=1',
      '/data/',
      '/data/log.csv=1',
      '/data/log.txt=1',
      '/x.py=1',
    );
    const made = plan(tree(), remote, 'mirror', rules({ protect: ['/data/*.csv'] }));
    expect(made.actions.map((a) => a.path)).toEqual(['/data/log.txt', '/x.py']);
    expect(made.kept).toEqual([
      '/boot.py',
      '/boot_out.txt',
      '/data/log.csv',
      '/mpyfleet',
      '/mpyfleet_hal.py',
      '/webrepl_cfg.py',
    ]);
  });

  it('does not let user rules shorten the protected list', () => {
    const isProtected = protection(['!/boot.py', '!/mpyfleet']);
    expect(isProtected('/boot.py', false)).toBe(true);
    expect(isProtected('/mpyfleet/x', false)).toBe(true);
    expect(isProtected('/lib/boot.py', false)).toBe(false);
  });

  it('does not touch ignored files, or files outside the mapped folders', () => {
    const setup = { mappings: ['src -> /app'], ignore: '*.log' };
    const remote = board(
      '/main.py=1',
      '/app/',
      '/app/a.py=1',
      '/app/x.log=1',
      '/app/d/',
      '/app/d/y.log=',
    );
    expect(steps('mirror', tree(), remote, setup)).toEqual(['delete /app/a.py']);
  });

  it('deletes nothing where the mapped folder does not exist', () => {
    const scan: FolderScan = {
      tree: tree(),
      mappings: [{ from: 'srcc', to: '/', missing: true }],
      ignores: IgnoreRules.none,
    };
    const made = plan(tree(), board('/a=1'), 'mirror', folderRules('/w', scan, [], linux));
    expect(made.actions).toEqual([]);
    expect(made.kept).toEqual(['/a']);
  });

  it('keeps empty folders that exist on the computer', () => {
    const local = { ...tree(), dirs: ['/data/in'] };
    expect(steps('mirror', local, board('/data/', '/data/in/', '/data/out/'))).toEqual([
      'delete /data/out',
    ]);
  });

  it('reaches the target state, and touches nothing protected or hidden, for any two trees', () => {
    const name = fc.constantFrom('a', 'b.py', 'boot.py', 'x.log', 'lib', 'mpyfleet');
    const path = fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((parts) => `/${parts.join('/')}`);
    const side = fc.dictionary(path, fc.constantFrom('1', '2'), { maxKeys: 8 }).map(wellFormed);
    fc.assert(
      fc.property(side, side, (here, there) => {
        const setup = { ignore: '*.log' };
        const local = tree(...lines(visible(here)));
        const remote = board(...foldersOf(there).map((d) => `${d}/`), ...lines(there));
        const made = plan(local, remote, 'mirror', rules(setup));
        const after = new Map(Object.entries(there));
        for (const action of made.actions) {
          if (action.type === 'dir') continue;
          if (action.kind === 'delete') after.delete(action.path);
          else after.set(action.path, here[action.path] ?? 'missing');
        }
        const left = made.problems.filter((p) => p.severity === 'error').map((p) => p.path);
        for (const [p, content] of Object.entries(visible(here)))
          if (!left.includes(p)) expect(after.get(p)).toBe(content);
        for (const p of Object.keys(there))
          if (keeps(p) || p.includes('x.log')) expect(after.has(p)).toBe(true);
        // A file that stands where a folder is wanted stays, and has been reported.
        const blocking = (p: string) => left.some((other) => other.startsWith(`${p}/`));
        for (const p of after.keys())
          expect(blocking(p) || p in here || keeps(p) || p.includes('x.log')).toBe(true);
      }),
    );
  });
});

const keeps = (p: string) =>
  p === '/boot.py' || p.startsWith('/boot.py/') || /^\/mpyfleet(\/|$)/.test(p);
const lines = (files: Record<string, string>) => Object.entries(files).map(([p, c]) => `${p}=${c}`);
const visible = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).filter(([p]) => !p.includes('x.log')));

function foldersOf(files: Record<string, string>): string[] {
  const parents = Object.keys(files).flatMap((p) => {
    const parts = p.split('/').slice(1, -1);
    return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
  });
  return [...new Set(parents)];
}

/** No path is both a file and a folder on the same side. */
function wellFormed(files: Record<string, string>): Record<string, string> {
  const folders = new Set(foldersOf(files));
  return Object.fromEntries(Object.entries(files).filter(([p]) => !folders.has(p)));
}

describe('pull', () => {
  it('downloads new and changed files to their mapped places, and deletes no local ones', () => {
    const setup = { mappings: ['src -> /', 'lib -> /lib'] };
    const remote = board('/main.py=new', '/lib/', '/lib/x.py=1', '/.git/', '/.git/z=1');
    const made = plan(tree('/main.py=old', '/only.py=1'), remote, 'pull', rules(setup));
    expect(made.actions.map((a) => `${a.kind} ${a.side} ${a.local ?? ''}`)).toEqual([
      'add local /w/lib/x.py',
      'update local /w/main.py',
    ]);
  });

  it('never leaves the folder, for any names from a board', () => {
    const remote = board('/../../etc/passwd=1', '/lib/../../x=1', '/..=1', '/a\u0000b=1', '/ok=1');
    const made = plan(tree(), remote, 'pull', rules());
    expect(made.actions.map((a) => a.local)).toEqual(['/w/ok']);
    expect(made.problems).toHaveLength(4);
  });

  it.each(['/con', '/lib/NUL.txt', '/a:b', '/a\\..\\b', '/dot.', '/com¹.py'])(
    'reports %s, which Windows cannot have',
    (path) => {
      const on = (host: HostNames) => plan(tree(), board(`${path}=1`), 'pull', rules({ host }));
      expect(on(windows).actions).toEqual([]);
      expect(on(windows).problems[0]?.severity).toBe('error');
      expect(on(linux).actions).toHaveLength(1);
      expect(on(linux).problems[0]?.severity).toBe('warning');
    },
  );

  it('does not let two names of a board overwrite each other on a case-insensitive system', () => {
    const remote = board('/Main.py=1', '/main.py=2', '/e\u0301.py=1', '/\u00e9.py=1');
    const made = plan(tree(), remote, 'pull', rules({ host: windows }));
    expect(made.actions.map((a) => a.path)).toEqual(['/Main.py', '/e\u0301.py']);
    expect(plan(tree(), remote, 'pull', rules()).actions).toHaveLength(4);
    const here = plan(tree('/LIB.py=0'), board('/lib.py=1'), 'pull', rules({ host: windows }));
    expect(here.actions).toEqual([]);
  });

  it('uses one of two files that belong to the same place', () => {
    const setup = { mappings: ['src -> /a', 'src -> /b'] };
    const made = plan(tree(), board('/a/', '/a/x=1', '/b/', '/b/x=2'), 'pull', rules(setup));
    expect(made.actions.map((a) => a.path)).toEqual(['/a/x']);
    expect(made.problems[0]?.message).toContain('/b/x and /a/x both belong to');
  });
});
