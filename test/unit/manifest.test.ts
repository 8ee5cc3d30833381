import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';

// The command table is data, but its modules import VS Code, which is not there in plain Node: nothing of it is called.
vi.mock('vscode', async () => (await import('./vscodeShape')).vscodeShape);

const { commands } = await import('../../src/commands');
const { SETTINGS } = await import('../../src/views/settings');

interface MenuItem {
  readonly command?: string;
  readonly when?: string;
}
interface Manifest {
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { command: string; title: string; category: string }[];
    readonly menus: Record<string, readonly MenuItem[]>;
    readonly keybindings: readonly { command: string; key: string; when?: string }[];
    readonly viewsWelcome: readonly { view: string; contents: string }[];
    readonly views: Record<string, readonly { id: string }[]>;
    readonly configuration: readonly {
      properties: Record<string, { default: unknown; markdownDescription?: string }>;
    }[];
  };
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
const manifestText = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const manifest = read('package.json') as Manifest;
const words = read('package.nls.json') as Record<string, string>;
const { contributes } = manifest;

describe('the command table and the manifest', () => {
  const inTable = commands.map((c) => `mpyFleet.${c.id}`).sort();

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

  it('have no menu item, key or welcome link for a command that is not there', () => {
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
});

describe('the manifest', () => {
  it('has words for every placeholder, and no words without use', () => {
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

  it('wakes the extension only when it is wanted', () => {
    const allowed = /^(onStartupFinished|onFileSystem:mpy|onTerminalProfile:mpyFleet\.\w+)$/;
    expect(manifest.activationEvents.filter((e) => !allowed.test(e))).toEqual([]);
  });

  it('has a view for every welcome text', () => {
    const views = Object.values(contributes.views).flatMap((list) => list.map((v) => v.id));
    expect(contributes.viewsWelcome.filter((w) => !views.includes(w.view))).toEqual([]);
  });
});
