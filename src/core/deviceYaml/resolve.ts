import * as l10n from '@vscode/l10n';
import { asError } from '../errors';
import { boardPath, joinBoard, joinLocal, type LocalFs } from '../sync';
import { expandPath, libraryFolders, splitPathList, type Environment } from './environment';
import { filesBelow } from './localFiles';
import type { At, Device, Diagnostic, Place, Resource } from './model';
import { DEFAULT_EXCLUDE, DEFAULT_INCLUDE, fileFilter, isInside } from './patterns';

/** Where a device's resources are searched. */
export interface ResolveOptions {
  readonly fs: LocalFs;
  readonly environment: Environment;
  /** Base of relative library folders: the workspace folder, or the device file's own. */
  readonly base: string;
  readonly signal?: AbortSignal;
}

/** A file on the computer, with its path on the board. */
export interface Placed {
  readonly board: string;
  readonly local: string;
}

/** The local file or folder of a resource, and its place on the board. */
export interface Placement {
  readonly resource: Resource;
  /** The file or folder on the computer, or undefined if it was not found. */
  readonly local?: string;
  readonly files: readonly Placed[];
}

/** The files of a device, found on this computer. */
export interface ResolvedDevice {
  /** In the order of the file, to show before the first sync. */
  readonly placements: readonly Placement[];
  /** The files for the board. If two resources have the same destination, the later one wins. */
  readonly files: readonly Placed[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Finds every resource of a board on the computer and determines its place on the board. */
export async function resolveDevice(
  device: Device,
  options: ResolveOptions,
): Promise<ResolvedDevice> {
  const resolver = new Resolver(device, options);
  const placements: Placement[] = [];
  for (const resource of device.resources) placements.push(await resolver.place(resource));
  const byPlace = new Map<string, { placed: Placed; from: string }>();
  for (const { resource, files } of placements) {
    for (const placed of files) {
      const earlier = byPlace.get(placed.board);
      if (earlier && earlier.placed.local !== placed.local) {
        const message = l10n.t(
          '{0} of "{1}" is replaced by that of "{2}"',
          placed.board,
          earlier.from,
          resource.name,
        );
        resolver.say('warning', resource.place, message);
      }
      byPlace.set(placed.board, { placed, from: resource.name });
    }
  }
  const files = [...byPlace.values()].map(({ placed }) => placed);
  return { placements, files, diagnostics: resolver.diagnostics };
}

/** Applies the defaults and search rules of one board's dialect. */
class Resolver {
  readonly diagnostics: Diagnostic[] = [];

  constructor(
    private readonly device: Device,
    private readonly options: ResolveOptions,
  ) {}

  say(severity: Diagnostic['severity'], place: Place, message: string): void {
    this.diagnostics.push({ ...place, message, severity });
  }

  async place(resource: Resource): Promise<Placement> {
    const nothing = { resource, files: [] };
    if (!isInside(resource.name) || resource.name.startsWith('/')) {
      this.say('error', resource.place, l10n.t('"{0}" leads outside its library', resource.name));
      return nothing;
    }
    const installDir = this.#installDir(resource);
    if (installDir === undefined) return nothing;
    const local = await this.#find(resource);
    if (local === undefined) return nothing;
    const found = await this.options.fs.stat(local);
    const isDir = found?.type === 'dir';
    const relative = isDir ? await this.#filesIn(resource, local) : [''];
    const unpack = resource.unpack ?? (isDir && (await this.#unpacksByDefault(local)));
    const name = unpack ? resource.name.split('/').slice(1).join('/') : resource.name;
    // A single file cannot be unpacked.
    const prefix = !isDir && name === '' ? resource.name : name;
    const files = relative.map((path): Placed => {
      return { board: joinBoard(installDir, `${prefix}/${path}`), local: joinLocal(local, path) };
    });
    return { resource, local, files };
  }

  /**
   * Returns the resource's folder on the board. `~` and `$` in it belong to the board and are not
   * expanded.
   */
  #installDir(resource: Resource): string | undefined {
    const said = resource.installDir ?? this.device.installDir;
    const text = said?.value ?? (this.device.dialect === 'seed' ? '/lib' : '/');
    try {
      return boardPath(text);
    } catch (error) {
      this.say('error', said?.place ?? resource.place, asError(error).message);
      return undefined;
    }
  }

  async #unpacksByDefault(folder: string): Promise<boolean> {
    if (this.device.dialect === 'seed') return false;
    const init = await this.options.fs.stat(joinLocal(folder, '__init__.py'));
    return init?.type !== 'file';
  }

  async #find(resource: Resource): Promise<string | undefined> {
    const folders =
      this.device.dialect === 'seed' ? this.#libraries(resource) : [this.#path(resource)];
    for (const folder of folders) {
      const local = joinLocal(folder, resource.name);
      if (await this.options.fs.stat(local)) return local;
    }
    const where = folders.length > 0 ? folders.join(', ') : 'any library';
    this.say('error', resource.place, l10n.t('"{0}" was not found in {1}', resource.name, where));
    return undefined;
  }

  /**
   * Returns the libraries in the seed dialect: the resource's own, else the board's, else those of IOT_LIBS. The first
   * library that contains the name wins.
   */
  #libraries(resource: Resource): string[] {
    const said = resource.search ?? this.device.search;
    if (!said) return libraryFolders(this.options.environment);
    const parts = said.value.flatMap(splitPathList);
    return parts.map((part) => this.#absolute(this.#expand(part, said), this.options.base));
  }

  /** Returns the folder in the head dialect. A relative one is below IOT_PROJECTS. */
  #path(resource: Resource): string {
    const said = resource.search ?? this.device.search;
    const projects = expandPath('$IOT_PROJECTS', this.options.environment).path;
    const [first, second] = said?.value ?? [];
    if (said && second !== undefined)
      this.say('warning', said.place, l10n.t('Only the first path is used'));
    return said && first !== undefined
      ? this.#absolute(this.#expand(first, said), projects)
      : projects;
  }

