import { UsageError } from '../../core/errors';
import { fetchFile, isFileUrl, parseFileUrl, SavedUrls } from '../../core/packages';
import { type Cli, printable } from '../cli';
import { fetcherOf } from '../packages';

/** Something to upload: its path below the target, and its local path (undefined: a folder). */
export interface Local {
  readonly path: string;
  readonly content: (() => Promise<Uint8Array>) | undefined;
}

/** Prefix of a saved address used instead of a file. */
const SAVED = /^url:(.*)$/;

/** Returns whether a source of `put` is an address, or the name of a saved one. */
export function isUrlSource(source: string): boolean {
  return isFileUrl(source) || SAVED.test(source);
}

/**
 * Returns the target on boards that was saved with an address, as an argument. Undefined for other
 * sources.
 */
export async function savedPlace({ env }: Cli, source: string): Promise<string | undefined> {
  const name = SAVED.exec(source)?.[1];
  const to = name === undefined ? undefined : (await new SavedUrls(env).get(name)).to;
  return to === undefined ? undefined : `:${to}`;
}

/** Downloads the file at once, so that a wrong address is reported before a board is touched. */
export async function fromUrl(cli: Cli, source: string): Promise<Local[]> {
  const name = SAVED.exec(source)?.[1];
  const file = parseFileUrl(
    name === undefined ? source : (await new SavedUrls(cli.env).get(name)).url,
  );
  if (file.name === undefined) {
    throw new UsageError('The address does not end in the name of a file', {
      hint: 'Download it here first: curl -o data.bin ADDRESS',
    });
  }
  const { content, sha256 } = await fetchFile(fetcherOf(cli), file, {
    signal: cli.signal,
    onStale: (since) =>
      cli.err(`The server cannot be reached; its answer of ${since.toISOString()} is used\n`),
  });
  cli.err(`${printable(file.name)}: ${content.length} bytes, sha256=${sha256}\n`);
  return [{ path: file.name, content: () => Promise.resolve(content) }];
}
