import { Deferred } from '../../core/async';
import { text } from '../../core/bytes';
import { CancelledError } from '../../core/errors';
import { printable, type Cli } from '../cli';

/** Longest line that is accepted, in characters. */
const MAX_LINE = 1024;

/** Reads a line from the terminal. @param echo whether it is shown @throws CancelledError at Ctrl-C and at the end of input */
export async function typedLine(cli: Cli, { echo }: { readonly echo: boolean }): Promise<string> {
  const answer = new Deferred<string>();
  let typed = '';
  const listening = cli.input.listen(
    (chunk) => {
      for (const key of text(chunk)) {
        if (key === '\x03') answer.reject(new CancelledError());
        else if (key === '\r' || key === '\n') answer.resolve(typed);
        else if (key === '\x7f' || key === '\b') {
          if (echo && typed !== '') cli.err('\b \b');
          typed = typed.slice(0, -1);
        } else if (key >= ' ' && typed.length < MAX_LINE) {
          typed += key;
          if (echo) cli.err(printable(key));
        }
      }
    },
    () => answer.reject(new CancelledError()),
  );
  try {
    return await answer.promise;
  } finally {
    listening.dispose();
    cli.err('\n');
  }
}
