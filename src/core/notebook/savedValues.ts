import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { asError } from '../errors';

/** Where kept values outlive the window. */
export interface SavedValues {
  /** Returns names, and values as JSON. */
  load(): ReadonlyMap<string, string>;
  /** Replaces all. @throws an error of the file system */
  save(values: ReadonlyMap<string, string>): void;
}

/** Stores values in a JSON file at `path`. `report` learns that the file could not be read; the values are lost then. */
export function savedValues(path: string, report: (error: Error) => void): SavedValues {
  return {
    load: () => {
      try {
        return valuesIn(readFileSync(path, 'utf8'));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') report(asError(error));
        return new Map();
      }
    },
    save: (values) => {
      const members = [...values].map(([name, json]) => `${JSON.stringify(name)}:${json}`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, `{${members.join(',\n')}}\n`);
      renameSync(`${path}.new`, path);
    },
  };
}

function valuesIn(text: string): Map<string, string> {
  const all = JSON.parse(text) as unknown;
  if (typeof all !== 'object' || all === null) return new Map();
  // The names become code on boards.
  const valid = Object.entries(all).filter(([name]) => /^[A-Za-z_]\w*$/.test(name));
  return new Map(valid.map(([name, value]) => [name, JSON.stringify(value)]));
}
