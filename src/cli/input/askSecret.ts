import { UsageError } from '../../core/errors';
import type { Cli } from '../cli';
import { typedLine } from './typedLine';

/**
 * Reads a secret from an environment variable, or asks for it without echo at a terminal. It is
 * never an argument, because every user of the computer can read those.
 * @throws UsageError without the variable and without a terminal
 */
export async function askSecret(cli: Cli, variable: string, question: string): Promise<string> {
  const given = cli.env[variable];
  if (given !== undefined) return given;
  if (!cli.input.isTerminal) {
    throw new UsageError(`${question}: it is not set`, {
      hint: `Put it into the variable ${variable}.`,
    });
  }
  cli.err(`${question}: `);
  return typedLine(cli, { echo: false });
}

/** Returns a function that supplies the secrets of templates and asks for each one once. */
export function secretsOf(cli: Cli): (name: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  let last: Promise<unknown> = Promise.resolve();
  return (name) => {
    const variable = `MPYFLEET_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
    // Asks one question at a time, although boards are worked on in parallel.
    const asked = known.get(name) ?? last.then(() => askSecret(cli, variable, `Secret "${name}"`));
    known.set(name, asked);
    last = asked.catch(() => undefined); // the error is reported where the secret is awaited
    return asked;
  };
}
