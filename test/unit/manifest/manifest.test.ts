import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';

// The command table is data, but its modules import VS Code, which plain Node does not have. The tests call nothing of it.
vi.mock('vscode', async () => (await import('../rig/vscodeShape')).vscodeShape);

const { manifestTexts } = await import('../../../scripts/manifest.mjs');
const { commands } = await import('../../../src/commands');
const { SETTINGS } = await import('../../../src/views/settings');
const { PORT_HINT_IDS } = await import('../../../src/core/board/portHints');

interface MenuItem {
  readonly command?: string;
  readonly submenu?: string;
  readonly group?: string;
  readonly when?: string;
}
interface Manifest {
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] };
  };
  readonly contributes: {
    readonly commands: readonly {
      command: string;
      title: string;
      category: string;
      icon?: string;
    }[];
    readonly menus: Record<string, readonly MenuItem[]>;
    readonly submenus: readonly { id: string; label: string }[];
    readonly keybindings: readonly { command: string; key: string; when?: string }[];
    readonly viewsWelcome: readonly { view: string; contents: string; when?: string }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly { id: string; completionEvents?: readonly string[] }[];
    }[];
    readonly views: Record<string, readonly { id: string }[]>;
    readonly configuration: readonly {
      properties: Record<
        string,
        { default: unknown; markdownDescription?: string; scope?: string }
      >;
    }[];
    readonly configurationDefaults: {
      'terminal.integrated.commandsToSkipShell': readonly string[];
      'remote.portsAttributes': Record<string, { onAutoForward: string }>;
    };
    readonly debuggers?: unknown;
  };
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8'));
const manifestText = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
const manifest = read('package.json') as Manifest;
const words = read('package.nls.json') as Record<string, string>;
const { contributes } = manifest;

