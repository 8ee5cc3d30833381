import * as l10n from '@vscode/l10n';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { tagsIn } from '../many';
import { bareUid, type Device, type Diagnostic, type Dialect, type Resource } from './model';
import { Nodes } from './nodes';

/** Limit of a device file in characters. */
const MAX_FILE = 200_000;

/** The devices of a file, and what is wrong in it. */
export interface ParsedFile {
  readonly devices: readonly Device[];
  readonly diagnostics: readonly Diagnostic[];
}

/** How a file is parsed. */
export interface ParseOptions {
  /** The dialect for files that do not name one. Default: by the keys they use. */
  readonly dialect?: Dialect;
}

/** Parses a device file. Returns every readable device, and the errors in the rest. Nothing is ever executed. */
export function parseDeviceFile(
  file: string,
  text: string,
  options: ParseOptions = {},
): ParsedFile {
  if (text.length > MAX_FILE) {
    const message = `The file is larger than ${MAX_FILE} characters; it is not read`;
    return { devices: [], diagnostics: [{ file, line: 1, col: 1, message, severity: 'error' }] };
  }
  const lines = new LineCounter();
  // iot-kernel uses PyYAML, which implements YAML 1.1: `unpack: yes` is true.
  const document = parseDocument(text.replace(/^\uFEFF/, ''), {
    version: '1.1',
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    merge: false,
  });
  const nodes = new Nodes(file, document, lines);
  for (const { pos, message } of document.errors) nodes.error(nodes.placeAt(pos[0]), message);
  for (const { pos, message, code } of document.warnings) {
    if (code !== 'TAG_RESOLVE_FAILED') nodes.warning(nodes.placeAt(pos[0]), message);
  }
  const top = nodes.plain(document.contents);
  if (!isMap(top)) {
    if (!nodes.isNothing(top)) {
      nodes.error(nodes.place(top), l10n.t('malformed: the file must be a map of board names'));
    }
    return { devices: [], diagnostics: nodes.diagnostics };
  }
  const dialect = dialectOf(text, nodes) ?? options.dialect ?? dialectByKeys(top, nodes);
  return { devices: readDevices(top, dialect, nodes), diagnostics: nodes.diagnostics };
}

function readDevices(top: YAMLMap, dialect: Dialect, nodes: Nodes): Device[] {
  const devices: Device[] = [];
  const names = new Set<string>();
  for (const { key, value } of top.items) {
    const name = nodes.text(key) ?? '';
    if (names.has(name)) {
      nodes.error(nodes.place(key), l10n.t('Board "{0}" is configured twice', name));
      continue;
    }
    names.add(name);
    const spec = nodes.plain(value);
    if (isMap(spec)) {
      const device = readDevice(name, key, spec, dialect, nodes);
      if (device) devices.push(device);
    } else {
      nodes.error(
        nodes.place(key),
        l10n.t('malformed: the configuration of "{0}" must be a map', name),
      );
    }
  }
  return devices;
}

function readDevice(
  name: string,
  key: unknown,
  spec: YAMLMap,
  dialect: Dialect,
  nodes: Nodes,
): Device | undefined {
  const fields = fieldsOf(spec, nodes);
  const uid = nodes.text(fields.get('uid'));
  if (uid === undefined || uid.trim() === '') {
    const message = l10n.t('Board "{0}" has no uid, which is mandatory', name);
    nodes.error(nodes.place(fields.get('uid') ?? key), message);
    return undefined;
  }
  if (!/^[0-9a-f]+$/.test(bareUid(uid))) {
    nodes.warning(
      nodes.place(fields.get('uid')),
      l10n.t('"{0}" does not look like a unique id', uid),
    );
  }
  return {
    name,
    uid,
    place: nodes.place(key),
    dialect,
    resources: readResources(fields.get('resources'), dialect, nodes),
    protect: nodes.textsAt(fields.get('protect'), 'protect')?.value ?? [],
    tags: tagsOf(fields.get('tags'), nodes),
    ...ledOf(fields.get('led'), nodes),
    ...commonFields(fields, dialect === 'seed' ? 'libs' : 'path', nodes),
  };
}

/** Reads tags: a list, or one text with commas or spaces. */
function tagsOf(node: unknown, nodes: Nodes): string[] {
  const tags = (nodes.textsAt(node, 'tags')?.value ?? []).flatMap((text) => {
    const found = tagsIn(text);
    const message = () =>
      l10n.t('"{0}" is not a tag: use letters, digits, - _ .', text.slice(0, 40));
    if (!found) nodes.warning(nodes.place(node), message());
    return found ?? [];
  });
  return [...new Set(tags)];
}

/** Reads the LED's pin. It becomes part of code for the board, so only valid pin names are accepted. */
function ledOf(node: unknown, nodes: Nodes): { led?: string } {
  const led = nodes.text(node)?.trim();
  if (led === undefined || led === '') return {};
  if (/^[A-Za-z_]?\w{0,19}$/.test(led)) return { led };
  nodes.warning(
    nodes.place(node),
    l10n.t('"{0}" is not a pin: write its number or its name', led.slice(0, 40)),
  );
  return {};
}

/** Reads the keys that devices and resources have in common. */
function commonFields(fields: Map<string, unknown>, search: string, nodes: Nodes) {
  const texts = (key: string) => nodes.textsAt(fields.get(key), key);
  return {
    installDir: nodes.textAt(fields.get('install-dir'), 'install-dir'),
    search: texts(search),
    include: texts('include-patterns'),
    exclude: texts('exclude-patterns'),
  };
}

