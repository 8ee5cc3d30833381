import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Queue } from '../../core/async';
import { fillTemplate } from '../../core/boardConfig';
import { asError, UsageError } from '../../core/errors';
import { orAbsent, replaceFile } from '../../core/localFiles';
import {
  isSameBoard,
  parseRecords,
  recordsCsv,
  withRecord,
  type SetupRecord,
  type SetupTemplate,
} from '../../core/setup';
import type { Cli } from '../cli';

/** Records of a production line, in files next to each other in the current folder. */
export class Made {
  #records: readonly SetupRecord[] = [];
  readonly #writes = new Queue();

  private constructor(
    private readonly base: string,
    private readonly keysFile: string,
    private readonly label: string,
  ) {}

  /** Reads the records of earlier runs. @throws UsageError for a file that cannot be read */
  static async open(cli: Cli, templateFile: string, template: SetupTemplate): Promise<Made> {
    const name = basename(templateFile).replace(/(\.board-template)?\.(ya?ml|json)$/i, '');
    const base = resolve(cli.cwd, name);
    const keys = cli.env.MPYFLEET_KEYS;
    const keysFile = keys ? resolve(cli.cwd, keys) : `${base}.keys.json`;
    const made = new Made(base, keysFile, template.label ?? '{name}\n{uid}');
    const text = await readOr(`${base}.made.json`, '[]');
    try {
      made.#records = parseRecords(text);
    } catch (cause) {
      throw new UsageError(`${base}.made.json cannot be read: ${asError(cause).message}`, {
        hint: 'Move it away to begin a new list. Names in it would be given a second time.',
        cause,
      });
    }
    return made;
  }

  get records(): readonly SetupRecord[] {
    return this.#records;
  }

  get csvFile(): string {
    return `${this.base}.made.csv`;
  }

  get keys(): string {
    return this.keysFile;
  }

  of(board: Pick<SetupRecord, 'uid' | 'chip'>): SetupRecord | undefined {
    return this.#records.find((r) => isSameBoard(r, board));
  }

  /** Adds the result of one board to all lists. */
  add(record: SetupRecord): Promise<void> {
    this.#records = withRecord(this.#records, record);
    return this.#writes.run(async () => {
      await replaceFile(
        `${this.base}.made.json`,
        `${JSON.stringify(this.#records, undefined, 2)}\n`,
      );
      await replaceFile(this.csvFile, recordsCsv(this.#records));
      const ready = this.#records.filter((r) => !r.failed);
      const labels = await Promise.all(ready.map((r) => this.#labelOf(r)));
      await replaceFile(`${this.base}.labels.txt`, labels.map((l) => `${l}\n\n`).join(''));
    });
  }

  async #labelOf({ name = '', uid = '', n = 1 }: SetupRecord): Promise<string> {
    const secret = () => Promise.resolve(undefined);
    const values = { name, uid, n, platform: undefined, secret };
    return String((await fillTemplate({ label: this.label }, values)).label);
  }

  /** Keeps a board's key in a file that only its user can read. */
  keepKey(uid: string, key: Uint8Array): Promise<void> {
    return this.#writes.run(async () => {
      const text = await readOr(this.keysFile, '{}');
      let keys: unknown;
      try {
        keys = JSON.parse(text);
      } catch (cause) {
        throw new UsageError(`${this.keysFile} is not JSON: ${asError(cause).message}`, { cause });
      }
      const all = { ...(keys as object), [uid]: Buffer.from(key).toString('hex') };
      await replaceFile(this.keysFile, `${JSON.stringify(all, undefined, 2)}\n`, { mode: 0o600 });
    });
  }
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await orAbsent(readFile(path, 'utf8'), otherwise);
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${asError(cause).message}`, { cause });
  }
}
