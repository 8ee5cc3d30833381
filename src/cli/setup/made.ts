import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Queue } from '../../core/async';
import { asError, UsageError } from '../../core/errors';
import { record } from '../../core/json';
import { orAbsent, replaceFile } from '../../core/localFiles';
import { HandOver, MadeList, type SetupRecord, type SetupTemplate } from '../../core/setup';
import type { Cli } from '../cli';

/** Records of a production line and the keys of its boards, in files next to each other in the current folder. */
export class Made {
  readonly #writes = new Queue();

  private constructor(
    private readonly list: MadeList,
    /** Path of the file with the boards' admin keys. */
    readonly keys: string,
    /** Path of the sealed file with the keys for the owner of the broker. */
    readonly handOverFile: string,
  ) {}

  /** Reads the records of earlier runs. @throws UsageError for a file that cannot be read */
  static async open(cli: Cli, templateFile: string, template: SetupTemplate): Promise<Made> {
    const base = resolve(cli.cwd, MadeList.nameFor(basename(templateFile)));
    const keys = cli.env.MPYFLEET_KEYS;
    const list = await MadeList.open(base, template.label);
    return new Made(
      list,
      keys ? resolve(cli.cwd, keys) : `${base}.keys.json`,
      HandOver.fileFor(base),
    );
  }

  get records(): readonly SetupRecord[] {
    return this.list.records;
  }

  get csvFile(): string {
    return this.list.csvFile;
  }

  of(board: Pick<SetupRecord, 'uid' | 'chip'>): SetupRecord | undefined {
    return this.list.of(board);
  }

  /** Adds the result of one board to all lists. */
  add(record: SetupRecord): Promise<void> {
    return this.list.add(record);
  }

  /** Writes a board's key to a file that only its user can read. @returns the key that it had in that file */
  keepKey(uid: string, key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#writes.run(async () => {
      let keys: unknown;
      try {
        keys = JSON.parse(await orAbsent(readFile(this.keys, 'utf8'), '{}'));
      } catch (cause) {
        throw new UsageError(`${this.keys} cannot be read: ${asError(cause).message}`, { cause });
      }
      const known = record(keys)[uid];
      const all = { ...record(keys), [uid]: Buffer.from(key).toString('hex') };
      await replaceFile(this.keys, `${JSON.stringify(all, undefined, 2)}\n`, { mode: 0o600 });
      return typeof known === 'string' ? Buffer.from(known, 'hex') : undefined;
    });
  }
}