  #expand(text: string, said: At<unknown>): string {
    const { path, unknown } = expandPath(text, this.options.environment);
    for (const name of unknown)
      this.say('error', said.place, l10n.t('There is no variable ${0}', name));
    return path;
  }

  #absolute(path: string, base: string): string {
    return /^(\/|[A-Za-z]:\/)/.test(path) ? path : joinLocal(base, path);
  }

  async #filesIn(resource: Resource, folder: string): Promise<string[]> {
    const include = this.#patterns(resource.include ?? this.device.include, DEFAULT_INCLUDE);
    const exclude = this.#patterns(resource.exclude ?? this.device.exclude, DEFAULT_EXCLUDE);
    const all = await filesBelow(this.options.fs, folder, this.options.signal, (path) => {
      const message = l10n.t(
        '{0} in "{1}" is a link to a folder, which is not followed. Name that folder as a resource of its own',
        path,
        resource.name,
      );
      if (!path.split('/').some((part) => part.startsWith('.'))) {
        this.say('error', resource.place, message);
      }
    });
    const taken = all.filter(fileFilter(include, exclude));
    if (taken.length === 0) {
      const message = l10n.t(
        'No file of "{0}" is included: its include-patterns match none of its files ({1})',
        resource.name,
        all.length,
      );
      this.say('warning', resource.place, message);
    }
    return taken;
  }

  #patterns(said: At<readonly string[]> | undefined, byDefault: readonly string[]): string[] {
    return (said?.value ?? byDefault).filter((pattern) => {
      if (isInside(pattern)) return true;
      if (said)
        this.say(
          'error',
          said.place,
          l10n.t('The pattern "{0}" leads outside the resource', pattern),
        );
      return false;
    });
  }
}
