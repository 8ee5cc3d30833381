// @ts-check
// vitest's "e2e" project: the lab's parts and the package are there before the first test's clock runs.
import { ensure } from '../lab/ensure.mjs';
import { packagedExtension } from '../lab/vsix.mjs';

export async function setup() {
  await ensure('uboard');
  await ensure('codeserver');
  await ensure('chromium');
  await packagedExtension();
}
