import type { BirthApp } from '../agent';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { orIfMissing, under } from '../files';

/** Where apps are on a board, below its home folder. */
export const APPS_FOLDER = '/fleet';
/** The pointer: what runs there. Written last by a deployment, and by the supervisor. */
const NOTE = 'run.json';
const MAX_NOTE = 8_192;

/** What of apps is on a board. Versions are `NAME/VERSION-HASH`. */
export interface BoardApp {
  /** What runs; undefined: nothing does. */
  readonly run?: string;
  /** What the board goes back to when `run` does not stay up. */
  readonly old?: string;
  /** `run` is not confirmed yet. */
  readonly onTrial: boolean;
  /** The version that did not stay up, and why. Text from the board. */
  readonly bad?: { readonly version: string; readonly why: string };
}

/** The folder of apps on this board. */
export async function appsFolder(files: BoardFiles, signal?: AbortSignal): Promise<string> {
  const { home } = await files.places(signal);
  return under(home, APPS_FOLDER);
}

/** Returns the app deployed to a board; undefined if there never was one. */
export async function readBoardApp(
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<BoardApp | undefined> {
  const path = `${await appsFolder(files, signal)}/${NOTE}`;
  const content = await orIfMissing(files.read(path, signal ? { signal } : {}), undefined);
  return content && parseNote(content);
}

/** Reads run.json, which the board may have damaged: then nothing is known to run. */
export function parseNote(content: Uint8Array): BoardApp {
  let o: unknown;
  try {
    o = content.length > MAX_NOTE ? undefined : JSON.parse(text(content));
  } catch {
    o = undefined; // a damaged note: the next deployment writes a new one
  }
  if (typeof o !== 'object' || o === null) return { onTrial: false };
  const { run, old, trial, bad } = o as Record<string, unknown>;
  const failed = typeof bad === 'object' && bad !== null ? (bad as Record<string, unknown>) : {};
  const badVersion = versionOf(failed.v);
  return {
    ...given('run', versionOf(run)),
    ...given('old', versionOf(old)),
    onTrial: typeof trial === 'number' && trial > 0,
    ...(badVersion ? { bad: { version: badVersion, why: wordOf(failed.x, 1_000) } } : {}),
  };
}

/** Reads what the running supervisor says about itself (`info`). Untrusted. */
export function parseAppInfo(answer: Readonly<Record<string, unknown>>): BoardApp {
  const { app, v, old, trial, bad } = answer;
  return parseNote(utf8(JSON.stringify({ run: `${String(app)}/${String(v)}`, old, trial, bad })));
}

/** Reads what a birth message says about the app; undefined: only a request tells which version fell back. */
export function appOfBirth({ run, onTrial, fellBack }: BirthApp): BoardApp | undefined {
  if (fellBack) return undefined;
  const version = versionOf(run);
  return version === undefined ? { onTrial: false } : { run: version, onTrial };
}

/** Returns the app and the path in its folder of a file that boards have of an app, as tracebacks name it; undefined: another file. */
export function appFileOf(
  path: string,
): { readonly app: string; readonly path: string } | undefined {
  const [, app = '', rest = ''] =
    /^(?:.*\/)?fleet\/apps\/([\w-]{1,32})\/[\w.+-]{1,64}\/(.+)$/.exec(path) ?? [];
  // A board must not lead out of the app's folder.
  if (app === '' || rest.split('/').some((part) => part === '' || part === '..')) return undefined;
  return { app, path: rest };
}

/** Makes the board run `note` from its next start on. */
export async function writeNote(
  files: BoardFiles,
  note: { readonly run?: string; readonly old?: string; readonly trial: number },
  signal?: AbortSignal,
): Promise<void> {
  const path = `${await appsFolder(files, signal)}/${NOTE}`;
  const content = { run: note.run ?? null, old: note.old ?? null, trial: note.trial, starts: 0 };
  await files.write(path, utf8(JSON.stringify(content)), { ...(signal ? { signal } : {}) });
}

function wordOf(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}

/** Returns a valid version name: data from a board becomes part of paths. */
function versionOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,32}\/[\w.+-]{1,64}$/.test(value)
    ? value
    : undefined;
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}
