import type { BoardFiles, TransferOptions, WriteItem } from '../../../../src/core/boardFiles';
import { text } from '../../../../src/core/bytes';

const unused = () => Promise.reject(new Error('not used here'));

/** A board's files, which only record writes. */
export class FakeFiles implements BoardFiles {
  readonly written = new Map<string, { text: string; secret: boolean }>();
  fails: Error | undefined;

  write(path: string, content: Uint8Array, { secret = false }: TransferOptions = {}) {
    if (this.fails) return Promise.reject(this.fails);
    this.written.set(path, { text: text(content), secret });
    return Promise.resolve();
  }

  async writeMany(items: readonly WriteItem[]) {
    for (const { path, content } of items) {
      await this.write(path, typeof content === 'function' ? await content() : content);
    }
  }

  list = unused;
  stat = unused;
  walk = unused;
  hash = unused;
  read = unused;
  readMany = unused;
  mkdir = unused;
  remove = unused;
  rename = unused;
  copy = unused;
  space = unused;
  places = unused;
}
