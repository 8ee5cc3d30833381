import { CancelledError } from '../core/errors';
import { showWarningMessage } from '../views/message';

/** Asks a modal question that only `yes` answers. @throws CancelledError for any other answer */
export async function confirm(question: string, yes: string, detail?: string): Promise<void> {
  const options = { modal: true, ...(detail && { detail }) };
  if ((await showWarningMessage(question, options, yes)) !== yes) throw new CancelledError();
}
