/** Public exports of this folder. Other folders import only from here. */
export { BoardLookups } from './boardLookups';
export { parseCell } from './cell';
export { complete, type Completion, magicAt } from './complete';
export type { NotebookHost } from './host';
export { NotebookKernel } from './kernel';
export type { KernelMemory } from './kernelOptions';
export { helpText } from './magicArgs';
export type { CellFailure, CellOutput, Display, MimeBundle } from './output';
export { notebookPackages } from './packages';
export { savedValues } from './savedValues';
export { Shared } from './shared';
export { chartSvg } from './svg';
export { escapeMarkup } from './table';
