// @ts-check
// vitest's projects with real boards: all parts of the lab that they use are ready before the first test's clock runs.
import { ensure } from './ensure.mjs';
import { needs } from './needs.mjs';

/** @param {{ name: string }} project whose name is the step's */
export async function setup({ name }) {
  await Promise.all((needs[name] ?? []).map((part) => ensure(part)));
}
