import * as l10n from '@vscode/l10n';
import { parseDocument, type Document } from 'yaml';
import { schemaProblems } from '../boardConfig';
import { isRecord } from '../json';
import { asError, UsageError } from '../errors';
import { STEPS, type StepName } from './stepNames';
import { MAX_TEMPLATE_CHARACTERS, TEMPLATE_SCHEMA } from './templateSchema';

/** The broker to which boards will connect. Texts may contain placeholders such as `{secret:NAME}`. */
export interface TemplateBroker {
  /** A broker of this computer's configuration, at which the board is then expected. */
  readonly id?: string;
  /** Host name or address as the board sees it. */
  readonly host?: string;
  readonly port?: number;
  readonly root?: string;
  readonly user?: string;
  readonly password?: string;
  /** `derived`: each board's own login, derived from the broker's password as `mpyfleet broker login` does. */
  readonly login?: 'derived';
  /** Passphrase of the file in which the boards' keys are handed over to the owner of the broker. */
  readonly handOver?: string;
  /** `ca` is a PEM file next to the template. */
  readonly tls?: { readonly ca?: string; readonly verify?: boolean; readonly name?: string };
}

/** A folder or file to copy to the board, or a text to write there. */
export interface TemplateFile {
  readonly from?: string;
  readonly text?: string;
  readonly to: string;
}

/** The entries of a template that require work on the board, in the order in which they are offered. */
export const PARTS = ['firmware', 'name', 'broker', 'files', 'app', 'stubs'] as const;
export type Part = (typeof PARTS)[number];

/** The content of a board-template.yaml. A missing part means that the step is skipped. */
export interface SetupTemplate {
  readonly firmware?: { readonly use: string; readonly erase?: boolean };
  /** A range `sensor-[001-200]`, or a text with `{n}`. */
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly wifi?: readonly {
    readonly ssid: string;
    readonly password?: string;
    readonly hidden?: boolean;
  }[];
  readonly broker?: TemplateBroker;
  /** Seconds after power-on in which the board opens an access point if it has no network. */
  readonly accessPoint?: number;
  readonly files?: readonly TemplateFile[];
  /** Folder of an app, next to the template. */
  readonly app?: string;
  readonly stubs?: boolean;
  /** Text of one label, with placeholders. */
  readonly label?: string;
}

/** Number of problems that one message names. */
const MAX_PROBLEMS = 5;

/**
 * Reads a template, YAML or JSON. Paths in it lead to files below its own folder.
 * @throws UsageError naming everything that is wrong
 */
export function parseTemplate(text: string, file: string): SetupTemplate {
  if (text.length > MAX_TEMPLATE_CHARACTERS) {
    throw wrong(file, [l10n.t('it is longer than {0} characters', MAX_TEMPLATE_CHARACTERS)]);
  }
  const document = parseDocument(text.replace(/^\ufeff/, ''), { uniqueKeys: true });
  const [error] = document.errors;
  if (error) throw wrong(file, [error.message]);
  const value = plainValue(document, file);
  const problems = schemaProblems(TEMPLATE_SCHEMA, value ?? {}, '');
  if (problems.length > 0 || !isRecord(value)) throw wrong(file, problems);
  const template = value as SetupTemplate;
  const senseless = contradictions(template);
  if (senseless.length > 0) throw wrong(file, senseless);
  return template;
}

/** Aliases can expand a one-page document until memory is full, so they are rejected. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw wrong(file, [asError(cause).message]);
  }
}

/** Returns violations of rules that the schema cannot express. */
function contradictions(template: SetupTemplate): string[] {
  const { broker, wifi, files = [], app, name, tags } = template;
  const problems: string[] = [];
  if (broker && broker.id === undefined && broker.host === undefined) {
    problems.push(l10n.t('broker needs "id" or "host"'));
  }
  if (broker?.login && (broker.user ?? broker.password) !== undefined) {
    problems.push(l10n.t('broker has either "login", or "user" and "password"'));
  }
  if (template.label?.includes('{secret:')) {
    problems.push(l10n.t('label must not contain a secret'));
  }
  if (!broker && wifi) {
    problems.push(l10n.t('wifi needs "broker": the agent is the program that connects to Wi-Fi'));
  }
  if (!broker && tags) problems.push(l10n.t('tags need "broker": the agent reports them'));
  const paths = [...files.map((f) => f.from), app, broker?.tls?.ca];
  for (const path of paths) {
    if (path !== undefined && !isBelow(path)) {
      problems.push(l10n.t('"{0}" must be a path below the folder of the template', path));
    }
  }
  for (const [i, { from, text: content }] of files.entries()) {
    if ((from === undefined) === (content === undefined)) {
      problems.push(l10n.t('files[{0}] needs either "from" or "text"', i));
    }
  }
  if (!PARTS.some((part) => Object.hasOwn(template, part))) {
    problems.push(l10n.t('it has no step; add at least one of: {0}', PARTS.join(', ')));
  }
  if (name !== undefined && /\{(?:name|uid|secret)/.test(name)) {
    problems.push(
      l10n.t('name may contain {n} or a range such as [001-200], but no other placeholder'),
    );
  }
  return problems;
}

/** Returns whether a path of a template stays in the template's folder, on every system. */
function isBelow(path: string): boolean {
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return false;
  return !path.split(/[/\\]/).includes('..');
}

/** Returns the steps that a template asks for, in their order. */
export function stepsOf(template: SetupTemplate): StepName[] {
  const { firmware, name, wifi, broker, files, app, stubs } = template;
  const wanted: Record<StepName, boolean> = {
    flash: firmware !== undefined,
    name: name !== undefined,
    wifi: wifi !== undefined,
    agent: broker !== undefined,
    files: files !== undefined,
    app: app !== undefined,
    start: broker !== undefined || files !== undefined || app !== undefined,
    broker: broker !== undefined,
    stubs: stubs === true,
  };
  return STEPS.filter((step) => wanted[step]);
}

/** Entries that only the agent uses, so that they belong to the part `broker`. */
const OF_BROKER: readonly string[] = ['wifi', 'tags', 'accessPoint'];

/** Returns the template with only these parts, and with the entries that belong to no part. */
export function withParts(template: SetupTemplate, parts: readonly Part[]): SetupTemplate {
  const left = new Set<string>(PARTS.filter((part) => !parts.includes(part)));
  const isWanted = (key: string) => !left.has(OF_BROKER.includes(key) ? 'broker' : key);
  return Object.fromEntries(Object.entries(template).filter(([key]) => isWanted(key)));
}

/** Returns whether the template is for the broker of another owner, which this computer cannot ask. */
export function isForOthers({ broker }: SetupTemplate): boolean {
  return broker !== undefined && broker.id === undefined;
}

/**
 * Returns the names of the secrets that every board needs. Names that contain placeholders are left
 * out.
 */
export function plainSecrets(template: SetupTemplate): string[] {
  const names = JSON.stringify(template).matchAll(/\{secret:([\w.-]+)\}/g);
  return [...new Set([...names].map(([, name = '']) => name))];
}

function wrong(file: string, problems: readonly string[]): UsageError {
  const more =
    problems.length > MAX_PROBLEMS ? [l10n.t('{0} more', problems.length - MAX_PROBLEMS)] : [];
  const all = [...problems.slice(0, MAX_PROBLEMS), ...more].join('; ');
  return new UsageError(l10n.t('The board template {0} cannot be used: {1}', file, all), {
    hint: l10n.t('docs/setup.md describes every entry. Nothing was changed on any board.'),
  });
}
