import type { BirthApp } from '../agent';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { orIfMissing, under } from '../files';
import { record } from '../json';

/** Folder of the apps on a board, below its home folder. */
export const APPS_FOLDER = '/fleet';
/** Says which version runs. A deployment and the supervisor write it last. */
const NOTE = 'run.json';
const MAX_NOTE = 8_192;

/** The apps on a board. Versions are `NAME/VERSION-HASH`. */
export interface BoardApp {
  /** The version that runs. Undefined: none. */
  readonly run?: string;
  /** The version that the board goes back to if `run` keeps failing. */
  readonly old?: string;
  /** `run` is not confirmed yet. */
  readonly onTrial: boolean;
  /** The version that kept failing, and why. `why` is untrusted text from the board. */
  readonly bad?: { readonly version: string; readonly why: string };
}

/** Returns the folder of apps on this board. */
export async function appsFolder(files: BoardFiles, signal?: AbortSignal): Promise<string> {
  const { home } = await files.places(signal);
  return under(home, APPS_FOLDER);
}

/** Returns the app that was deployed to a board. Undefined if there never was one. */
export async function readBoardApp(
  files: BoardFiles,
  signal?: AbortSignal,
): Promise<BoardApp | undefined> {
  const path = `${await appsFolder(files, signal)}/${NOTE}`;
  const content = await orIfMissing(files.read(path, signal ? { signal } : {}), undefined);
  return content && parseNote(content);
}

/** Parses run.json. A damaged file counts as one without an app. */
export function parseNote(content: Uint8Array): BoardApp {
  let o: unknown;
  try {
    o = content.length > MAX_NOTE ? undefined : JSON.parse(text(content));
  } catch {
    o = undefined; // damaged: the next deployment replaces it
  }
  const { run, old, trial, bad } = record(o);
  const failed = record(bad);
  const badVersion = versionOf(failed.v);
  return {
    ...given('run', versionOf(run)),
    ...given('old', versionOf(old)),
    onTrial: typeof trial === 'number' && trial > 0,
    ...(badVersion ? { bad: { version: badVersion, why: wordOf(failed.x, 1_000) } } : {}),
  };
}

/** Reads the state that the running supervisor reports (`info`). It is untrusted. */
export function parseAppInfo(answer: Readonly<Record<string, unknown>>): BoardApp {
  const { app, v, old, trial, bad } = answer;
  return parseNote(utf8(JSON.stringify({ run: `${String(app)}/${String(v)}`, old, trial, bad })));
}

/**
 * Reads the app from a birth message. Returns undefined if a version failed: only a request returns
 * which one.
 */
export function appOfBirth({ run, onTrial, fellBack }: BirthApp): BoardApp | undefined {
  if (fellBack) return undefined;
  const version = versionOf(run);
  return version === undefined ? { onTrial: false } : { run: version, onTrial };
}

/**
 * Splits the path of an app's file on a board, as a traceback contains it, into the app and the
 * path in the app's folder. Returns undefined for other files.
 */
export function appFileOf(
  path: string,
): { readonly app: string; readonly path: string } | undefined {
  const [, app = '', rest = ''] =
    /^(?:.*\/)?fleet\/apps\/([\w-]{1,32})\/[\w.+-]{1,64}\/(.+)$/.exec(path) ?? [];
  // A board must not lead out of the app's folder.
  if (app === '' || rest.split('/').some((part) => part === '' || part === '..')) return undefined;
  return { app, path: rest };
}

/** Makes the board run the version in `note` from its next start on. */
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

/** Returns the version name if it is valid. It comes from a board and becomes part of paths. */
function versionOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,32}\/[\w.+-]{1,64}$/.test(value)
    ? value
    : undefined;
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return (value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}
