import { agent } from './agent';
import { boards } from './boards';
import { brokers } from './brokers';
import type { Entries } from './entry';
import { files } from './files';
import { general } from './general';
import { many } from './many';
import { packages } from './packages';
import { running } from './running';
import { scripts } from './scripts';
import { sync } from './sync';

const entries = {
  ...boards,
  ...files,
  ...running,
  ...many,
  ...sync,
  ...brokers,
  ...agent,
  ...scripts,
  ...packages,
  ...general,
} satisfies Entries;

/** The ids of all commands. A new one needs an entry in a table of this folder, and its handler in src/commands. */
export type CommandId = keyof typeof entries;

/** A command's name in VS Code. */
export type CommandName = `mpyFleet.${CommandId}`;

/** A command that a message or a row offers: one of the extension, the focus of one of its views, or one of VS Code. */
export type OfferedCommand =
  | CommandName
  | `mpyFleet.${'boards' | 'results' | 'brokers' | 'sync' | 'packages' | 'scripts'}.focus`
  | `workbench.${string}`;

/**
 * The manifest's half of every command: title, icon, menus, keys. `node scripts/manifest.mjs` writes package.json and
 * package.nls.json from it.
 */
export const commandEntries: Entries = entries;
