import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { checkKeyName, ROLES, type BoardKey, type Role } from '../../core/agent';
import { fileText } from '../../core/bytes';
import { asError, UsageError } from '../../core/errors';
import type { Cli } from '../cli';
import { configHome } from '../configHome';
import { isAbsent, replaceFile } from '../../core/localFiles';

type Entries = Readonly<Record<string, unknown>>;

/** The keys of boards on this computer. */
export interface KeyStore {
  /** Location of the keys, for messages. */
  readonly path: string;
  /** `toReplace`: the key is about to be replaced, which creates a file that is named and does not exist. */
  key(uid: string, options?: { readonly toReplace?: boolean }): Promise<BoardKey | undefined>;
  /** Adds keys, or replaces those of the same boards. `previous` keeps the replaced key as well. */
  set(
    keys: ReadonlyMap<string, BoardKey>,
    options?: { readonly previous?: boolean },
  ): Promise<void>;
  remove(uid: string): Promise<void>;
}

/** Returns the keys of the window that runs the command, or those of the key file. */
export function keyStore(cli: Pick<Cli, 'window' | 'env' | 'cwd'>): KeyStore {
  return cli.window?.keys ?? new KeyFile(cli);
}

/**
 * The keys of boards on this computer: the file that MPYFLEET_KEYS names, else keys.json of the user's configuration.
 * `{"UID": "64 hex digits"}` or `{"UID": {"role": "operator", "name": "ann", "key": "…"}}`; `*` applies to all other boards.
 */
export class KeyFile implements KeyStore {
  readonly path: string;
  #entries: Promise<Entries> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly cli: Pick<Cli, 'env' | 'cwd'>) {
    const { env, cwd } = cli;
    this.path = env.MPYFLEET_KEYS
      ? resolve(cwd, env.MPYFLEET_KEYS)
      : join(configHome(env), 'micropython-fleet', 'keys.json');
  }

  /**
   * Returns the key for a board.
   * @throws UsageError if the file cannot be read, or others can read it
   */
  async key(
    uid: string,
    { toReplace = false }: { readonly toReplace?: boolean } = {},
  ): Promise<BoardKey | undefined> {
    const entries = toReplace ? await this.#read(true) : await (this.#entries ??= this.#read());
    return parseEntry(entries[uid] ?? entries['*'], uid);
  }

  /**
   * Adds keys, or replaces those of the same boards. `previous` keeps the replaced key in its
   * entry.
   */
  async set(
    keys: ReadonlyMap<string, BoardKey>,
    options: { readonly previous?: boolean } = {},
  ): Promise<void> {
    await this.#change((entries) => {
      for (const [uid, { role, name, key }] of keys) {
        const old = options.previous ? parseEntry(entries[uid] ?? entries['*'], uid) : undefined;
        entries[uid] = {
          ...{ role, ...(name === undefined ? {} : { name }) },
          key: Buffer.from(key).toString('hex'),
          ...(old ? { previous: Buffer.from(old.key).toString('hex') } : {}),
        };
      }
    });
  }

  async remove(uid: string): Promise<void> {
    await this.#change((entries) => {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an entry of a file
      delete entries[uid];
    });
  }

  /** Changes run one after the other, because each replaces the whole file. */
  async #change(change: (entries: Record<string, unknown>) => void): Promise<void> {
    const work = this.#writing.then(async () => {
      const entries = { ...(await this.#read(true)) };
      change(entries);
      await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
      await replaceFile(this.path, `${JSON.stringify(entries, undefined, 2)}\n`, { mode: 0o600 });
      this.#entries = Promise.resolve(entries);
    });
    this.#writing = work.catch(() => undefined); // the caller gets the error
    await work;
  }

  async #read(toWrite = false): Promise<Entries> {
    try {
      await this.#requirePrivate();
      const content: unknown = JSON.parse(fileText(await readFile(this.path)));
      if (typeof content === 'object' && content !== null) return content as Entries;
      throw new Error('it does not contain an object');
    } catch (cause) {
      const isNamed = this.cli.env.MPYFLEET_KEYS !== undefined;
      if (isAbsent(cause) && (!isNamed || toWrite)) return {};
      if (cause instanceof UsageError) throw cause;
      throw new UsageError(`The keys cannot be read: ${asError(cause).message}`, {
        hint: 'MPYFLEET_KEYS names a file such as {"e661…": "64 hex digits"}; "*" applies to all other boards.',
        cause,
      });
    }
  }

  /**
   * Checks that only the user can read the file.
   * @throws UsageError if other users of the computer can read or change the keys, as ssh does
   */
  async #requirePrivate(): Promise<void> {
    const { mode } = await stat(this.path);
    if (process.platform === 'win32' || (mode & 0o077) === 0) return;
    throw new UsageError(`Other users can read ${this.path}, which contains keys of boards`, {
      hint: `Restrict it to yourself: chmod 600 ${this.path}`,
    });
  }
}

function parseEntry(entry: unknown, uid: string): BoardKey | undefined {
  if (entry === undefined) return undefined;
  const {
    role = 'admin',
    name,
    key,
  } = (typeof entry === 'string' ? { key: entry } : entry) as {
    role?: unknown;
    name?: unknown;
    key?: unknown;
  };
  const roles: readonly unknown[] = ROLES;
  if (typeof key !== 'string' || !/^[0-9a-f]{64}$/i.test(key) || !roles.includes(role)) {
    throw new UsageError(`The key for ${uid} is not 64 hex digits, optionally with a role`);
  }
  const named = typeof name === 'string' ? { name: checkKeyName(name) } : {};
  return { role: role as Role, ...named, key: new Uint8Array(Buffer.from(key, 'hex')) };
}
