/** Public exports of this folder. Other folders import only from here. */
export { COMPLETIONS } from './completion';
export { type CommandLine, type Options, readCommandLines, UnknownOption } from './options';
export type { Verb } from './verb';
export { findVerb } from './verbTable';
