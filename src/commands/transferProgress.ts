import { bytesText } from '../core/board';
import { nameOf } from '../views/tree';
import type { Call } from './types';

/** Returns a function that reports the progress of a transfer: the current file, and the bytes so far and in all. */
export function transferProgress(call: Pick<Call, 'report'>) {
  return (done: number, total: number, path = ''): void =>
    call.report(`${nameOf(path)} (${bytesText(done)} / ${bytesText(total)})`, done, total);
}