function readResources(node: unknown, dialect: Dialect, nodes: Nodes): Resource[] {
  if (nodes.isNothing(node)) return [];
  const list = nodes.plain(node);
  if (!isSeq(list)) {
    nodes.error(nodes.place(node), l10n.t('resources must be a list'));
    return [];
  }
  return list.items
    .map((item) => readResource(item, dialect, nodes))
    .filter((resource) => resource !== undefined);
}

/** Reads `name`, `name:`, `name: /dir` or `name: {…}`. */
function readResource(item: unknown, dialect: Dialect, nodes: Nodes): Resource | undefined {
  const node = nodes.plain(item);
  const place = nodes.place(item);
  const name = isScalar(node) ? nodes.text(node) : undefined;
  if (name !== undefined) return { name: name.replace(/\/+$/, ''), place };
  if (!isMap(node) || node.items.length === 0) {
    nodes.error(place, l10n.t('A resource must be a name, or a name with its destination'));
    return undefined;
  }
  const [first, second] = node.items;
  if (second) {
    nodes.warning(nodes.place(second.key), 'Only the first key of a resource counts; indent this');
  }
  const key = nodes.text(first?.key)?.replace(/\/+$/, '');
  if (key === undefined || key === '') {
    nodes.error(place, l10n.t('A resource needs a name'));
    return undefined;
  }
  return { name: key, place: nodes.place(first?.key), ...parameters(first?.value, dialect, nodes) };
}

function parameters(value: unknown, dialect: Dialect, nodes: Nodes): Partial<Resource> {
  if (nodes.isNothing(value)) return {};
  const node = nodes.plain(value);
  if (isScalar(node)) return { installDir: nodes.textAt(node, 'install-dir') };
  if (!isMap(node)) {
    nodes.error(nodes.place(value), l10n.t('A resource is placed by a folder or by a map'));
    return {};
  }
  const fields = fieldsOf(node, nodes);
  const unpack = nodes.boolean(fields.get('unpack'), 'unpack');
  return { unpack, ...commonFields(fields, dialect === 'seed' ? 'lib' : 'path', nodes) };
}

/** Limit of nested merges; more is a cycle. */
const MAX_MERGES = 8;

/** Reads a map by its keys. As in PyYAML, the last of two equal keys counts; a warning reports it. */
function fieldsOf(map: YAMLMap, nodes: Nodes, depth = 0): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  const merged = new Map<string, unknown>();
  for (const { key, value } of map.items) {
    const name = nodes.text(key) ?? '';
    if (name === '<<') {
      for (const [k, v] of mergedFields(value, nodes, depth)) if (!merged.has(k)) merged.set(k, v);
      continue;
    }
    if (fields.has(name))
      nodes.warning(nodes.place(key), `"${name}" is given twice; this one counts`);
    fields.set(name, value);
  }
  // The map's own keys override merged ones.
  return new Map([...merged, ...fields]);
}

/**
 * Reads YAML's merge key, `<<: *base` or a list of these: the keys of other maps. The first map
 * with a key wins.
 */
function mergedFields(value: unknown, nodes: Nodes, depth: number): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  const target = nodes.plain(value);
  for (const part of isSeq(target) ? target.items : [target]) {
    const map = nodes.plain(part);
    if (!isMap(map) || depth >= MAX_MERGES) {
      nodes.error(nodes.place(part), '"<<" must name a map, or a list of maps');
      continue;
    }
    for (const [k, v] of fieldsOf(map, nodes, depth + 1)) if (!fields.has(k)) fields.set(k, v);
  }
  return fields;
}

/**
 * Reads the dialect from a comment, `# dialect: head` (iot-kernel would read a top-level key as a
 * board).
 */
function dialectOf(text: string, nodes: Nodes): Dialect | undefined {
  const comment = /^[ \t]*#[ \t]*dialect:[ \t]*(\w+)/im.exec(text);
  if (!comment) return undefined;
  const known = comment[1]?.toLowerCase();
  if (known === 'seed' || known === 'head') return known;
  nodes.error(
    nodes.placeAt(comment.index),
    l10n.t('Unknown dialect "{0}": write seed or head', known ?? ''),
  );
  return undefined;
}

/**
 * Detects the dialect: `libs` or `lib` mean seed, `path` means head, and without both it is seed, which is documented. If resources
 * and boards disagree, the boards' keys decide.
 */
function dialectByKeys(top: YAMLMap, nodes: Nodes): Dialect {
  const boards = new Map<string, unknown>();
  const seen = new Map<string, unknown>();
  const note = (map: unknown, found = seen) => {
    if (isMap(map)) for (const { key } of map.items) found.set(nodes.text(key) ?? '', key);
  };
  for (const { value } of top.items) {
    const spec = nodes.plain(value);
    note(spec, boards);
    const resources = isMap(spec) ? nodes.plain(spec.get('resources', true)) : undefined;
    if (!isSeq(resources)) continue;
    for (const item of resources.items) {
      const resource = nodes.plain(item);
      if (isMap(resource)) note(nodes.plain(resource.items[0]?.value));
    }
  }
  const own = [boards.get('libs'), boards.get('path')] as const;
  const seed = own[0] ?? seen.get('libs') ?? seen.get('lib');
  const head = own[1] ?? seen.get('path');
  const isHead = head !== undefined && (seed === undefined || (own[1] !== undefined && !own[0]));
  if (seed !== undefined && head !== undefined) {
    const message = `"path" and "libs" belong to different dialects; the file is read as ${isHead ? 'head' : 'seed'}`;
    nodes.warning(nodes.place(isHead ? seed : head), message);
  }
  return isHead ? 'head' : 'seed';
}
