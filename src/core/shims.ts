import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orAbsent, replaceFile } from './localFiles';

/** How a JavaScript program is started: with VS Code's own Node, so that the user needs none. */
export interface ShimTarget {
  /** The executable: Electron or Node. With ELECTRON_RUN_AS_NODE both are Node. */
  readonly node: string;
  readonly script: string;
}

/** Returns the script for POSIX shells, including Git Bash. */
export function shellShim({ node, script }: ShimTarget): string {
  return `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${quoted(node)} ${quoted(script)} "$@"\n`;
}

/**
 * Returns the batch file for cmd and PowerShell, where `%` starts a variable even within quotes.
 */
export function batchShim({ node, script }: ShimTarget): string {
  const word = (path: string) => `"${path.replaceAll('%', '%%')}"`;
  return `@echo off\r\nsetlocal\r\nset ELECTRON_RUN_AS_NODE=1\r\n${word(node)} ${word(script)} %*\r\n`;
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Writes both shims for the command `name` into `folder`, unless they are already up to date. */
export async function writeShims(folder: string, name: string, target: ShimTarget): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeShim(join(folder, name), shellShim(target));
  await writeShim(join(folder, `${name}.cmd`), batchShim(target));
}

/** Writes a shim. Another window may be writing the same file, and a shell may be reading it. */
async function writeShim(file: string, content: string): Promise<void> {
  if ((await orAbsent(readFile(file, 'utf8'), undefined)) === content) return;
  await replaceFile(file, content, { mode: 0o755 });
}
