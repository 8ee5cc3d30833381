/** How files of this computer are replaced: downloads, pulls, exports and what notebooks write. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { replaceFile } from '../../../src/core/localFiles';
import { tempDir } from '../../lab/index.mjs';

let folder: string;
let path: string;
beforeEach(() => {
  folder = tempDir('replaced');
  path = join(folder, 'result.csv');
});

describe.each([{ follow: false }, { follow: true }])('a file that is replaced (%o)', (options) => {
  it('stays whole for a program that reads it meanwhile', async () => {
    writeFileSync(path, 'before');
    const reader = openSync(path, 'r');
    await replaceFile(path, 'after', options);
    expect(readFileSync(reader, 'utf8')).toBe('before');
    closeSync(reader);
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(readdirSync(folder)).toEqual(['result.csv']);
  });

  it.each([0o755, 0o600, 0o664])('keeps its permissions (%o)', async (mode) => {
    writeFileSync(path, 'before');
    chmodSync(path, mode);
    await replaceFile(path, 'after', options);
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  it('is unchanged after a failure, which leaves no other file', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'kept'), 'kept');
    await expect(replaceFile(path, 'after', options)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder)).toEqual(['result.csv']);
    expect(readFileSync(join(path, 'kept'), 'utf8')).toBe('kept');
  });

  it('is created together with its folders', async () => {
    await replaceFile(join(folder, 'kit-01', 'logs', 'a.txt'), 'new', options);
    expect(readFileSync(join(folder, 'kit-01', 'logs', 'a.txt'), 'utf8')).toBe('new');
  });
});

describe('a link at the place that the user named', () => {
  it.each(['before', undefined])('stays a link (its target: %s)', async (before) => {
    const target = join(folder, 'elsewhere.csv');
    if (before) writeFileSync(target, before);
    symlinkSync('elsewhere.csv', path);
    await replaceFile(path, 'after', { follow: true });
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('after');
  });

  it('is replaced if the name came from a board', async () => {
    const target = join(folder, 'elsewhere.csv');
    writeFileSync(target, 'mine');
    symlinkSync(target, path);
    await replaceFile(path, 'from the board');
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('mine');
  });
});

it('writes into a pipe that the user named, and keeps the pipe', async () => {
  execFileSync('mkfifo', [path]);
  const [read] = await Promise.all([
    readFile(path, 'utf8'),
    replaceFile(path, 'through the pipe', { follow: true }),
  ]);
  expect(read).toBe('through the pipe');
  expect(lstatSync(path).isFIFO()).toBe(true);
});
