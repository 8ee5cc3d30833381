import * as l10n from '@vscode/l10n';
import {
  AGENT_FOLDER,
  MAIN_FILE,
  orIfMissing,
  removeIfThere,
  withoutStartLines,
  withStartLines,
  under,
} from '../files';
import type { BoardFiles, WalkEntry } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { sha256 } from '../hash';
import { isRecord, parseJson } from '../json';
import { clockForTls, type WrongClock } from './agentClock';
import { agentSettings, type AgentConfig, type AgentPlaces } from './agentConfig';
import type { AgentFit } from './agentFit';
import type { InstallTarget } from './agentProbe';
import { AGENT_VERSION } from './agentVersion';
import { keptSettings } from './keptSettings';

/** The agent's files as shipped. `copy` is compiled for MicroPython 1.19 and later. */
export interface AgentSource {
  readonly shim: Uint8Array;
  /** File names in the copy's folder, `agent.mpy` or `agent.py`. Empty: the board's firmware contains the agent. */
  readonly copy: ReadonlyMap<string, Uint8Array>;
}

/** Copies of the agent on a board: two on its file system, and the one that its firmware contains. */
export type AgentSlot = 'a' | 'b' | typeof FROZEN_SLOT;
/** Slot of the agent that is frozen into the firmware. */
export const FROZEN_SLOT = 'f';

/** Version of the .mpy files of the compiled agent. */
const MPY_VERSION = 6;

/**
 * Returns the places of the agent. Boards that mount nothing at the root keep it in /flash, from where
 * they also start main.py.
 */
async function agentPlaces(files: BoardFiles, signal?: AbortSignal): Promise<AgentPlaces> {
  const { home } = await files.places(signal);
  const folder = under(home, AGENT_FOLDER);
  const main = under(home, MAIN_FILE);
  return { main, folder, config: `${folder}/config.json`, ca: `${folder}/ca.pem` };
}

/** Cancellation and progress of an installation. */
export interface InstallOptions {
  readonly signal?: AbortSignal;
  /** Called with a description of each step. */
  readonly onStep?: (words: string) => void;
}

/** How the agent was installed. */
export interface Installed {
  /** The board's clock, if it was wrong and the broker's certificate is to be checked. */
  readonly clock?: WrongClock | undefined;
  /** For a board that had settings: a sentence for people that says what stays and what was replaced. */
  readonly settings?: string | undefined;
}

/**
 * Installs the agent on a board, or reinstalls it. main.py is written last, so after an
 * interruption the board starts as before. The existing content of main.py is kept and becomes the
 * program that the agent runs. Settings that the board has and `config` does not name stay.
 * @param options.known this computer's key for the board until now; see {@link keptSettings}
 */
export async function installAgent(
  board: InstallTarget,
  source: AgentSource,
  config: AgentConfig,
  {
    signal,
    onStep = () => undefined,
    known,
  }: InstallOptions & { readonly known?: Uint8Array | undefined } = {},
): Promise<Installed> {
  const { files } = board;
  const at = await agentPlaces(files, signal);
  const main = await readOr(files, at.main, '', signal);
  onStep(l10n.t('Writing its configuration'));
  const ca = config.broker.tls?.ca;
  if (ca !== undefined) await files.write(at.ca, utf8(ca), { signal });
  const { json, words } = await newConfig(files, at, config, known, signal);
  await files.write(at.config, utf8(json), { signal, secret: true });
  onStep(l10n.t('Copying the agent'));
  await removeIfThere(files, `${at.folder}/b`, signal, { recursive: true });
  if (source.copy.size > 0) await copyAgent(files, source, `${at.folder}/a`, signal);
  else await removeIfThere(files, `${at.folder}/a`, signal, { recursive: true });
  await removeIfThere(files, `${at.folder}/boot.json`, signal);
  await files.write(`${at.folder}/__init__.py`, source.shim, { signal });
  onStep(l10n.t('Adding its start lines to main.py'));
  await files.write(at.main, utf8(withStartLines(main)), { signal });
  const clock = config.broker.tls?.verify ? await clockForTls(board, signal) : undefined;
  return { clock, settings: words };
}

/** Returns the new config.json, with what stays of the one that the board has. */
async function newConfig(
  files: BoardFiles,
  at: AgentPlaces,
  config: AgentConfig,
  known: Uint8Array | undefined,
  signal?: AbortSignal,
): Promise<{ readonly json: string; readonly words?: string }> {
  const fresh = agentSettings(config, at);
  const has = await orIfMissing(files.read(at.config, { signal, secret: true }), undefined);
  if (has === undefined) return { json: JSON.stringify(fresh) };
  const old = parsed(has);
  if (!isRecord(old?.broker)) {
    const words = l10n.t('Its settings were damaged and are replaced.');
    return { json: JSON.stringify(fresh), words };
  }
  const { isNameGuess } = config;
  const { settings, words } = keptSettings(old, fresh, { isNameGuess, known });
  return { json: JSON.stringify(settings), words };
}

