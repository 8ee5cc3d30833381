// @ts-check
// Folders of the lab: the cache (outside the checkout), and temporary folders that are removed with the process or test file.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
/** This folder. */
export const lab = fileURLToPath(new URL('.', import.meta.url));

/** Returns the cache folder: `$MPYFLEET_CACHE`, else `~/.cache/micropython-fleet`. @returns {string} */
export function cacheDir() {
  const dir = process.env.MPYFLEET_CACHE ?? join(homedir(), '.cache', 'micropython-fleet');
  mkdirSync(dir, { recursive: true });
  return dir;
}

/**
 * Returns a short hash of words, and of files and folders by name and content.
 * @param {string[]} paths files and folders
 * @param {string[]} words
 */
export function hashOf(paths, ...words) {
  const hash = createHash('sha256');
  for (const word of words) hash.update(`${word}\0`);
  for (const path of paths) {
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
      : [path];
    for (const file of files) {
      hash
        .update(`${relative(path, file)}\0`)
        .update(readFileSync(file))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** @type {Set<string>} */
const folders = new Set();
process.on('exit', removeTempDirs);

/**
 * Creates an empty folder that is removed when this process or the test file ends. Its path is short, because it may hold a socket,
 * whose path is limited to 108 bytes.
 * @param {string} name
 */
export function tempDir(name) {
  const dir = mkdtempSync(join(tmpdir(), `mpyfleet-${name}-`));
  folders.add(dir);
  return dir;
}

/** Removes a folder of `tempDir` now. @param {string} dir */
export function removeTempDir(dir) {
  // A browser that is ending may still write there.
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  folders.delete(dir);
}

/** Removes every folder of `tempDir` that is left. */
export function removeTempDirs() {
  for (const dir of folders) removeTempDir(dir);
}

/**
 * Returns a function that removes the path of a serial device, once, unless it leads to another device by then. A board's path goes
 * before the board does: the system gives the number of a closed pty to the next one, and a window that watches the path would talk
 * to a board of another test.
 * @param {string} link
 * @param {string} device
 */
export function ttyRemover(link, device) {
  let isLeft = true;
  return () => {
    if (!isLeft) return;
    isLeft = false;
    if (existsSync(link) && readlinkSync(link) === device) rmSync(link);
  };
}
