// @ts-check
// vitest's "boards" project: what every suite in it needs is there before the first test's clock runs.
import { ensure } from './ensure.mjs';

export async function setup() {
  await ensure('uboard');
  await ensure('mosquitto');
}
