/** Public exports of this folder. Other folders import only from here. */
export { notebookCommands } from './notebook';
export { replCommands } from './repl';
export { runCommands } from './run';
