import { awaitedLater } from '../async';
import type { ReadItem, TakeFile, TransferOptions } from '../boardFiles';
import { ReadProgress } from './readProgress';

/**
 * Reads files one by one with `read`, up to `ahead` of them in parallel to hide network latency,
 * and delivers them in order. The first failure stops all.
 */
export async function readEach(
  items: readonly ReadItem[],
  read: (path: string, options: TransferOptions) => Promise<Uint8Array>,
  take: TakeFile,
  options: TransferOptions,
  ahead = 1,
): Promise<void> {
  const progress = new ReadProgress(items, options);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const begin = (item: ReadItem, index: number) =>
    read(item.path, {
      signal,
      secret: options.secret,
      onProgress: (done, total) => {
        if (index === current) progress.at(done, total, item.path);
      },
    });
  const reads: Promise<Uint8Array>[] = [];
  let current = 0;
  try {
    for (; current < items.length; current++) {
      for (let next = reads.length; next < Math.min(items.length, current + ahead); next++) {
        const item = items[next];
        if (!item) continue;
        const reading = begin(item, next);
        awaitedLater(reading); // it may fail before its turn
        reads.push(reading);
      }
      const content = (await reads[current]) ?? new Uint8Array();
      const path = items[current]?.path ?? '/';
      progress.finish(path, content.length);
      await take(content, path);
    }
  } finally {
    stop.abort();
    await Promise.allSettled(reads);
  }
}
