/** Public exports of this folder. Other folders import only from here. */
export { askSecret, secretsOf } from './askSecret';
export { askTyped } from './askTyped';
export { callsInput, CodeInput } from './codeInput';
export type { CliInput } from './input';
export { ReplKeys } from './replKeys';
export { runEditor } from './runEditor';
export { standardInput } from './standardInput';
