// @ts-check
// Writes the commands, menus, submenus and keys of package.json, and the commands' titles in package.nls.json, from the tables in
// src/manifest: node scripts/manifest.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { format } from 'prettier';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = { manifest: join(root, 'package.json'), words: join(root, 'package.nls.json') };

/**
 * Builds the texts of both files: commands and menus from the tables, everything else from the files themselves.
 * @returns {Promise<{ manifest: string, words: string }>}
 */
export async function manifestTexts() {
  const { commandEntries, submenus, terminalKeys } = await tables();
  const manifest = JSON.parse(readFileSync(files.manifest, 'utf8'));
  const words = JSON.parse(readFileSync(files.words, 'utf8'));
  const { contributes } = manifest;
  /** @type {[string, import('../src/manifest/entry').Entry][]} */
  const entries = Object.entries(commandEntries);

  contributes.commands = entries.map(([id, { icon, enablement }]) => ({
    command: `mpyFleet.${id}`,
    title: `%command.${id}%`,
    category: 'MicroPython',
    ...(icon ? { icon: `$(${icon})` } : {}),
    ...(enablement ? { enablement } : {}),
  }));
  contributes.submenus = Object.entries(submenus).map(([name, { label }]) => ({
    id: `mpyFleet.${name}`,
    label,
  }));
  contributes.keybindings = [
    ...terminalKeys,
    ...entries.flatMap(([id, { key }]) => (key ? [{ command: `mpyFleet.${id}`, ...key }] : [])),
  ];
  contributes.menus = menusOf(entries, submenus);

  const titles = entries.map(([id, { title }]) => [`command.${id}`, title]);
  const others = Object.entries(words).filter(([key]) => !key.startsWith('command.'));
  return {
    manifest: await format(JSON.stringify(manifest), { parser: 'json-stringify' }),
    words: await format(JSON.stringify(Object.fromEntries([...others, ...titles])), {
      parser: 'json-stringify',
    }),
  };
}

/** @param {[string, import('../src/manifest/entry').Entry][]} entries @param {Record<string, { menus: readonly import('../src/manifest/entry').Place[] }>} submenus */
function menusOf(entries, submenus) {
  /** @type {Record<string, object[]>} */
  const menus = { commandPalette: [] };
  /** @param {object} what @param {readonly import('../src/manifest/entry').Place[]} places */
  const add = (what, places) => {
    for (const { menu, when, group } of places) {
      (menus[menu] ??= []).push({ ...what, ...(when ? { when } : {}), group });
    }
  };
  for (const [id, { palette, menus: places = [] }] of entries) {
    const command = `mpyFleet.${id}`;
    if (palette) {
      menus.commandPalette?.push({ command, when: palette === 'never' ? 'false' : palette });
    }
    add({ command }, places);
  }
  for (const [name, { menus: places }] of Object.entries(submenus)) {
    add({ submenu: `mpyFleet.${name}` }, places);
  }
  return menus;
}

/** Loads the tables, which are TypeScript. @returns {Promise<any>} */
async function tables() {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `export * from './index'; export * from './submenus'; export * from './keys';`,
      resolveDir: join(root, 'src/manifest'),
    },
    bundle: true,
    format: 'esm',
    write: false,
  });
  const text = outputFiles[0]?.text ?? '';
  return import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { manifest, words } = await manifestTexts();
  writeFileSync(files.manifest, manifest);
  writeFileSync(files.words, words);
}