/** @returns undefined for a file that the agent could not read either */
function parsed(json: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseJson(json);
  } catch {
    return undefined;
  }
}

/**
 * Removes the agent over a cable: first its start lines, then its files. The board's program stays
 * in main.py.
 */
export async function removeAgent(files: BoardFiles, options: InstallOptions = {}): Promise<void> {
  const { signal, onStep = () => undefined } = options;
  await removeStartLines(files, options);
  onStep(l10n.t('Removing its files'));
  await removeIfThere(files, (await agentPlaces(files, signal)).folder, signal, {
    recursive: true,
  });
}

/**
 * Removes the start lines: the first half of {@link removeAgent}. Over the air, the agent does the
 * rest itself.
 */
export async function removeStartLines(
  files: BoardFiles,
  { signal, onStep = () => undefined }: InstallOptions = {},
): Promise<void> {
  onStep(l10n.t('Removing its start lines from main.py'));
  const { main: path } = await agentPlaces(files, signal);
  const main = await readOr(files, path, '', signal);
  const own = withoutStartLines(main);
  if (own.trim() === '') await removeIfThere(files, path, signal);
  else if (own !== main) await files.write(path, utf8(own), { signal, asGiven: true });
}

/**
 * Returns which copy of the agent is running, according to the board's own record, and whether it
 * is compiled.
 */
export async function runningCopy(
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<{ slot: AgentSlot; compiled: boolean }> {
  const { folder } = await agentPlaces(files, signal);
  const { trial, slot } = parseJson(utf8(await readOr(files, `${folder}/boot.json`, '{}', signal)));
  // A finished trial leaves an empty string or null.
  const onTrial = trial === 'a' || trial === 'b';
  const now = onTrial ? trial : slot;
  if (now === FROZEN_SLOT) return { slot: FROZEN_SLOT, compiled: true };
  const running = now === 'b' ? 'b' : 'a';
  const entries = await files.list(`${folder}/${running}`, signal);
  return { slot: running, compiled: entries.some((e) => e.name === 'main.mpy') };
}

/**
 * Returns whether the copy that runs on the board consists of exactly these files. Two agents of one version can differ, for
 * example between two builds of the same day. A copy in the firmware is known by its version alone.
 * @param sourceOf the agent's files, compiled or not
 */
export async function hasSource(
  files: BoardFiles,
  sourceOf: (compiled: boolean) => Promise<AgentSource>,
  signal?: AbortSignal,
): Promise<boolean> {
  const { slot, compiled } = await runningCopy(files, signal);
  if (slot === FROZEN_SLOT) return true;
  const { copy } = await sourceOf(compiled);
  const folder = `${(await agentPlaces(files, signal)).folder}/${slot}`;
  const there = await files.walk(folder, { hash: true, signal });
  const own = there.filter((e) => e.type === 'file' && /\.m?py$/.test(e.path));
  const isSame = ({ path, size, sha256: hash }: WalkEntry) => {
    const content = copy.get(path.slice(folder.length + 1));
    if (hash === undefined) return content?.length === size;
    return content !== undefined && sha256(content) === hash;
  };
  return own.length === copy.size && own.every(isSame);
}

/** Writes a new agent into the inactive copy. Restarting the board into that slot tries it. */
export async function updateAgent(
  files: BoardFiles,
  source: AgentSource,
  running: AgentSlot,
  signal?: AbortSignal,
): Promise<'a' | 'b'> {
  const slot = running === 'a' ? 'b' : 'a';
  const folder = `${(await agentPlaces(files, signal)).folder}/${slot}`;
  await removeIfThere(files, folder, signal, { recursive: true });
  await copyAgent(files, source, folder, signal);
  return slot;
}

/** Returns the modules to copy to a board: none if its firmware contains that version of the agent. */
export function neededSource(
  fit: Pick<AgentFit, 'frozen'>,
  source: AgentSource,
  version = AGENT_VERSION,
): AgentSource {
  return fit.frozen === version ? { ...source, copy: new Map() } : source;
}

/** Returns whether a board loads the compiled files; other boards get the agent as Python source. */
export function takesCompiled(fit: Pick<AgentFit, 'mpyVersion'>): boolean {
  return fit.mpyVersion === MPY_VERSION;
}

async function copyAgent(
  files: BoardFiles,
  source: AgentSource,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  const items = [...source.copy].map(([name, content]) => ({
    path: `${folder}/${name}`,
    content,
  }));
  const wanted = new Set(items.map((i) => i.path));
  // A leftover module of an older agent, or of the same one in the other form, would be imported
  // first.
  for (const { path, type } of await orIfMissing(files.walk(folder, { signal }), [])) {
    if (type === 'file' && !wanted.has(path)) await files.remove(path, { signal });
  }
  await files.mkdir(folder, { parents: true, signal });
  await files.writeMany(items, { signal });
}

async function readOr(
  files: BoardFiles,
  path: string,
  otherwise: string,
  signal?: AbortSignal,
): Promise<string> {
  return text(await orIfMissing(files.read(path, { signal }), utf8(otherwise)));
}