describe('the command table and the manifest', () => {
  const inTable = commands.map((c) => `mpyFleet.${c.id}`).sort();

  it('match the tables of src/manifest: node scripts/manifest.mjs writes them', async () => {
    const { manifest: text, words: titles } = await manifestTexts();
    expect(manifestText === text).toBe(true);
    expect(JSON.stringify(words)).toBe(JSON.stringify(JSON.parse(titles)));
  });

  it('name the same commands, each once', () => {
    expect(contributes.commands.map((c) => c.command).sort()).toEqual(inTable);
    expect(new Set(inTable).size).toBe(inTable.length);
  });

  it('show every command under the MicroPython category, with a title from package.nls.json', () => {
    for (const { command, title, category } of contributes.commands) {
      expect(category, command).toBe('MicroPython');
      expect(title, command).toMatch(/^%.+%$/);
    }
  });

  it('have no menu item, key or welcome link for an unknown command', () => {
    const used = [
      ...Object.values(contributes.menus).flatMap((items) => items.map((i) => i.command)),
      ...contributes.keybindings.map((k) => k.command),
      ...Object.values(words).flatMap((text) =>
        [...text.matchAll(/\(command:([\w.]+)/g)].map((m) => m[1]),
      ),
    ].filter((c): c is string => c?.startsWith('mpyFleet.') ?? false);
    expect(used.filter((c) => !inTable.includes(c) && !/\.(focus|open)$/.test(c))).toEqual([]);
  });

  it('bind no key without saying when', () => {
    expect(contributes.keybindings.filter((k) => !k.when)).toEqual([]);
  });

  it('let the keys to run, stop and upload work from a terminal too, where others go to the shell', () => {
    const keys = contributes.keybindings.filter((k) => /\b(runFile|upload|stop)$/.test(k.command));
    expect(keys).toHaveLength(3);
    const skip = contributes.configurationDefaults['terminal.integrated.commandsToSkipShell'];
    expect([...skip].sort()).toEqual(keys.map((k) => k.command).sort());
    for (const { when, command } of keys) expect(when, command).not.toMatch(/Focus/);
  });

  it('give Connect and Run different icons', () => {
    const icon = (id: string) => contributes.commands.find((c) => c.command === id)?.icon;
    const run = ['runFile', 'runOnBoard', 'fleetRun'].map((id) => icon(`mpyFleet.${id}`));
    expect(run).not.toContain(icon('mpyFleet.connect'));
    expect(icon('mpyFleet.connect')).toBe(icon('mpyFleet.connectVia'));
  });

  it('offer the file in the editor to many boards where it is offered to one', () => {
    const offered = (menu: string) => (contributes.menus[menu] ?? []).map((i) => i.command);
    expect(offered('editor/title/run')).toContain('mpyFleet.fleetRun');
  });

  it('have buttons in their views for steps whose message hides itself', () => {
    const button = (menu: string, command: string) =>
      (contributes.menus[menu] ?? []).find(
        (i) => i.command === command && /^(navigation|inline)@/.test(i.group ?? ''),
      )?.when;
    expect(button('view/title', 'mpyFleet.syncUndo')).toBe('view == mpyFleet.sync');
    expect(button('view/item/context', 'mpyFleet.putAgentOnBoard')).toMatch(/mpyFleet\.brokers/);
  });
});

describe('the menus of the tree', () => {
  const context = contributes.menus['view/item/context'] ?? [];
  /** What a row offers: `when` clauses of the manifest, evaluated as VS Code does. */
  const shown = (
    viewItem: string,
    listMultiSelection: boolean,
    inline = false,
    keys: Readonly<Record<string, boolean>> = {},
  ) =>
    context
      .filter((i) => i.group?.startsWith('inline') === inline)
      .filter((i) =>
        holds(i.when ?? '', { view: 'mpyFleet.boards', viewItem, listMultiSelection, ...keys }),
      )
      .map((i) => i.command ?? i.submenu ?? '');
  const rows = {
    'a board at its prompt': 'board idle open present known canHardReset on-serial',
    'a board with the agent':
      'board idle open present known several agent canHardReset on-serial on-mqtt',
    'a board that runs a program': 'board running open present known on-serial',
    'a board that is not connected': 'board disconnected closed present known on-webrepl',
    'a board that is being connected': 'board connecting closed present trying known on-serial',
    'a board that is away': 'board disconnected known on-serial',
    'a board that a colleague shares':
      'board online closed present known atColleague canHardReset on-mqtt',
    'a demo board': 'board idle open present known on-demo',
    'a group': 'group',
    'a file': 'remote file python',
    'a folder': 'remote dir',
  };

  it.each(Object.entries(rows))('offer at most 12 entries on %s', (_, viewItem) => {
    for (const several of [false, true]) {
      const items = shown(viewItem, several);
      expect(items.length, items.join(', ')).toBeLessThanOrEqual(12);
      expect(new Set(items).size, items.join(', ')).toBe(items.length);
    }
  });

  it('offer a command only on boards that it can work on', () => {
    const which = new Map<string, string>(
      commands.flatMap((c) =>
        'which' in c && c.which !== 'any'
          ? [[`mpyFleet.${c.id}`, c.which === 'presentOrLater' ? 'present' : c.which] as const]
          : [],
      ),
    );
    for (const [row, viewItem] of Object.entries(rows).filter(([, v]) => v.startsWith('board'))) {
      const wrong = [...shown(viewItem, false), ...shown(viewItem, false, true)].filter(
        (id) => !viewItem.split(' ').includes(which.get(id) ?? 'board'),
      );
      expect(wrong, row).toEqual([]);
    }
  });

  it('hide commands for one row when several are selected', () => {
    const one = commands.filter((c) => c.needs === 'board').map((c) => `mpyFleet.${c.id}`);
    for (const viewItem of Object.values(rows)) {
      expect(shown(viewItem, true).filter((c) => one.includes(c))).toEqual([]);
    }
    for (const { id } of contributes.submenus) {
      const items = contributes.menus[id] ?? [];
      const offered = items.filter((i) =>
        holds(i.when ?? '', { viewItem: rows['a board with the agent'], listMultiSelection: true }),
      );
      if (id === 'mpyFleet.filesMenu') continue; // hidden as a whole
      expect(offered.map((i) => i.command).filter((c) => one.includes(c ?? ''))).toEqual([]);
    }
    expect(shown(rows['a board with the agent'], true)).not.toContain('mpyFleet.filesMenu');
  });

  it('offer the agent and packages on several boards and on groups', () => {
    const inMenu = (id: string, viewItem: string, listMultiSelection: boolean) =>
      (contributes.menus[id] ?? [])
        .filter((i) => holds(i.when ?? '', { viewItem, listMultiSelection }))
        .map((i) => (i.command ?? '').replace('mpyFleet.', ''));
    const agent = ['putAgent', 'updateAgent', 'removeAgent', 'safeMode', 'leaveSafeMode'];
    for (const [row, several] of [
      [rows['a board with the agent'], true],
      [rows['a group'], false],
    ] as const) {
      expect(shown(row, several)).toEqual(
        expect.arrayContaining(['mpyFleet.agentMenu', 'mpyFleet.manyMenu']),
      );
      expect(inMenu('mpyFleet.agentMenu', row, several)).toEqual(expect.arrayContaining(agent));
      expect(inMenu('mpyFleet.manyMenu', row, several)).toEqual(
        expect.arrayContaining(['installPackage', 'updatePackages', 'installLock']),
      );
    }
  });

  it('offer only its key for a board that a colleague shares: it has no agent of its own', () => {
    const viewItem = rows['a board that a colleague shares'];
    const offered = (contributes.menus['mpyFleet.agentMenu'] ?? []).filter((i) =>
      holds(i.when ?? '', { viewItem, listMultiSelection: false }),
    );
    expect(offered.map((i) => i.command)).toEqual(['mpyFleet.importKey', 'mpyFleet.copyKey']);
  });

  it('offer a group commands for several boards, and none for one board', () => {
    const one = commands.filter((c) => c.needs === 'board').map((c) => `mpyFleet.${c.id}`);
    const offered = [
      ...shown(rows['a group'], false),
      ...contributes.submenus
        .filter(({ id }) => shown(rows['a group'], false).includes(id))
        .flatMap(({ id }) =>
          (contributes.menus[id] ?? [])
            .filter((i) => holds(i.when ?? '', { viewItem: 'group', listMultiSelection: false }))
            .map((i) => i.command ?? ''),
        ),
    ];
    const wanted = ['softReset', 'hardReset', 'rename', 'collectFiles', 'uploadTo'];
    const more = ['syncPush', 'syncPreview', 'syncMirror', 'installPackage'];
    expect(offered).toEqual(
      expect.arrayContaining([...wanted, ...more].map((id) => `mpyFleet.${id}`)),
    );
    expect(offered.filter((id) => one.includes(id))).toEqual([]);
  });

  it('share entries for boards, their files and the line of free space', () => {
    const common = [rows['a board at its prompt'], rows['a file'], rows['a folder'], 'note'].map(
      (viewItem) => shown(viewItem, true),
    );
    expect(common.reduce((a, b) => a.filter((c) => b.includes(c)))).toEqual(['mpyFleet.download']);
  });

  it('offer on boards with the rows below them what they offer on the boards, and no more icons', () => {
    const selected = { 'mpyFleet.boardsSelected': true };
    const within = [rows['a file'], rows['a folder'], 'note', 'link available'];
    for (const board of [rows['a board at its prompt'], rows['a board that runs a program']]) {
      const common = shown(board, true, false, selected).filter((id) =>
        within.every((row) => shown(row, true, false, selected).includes(id)),
      );
      expect(common).toEqual(shown(board, true));
    }
    for (const row of within) {
      expect(shown(row, true, true, selected)).toEqual(shown(row, true, true));
      // VS Code leaves a submenu without entries out.
      const values = { viewItem: row, listMultiSelection: true, ...selected };
      for (const id of shown(rows['a board with the agent'], true).filter((i) =>
        i.endsWith('Menu'),
      ))
        expect(
          contributes.menus[id]?.some((i) => holds(i.when ?? '', values)),
          id,
        ).toBe(true);
    }
  });

  it('place a submenu once in each menu, because VS Code ignores the second place', () => {
    for (const items of Object.values(contributes.menus)) {
      const used = items.flatMap((i) => i.submenu ?? []);
      expect(used).toEqual([...new Set(used)]);
    }
  });

  it('use every submenu, each with a name and an entry', () => {
    const used = context.flatMap((i) => i.submenu ?? []);
    for (const { id, label } of contributes.submenus) {
      expect(used).toContain(id);
      expect(label).toMatch(/^%.+%$/);
      expect(contributes.menus[id]?.length).toBeGreaterThan(0);
    }
  });

  it('never show two commands with one title next to each other', () => {
    const title = (id: string) => contributes.commands.find((c) => c.command === id)?.title ?? id;
    for (const viewItem of Object.values(rows)) {
      const titles = shown(viewItem, false).map((c) => words[title(c).slice(1, -1)] ?? c);
      expect(new Set(titles).size, titles.join(', ')).toBe(titles.length);
    }
  });
});

/** Evaluates the parts of `when` clauses that the manifest uses for rows: ||, &&, ==, =~, !, brackets around one regex. */
function holds(when: string, values: Readonly<Record<string, string | boolean>>): boolean {
  return when.split(/\s*\|\|\s*/).some((part) => allHold(part, values));
}

function allHold(when: string, values: Readonly<Record<string, string | boolean>>): boolean {
  return when.split(/\s*&&\s*/).every((part) => {
    if (part === '') return true;
    const negated = /^!\(?(.*?)\)?$/.exec(part);
    if (part.startsWith('!')) return !holds(negated?.[1] ?? '', values);
    const [, key = part, operator, value = ''] = /^(\S+) (==|=~) (.+)$/.exec(part) ?? [];
    const actual = values[key];
    if (operator === '==') return String(actual) === value;
    if (operator === '=~') return new RegExp(value.slice(1, -1)).test(String(actual));
    return actual === true;
  });
}

describe('the manifest', () => {
  it('has a text for every placeholder, and no unused text', () => {
    const used = [...manifestText.matchAll(/"%([\w.-]+)%"/g)].map((m) => m[1] ?? '').sort();
    expect(Object.keys(words).sort()).toEqual([...new Set(used)]);
  });

  it('contributes exactly the settings that the code reads, with the same defaults and a description', () => {
    const properties = Object.assign(
      {},
      ...contributes.configuration.map((s) => s.properties),
    ) as Manifest['contributes']['configuration'][number]['properties'];
    const defaults = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [
        key.replace(/^mpyFleet\./, ''),
        value.default,
      ]),
    );
    expect(defaults).toEqual(SETTINGS);
    for (const [key, { markdownDescription }] of Object.entries(properties)) {
      expect(markdownDescription, key).toMatch(/^%.+%$/);
    }
  });

  it('activates the extension only when needed', () => {
    const allowed =
      /^(onStartupFinished|onFileSystem:mpy|onTerminalProfile:mpyFleet\.\w+|onNotebook:jupyter-notebook)$/;
    expect(manifest.activationEvents.filter((e) => !allowed.test(e))).toEqual([]);
  });

  it('has a view for every welcome text', () => {
    const views = Object.values(contributes.views).flatMap((list) => list.map((v) => v.id));
    expect(contributes.viewsWelcome.filter((w) => !views.includes(w.view))).toEqual([]);
  });

  it('looks for boards before it says that there are none', () => {
    const welcome = contributes.viewsWelcome.filter((w) => w.view === 'mpyFleet.boards');
    const whileLooking = welcome.filter(({ when = '' }) => when.includes('!mpyFleet.scanned'));
    expect(whileLooking.map((w) => w.contents)).toEqual(['%welcome.looking%']);
    expect(words['welcome.looking']).toMatch(/^Looking for boards/);
    expect(welcome.filter(({ when = '' }) => !/scanned|filtered/.test(when))).toEqual([]);
  });

  it('gives the reasons for a missing port under conditions that VS Code understands', () => {
    const hints = contributes.viewsWelcome.filter((w) => w.contents.startsWith('%welcome.hint.'));
    const known = PORT_HINT_IDS.map((id) => `%welcome.hint.${id}%`);
    expect(hints.filter((w) => !known.includes(w.contents))).toEqual([]);
    for (const { contents, when } of hints) {
      const id = contents.slice('%welcome.hint.'.length, -1);
      expect(when).toBe(`!mpyFleet.filtered && mpyFleet.scanned && mpyFleet.portHint.${id}`);
    }
    // VS Code treats a clause that it cannot parse as true. In these texts, it renders only links of Markdown.
    const readable = /^!?\w[\w.]*( && !?\w[\w.]*)*$/;
    expect(contributes.viewsWelcome.filter(({ when = 'a' }) => !readable.test(when))).toEqual([]);
    const welcome = Object.entries(words).filter(([key]) => key.startsWith('welcome.'));
    expect(welcome.filter(([, text]) => /`|\*\*/.test(text))).toEqual([]);
  });

  it('leads newcomers through steps that are possible and are ticked when done', () => {
    const steps = contributes.walkthroughs.flatMap((w) => w.steps);
    const step = (id: string) => steps.find((s) => s.id === id);
    expect(step('board')?.completionEvents).toEqual(['onContext:mpyFleet.connected']);
    // A command that found no board has run nothing.
    expect(step('run')?.completionEvents).toEqual(['onContext:mpyFleet.runningCode']);
    // The page of the steps is the active editor then, so there is no file to run.
    expect(words['walkthrough.run']).toContain('(command:mpyFleet.tryFile)');
    expect(words['walkthrough.run']).not.toContain('(command:mpyFleet.runFile)');
  });

  it('keeps ports, files, keys, brokers and the server of the history on the computer that they belong to', () => {
    const own =
      /^mpyFleet\.(serial\.(paths|baudRates?)|webrepl\.addresses|repl\.logFolder|updateKeys|firmware(Sources|Downloads)|brokers|localBroker\..+|history\.server|demoBoard\.program)$/;
    const wrong = contributes.configuration
      .flatMap((s) => Object.entries(s.properties))
      .filter(([key, { scope }]) => own.test(key) !== (scope === 'machine'));
    expect(wrong).toEqual([]);
  });

  it('ignores settings that act on boards in an untrusted folder', () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    const open = contributes.configuration
      .flatMap((s) => Object.entries(s.properties))
      .filter(([key, { scope }]) => scope !== 'machine' && !restrictedConfigurations.includes(key))
      .map(([key]) => key);
    // They change only what is shown, and how pasted text is sent.
    expect(open).toEqual(['mpyFleet.showOtherPorts', 'mpyFleet.repl.pasteMode']);
  });

  it('is found by common search terms, and claims no debugger', () => {
    expect(manifest.categories.includes('Debuggers')).toBe(contributes.debuggers !== undefined);
    // The Marketplace takes no more than 30.
    expect(manifest.keywords.length).toBeLessThanOrEqual(30);
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords.length);
    expect(manifest.keywords).toEqual(
      expect.arrayContaining(['mpremote', 'esp8266', 'raspberry pi pico', 'repl', 'thonny']),
    );
  });

  it('does not have the ports of brokers offered as web pages', () => {
    const ports = contributes.configurationDefaults['remote.portsAttributes'];
    const usual = contributes.configuration.flatMap(
      (s) => s.properties['mpyFleet.localBroker.port'] ?? [],
    );
    const shellCommand = 'node /home/me/mpyfleet/dist/cli.js broker start --lan';
    const patterns = Object.keys(ports).filter((k) => !/^\d+$/.test(k));
    expect(usual.map((p) => ports[JSON.stringify(p.default)]?.onAutoForward)).toEqual(['ignore']);
    expect(patterns.some((p) => new RegExp(p).test(shellCommand))).toBe(true);
    expect(Object.values(ports).every((p) => p.onAutoForward === 'ignore')).toBe(true);
  });
});
