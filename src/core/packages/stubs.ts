import * as l10n from '@vscode/l10n';
import { text } from '../bytes';
import type { BoardInfo } from '../board';
import { ProtocolError } from '../errors';
import { unpackZip, type ArchiveFile } from './archive';
import { DownloadError } from './downloadError';
import type { Fetcher } from './fetcher';
import { parseProject, readRelease, type Project, type Release } from './pypiSource';
import { compareVersions, newestFor, satisfies } from './versions';

/*
 * Type stubs of the micropython-stubs project (micropython-stubs.readthedocs.io). PyPI has one package for each port, with the
 * version of the firmware, and one for the standard library, which the others require.
 */

/** The port in the package name, by sys.platform. */
const PORTS: Readonly<Record<string, string>> = {
  esp32: 'esp32',
  esp8266: 'esp8266',
  rp2: 'rp2',
  pyboard: 'stm32',
  stm32: 'stm32',
  samd: 'samd',
  mimxrt: 'mimxrt',
  linux: 'unix',
  darwin: 'unix',
  win32: 'windows',
  webassembly: 'webassembly',
};

const STDLIB = 'micropython-stdlib-stubs';

/** Stubs that fit a board, unpacked in memory. */
export interface Stubs {
  /** `micropython-esp32-stubs 1.24.1.post2`, and the standard library's. */
  readonly packages: readonly string[];
  readonly files: readonly ArchiveFile[];
  /** A remark for the user: the version differs from the board's, or no stubs exist for its port. */
  readonly note?: string;
}

/** Returns the package for a board's port, or undefined if the project has none; the standard library still fits. */
export function stubsPackage(platform: string): string | undefined {
  const port = PORTS[platform.toLowerCase()];
  return port && `micropython-${port}-stubs`;
}

/**
 * Finds and downloads the stubs for a board: those of its firmware's version, else of the nearest older one, else of the
 * oldest one available.
 * @throws DownloadError, ProtocolError
 */
export async function fetchStubs(
  info: Pick<BoardInfo, 'platform' | 'version'>,
  pypi: string,
  fetcher: Fetcher,
  signal?: AbortSignal,
): Promise<Stubs> {
  const source = new StubSource(pypi.replace(/\/+$/, ''), fetcher, signal);
  const name = stubsPackage(info.platform);
  const versions = name ? await source.versions(name) : [];
  const version = newestFor(versions, info.version);
  if (!name || version === undefined) {
    const stdlib = await source.stdlib([]);
    const note = `No stubs exist for ${info.platform}; those of the standard library fit every board.`;
    return { ...stdlib, note };
  }
  const own = await source.package(name, version);
  const stdlib = await source.stdlib(own.requires);
  const same = compareVersions(version, info.version, 2) === 0;
  return {
    packages: [...own.packages, ...stdlib.packages],
    files: merged(own.files, stdlib.files),
    ...(same
      ? {}
      : { note: `The board has ${info.version}; the nearest stubs are those of ${version}.` }),
  };
}

class StubSource {
  constructor(
    private readonly pypi: string,
    private readonly fetcher: Fetcher,
    private readonly signal?: AbortSignal,
  ) {}

  /** Returns the versions that have a wheel; none if the package does not exist. */
  async versions(name: string): Promise<string[]> {
    let project: Project;
    try {
      project = await this.#project(name);
    } catch (error) {
      if (error instanceof DownloadError && error.status === 404) return [];
      throw error;
    }
    const { releases } = project;
    if (typeof releases !== 'object' || releases === null) {
      throw new ProtocolError(l10n.t("PyPI's answer for {0} cannot be read", name));
    }
    return Object.entries(releases)
      .filter(([, files]) => wheelOf(files) !== undefined)
      .map(([version]) => version);
  }

  async package(name: string, version: string) {
    const { info, urls } = await this.#project(`${name}/${version}`);
    const wheel = wheelOf(urls);
    if (!wheel) throw new ProtocolError(l10n.t('{0} {1} has no wheel', name, version));
    const archive = await this.fetcher.getByHash(wheel.url, wheel.sha256, {
      ...(this.signal ? { signal: this.signal } : {}),
    });
    const files = (await unpackZip(archive, wheel.url)).filter((f) => /\.pyi?$/.test(f.path));
    const requires = Array.isArray(info?.requires_dist) ? (info.requires_dist as unknown[]) : [];
    return { packages: [`${name} ${version}`], files, requires };
  }

  /** Downloads the standard library's stubs in the version that a port's stubs require. */
  async stdlib(requires: readonly unknown[]): Promise<Stubs> {
    const wanted = requires.find((r) => typeof r === 'string' && r.startsWith(STDLIB));
    const rule = typeof wanted === 'string' ? wanted.slice(STDLIB.length) : '';
    const versions = await this.versions(STDLIB);
    const fitting = versions.filter((v) => satisfies(v, rule));
    const newest = (fitting.length > 0 ? fitting : versions).sort(compareVersions).at(-1);
    return newest === undefined ? { packages: [], files: [] } : this.package(STDLIB, newest);
  }

  async #project(path: string): Promise<Project> {
    const url = `${this.pypi}/${path}/json`;
    const bytes = await this.fetcher.get(url, this.signal ? { signal: this.signal } : {});
    return parseProject(text(bytes), url);
  }
}

function wheelOf(files: unknown): Release | undefined {
  if (!Array.isArray(files)) return undefined;
  return files.flatMap((f: unknown) => readRelease(f) ?? []).find((r) => r.isWheel);
}

/** Merges two sets of stubs. The port's own stubs win over the standard library's. */
function merged(own: readonly ArchiveFile[], more: readonly ArchiveFile[]): ArchiveFile[] {
  const paths = new Set(own.map((f) => f.path));
  return [...own, ...more.filter((f) => !paths.has(f.path))];
}
