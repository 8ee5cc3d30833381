// @ts-check
// For vitest's projects with real boards: sets up all parts of the lab that they use, before the time limit of the first test starts.
import { ensure } from './ensure.mjs';
import { needs } from './needs.mjs';

/** @param {{ name: string }} project has the name of its step in `npm test` */
export async function setup({ name }) {
  await Promise.all((needs[name] ?? []).map((part) => ensure(part)));
}
