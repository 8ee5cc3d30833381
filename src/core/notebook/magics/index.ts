import type { Magic } from '../magic';
import { boardMagics } from './boards';
import { clockMagics } from './clock';
import { connectCellMagics } from './connectCell';
import { copyMagics } from './copy';
import { fileMagics } from './files';
import { hostMagics } from './hostCells';
import { kernelMagics } from './kernelMagics';
import { measureMagics } from './measure';
import { packageMagics } from './packages';
import { plotMagics } from './plot';
import { remoteMagics } from './remote';
import { storeMagics } from './store';
import { syncMagics } from './sync';

/** All magics, sorted by name. */
export const magics: readonly Magic[] = [
  ...boardMagics,
  ...clockMagics,
  ...connectCellMagics,
  ...copyMagics,
  ...fileMagics,
  ...hostMagics,
  ...kernelMagics,
  ...measureMagics,
  ...packageMagics,
  ...plotMagics,
  ...remoteMagics,
  ...storeMagics,
  ...syncMagics,
].sort((a, b) => (a.name < b.name ? -1 : 1));
