import { readFile } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import { Queue } from '../async';
import { fillTemplate } from '../boardConfig';
import { asError, UsageError } from '../errors';
import { orAbsent, replaceFile } from '../localFiles';
import { isSameBoard, parseRecords, recordsCsv, withRecord, type SetupRecord } from './record';

const LABEL = '{name}\n{uid}';

/** The boards that a production line has made, in files next to each other: `.made.csv`, `.made.json` and `.labels.txt`. */
export class MadeList {
  readonly #writes = new Queue();

  private constructor(
    /** Path of the three files, without their extensions. */
    private readonly base: string,
    private readonly label: string,
    private all: readonly SetupRecord[],
  ) {}

  /** Reads the records of earlier runs. @throws UsageError for a file that cannot be read */
  static async open(base: string, label = LABEL): Promise<MadeList> {
    const file = `${base}.made.json`;
    try {
      return new MadeList(base, label, parseRecords(await orAbsent(readFile(file, 'utf8'), '[]')));
    } catch (cause) {
      throw new UsageError(l10n.t('{0} cannot be read: {1}', file, asError(cause).message), {
        hint: l10n.t(
          'Move it away to start a new list. Names in the old list would then be assigned again.',
        ),
        cause,
      });
    }
  }

  /** Returns the base of the files' names: the template's name without its ending. */
  static nameFor(templateFile: string): string {
    return templateFile.replace(/(\.board-template)?\.(ya?ml|json)$/i, '');
  }

  get records(): readonly SetupRecord[] {
    return this.all;
  }

  get csvFile(): string {
    return `${this.base}.made.csv`;
  }

  get labelsFile(): string {
    return `${this.base}.labels.txt`;
  }

  /** Returns the record of a board, found by its uid or by the address of its chip. */
  of(board: Pick<SetupRecord, 'uid' | 'chip'>): SetupRecord | undefined {
    return this.all.find((r) => isSameBoard(r, board));
  }

  /** Adds the result of one board to all files. */
  add(record: SetupRecord): Promise<void> {
    this.all = withRecord(this.all, record);
    return this.#writes.run(async () => {
      await replaceFile(`${this.base}.made.json`, `${JSON.stringify(this.all, undefined, 2)}\n`);
      await replaceFile(this.csvFile, recordsCsv(this.all));
      const ready = this.all.filter((r) => !r.failed);
      const labels = await Promise.all(ready.map((r) => this.#labelOf(r)));
      await replaceFile(this.labelsFile, labels.map((l) => `${l}\n\n`).join(''));
    });
  }

  async #labelOf({ name = '', uid = '', n = 1 }: SetupRecord): Promise<string> {
    const secret = () => Promise.resolve(undefined);
    const values = { name, uid, n, platform: undefined, secret };
    return String((await fillTemplate({ label: this.label }, values)).label);
  }
}
