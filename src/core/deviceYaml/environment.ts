/** Variables for paths in device files. Values may refer to each other and override the defaults. */
export interface Environment {
  /** The user's home folder, `/` between parts. */
  readonly home: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** iot-kernel's own defaults. */
const DEFAULTS: Readonly<Record<string, string>> = {
  IOT: '~',
  IOT49: '$IOT/iot49',
  IOT_LIBS: '$IOT49/libs',
  IOT_SECRETS: '$IOT49/libs/secrets.py',
  IOT_PROJECTS: '~/projects',
};

/** Deeper references are a cycle. */
const MAX_DEPTH = 10;

/** Expands `$VAR`, `${VAR}` and `~` in a path. Also returns the names without a value, which are left in the path. */
export function expandPath(
  text: string,
  environment: Environment,
): { readonly path: string; readonly unknown: readonly string[] } {
  const unknown = new Set<string>();
  const expand = (part: string, depth: number): string => {
    const home = part.replace(/^~(?=\/|\\|$)/, environment.home);
    return home.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
      const name = bare ?? braced ?? '';
      const value = environment.variables[name] ?? DEFAULTS[name];
      if (value !== undefined && depth < MAX_DEPTH) return expand(value, depth + 1);
      unknown.add(name);
      return whole;
    });
  };
  return { path: expand(text, 0).replaceAll('\\', '/'), unknown: [...unknown] };
}

/** Splits a list of paths at `:`, or at the system's own `;`; `C:\x` is one part. */
export function splitPathList(list: string): string[] {
  return list
    .split(/;|:(?![\\/](?<=(?:^|[:;])[A-Za-z]:[\\/]))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Returns the folders that iot-kernel searches for device files, in both dialects; those of `IOT_DEVICES` first. */
export function deviceFolders(environment: Environment): string[] {
  const set = environment.variables.IOT_DEVICES;
  const lists = set ? [set] : ['$IOT49/devices', '$IOT_PROJECTS/devices'];
  const folders = lists.flatMap(splitPathList).map((f) => expandPath(f, environment).path);
  return [...new Set(folders)];
}

/** Returns the folders that are searched for libraries of the seed dialect. */
export function libraryFolders(environment: Environment): string[] {
  const list = expandPath(environment.variables.IOT_LIBS ?? '$IOT_LIBS', environment).path;
  return splitPathList(list);
}
