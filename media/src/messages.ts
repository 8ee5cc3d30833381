import type { FromMessages, ToMessages } from '../../src/views/apps/messagesPage';
import { element, Host } from './parts/host';
import { patchChildren } from './parts/patch';
import { PeriodChoice } from './parts/periodChoice';

let isFilled = false;
const choice = new PeriodChoice('all', (period) => host.send({ kind: 'period', period }));
// The extension sends the page as markup in which all texts of boards are escaped; the page's policy runs no script of it.
const host = new Host<ToMessages, FromMessages>(({ body, words, period }) => {
  if (!isFilled) {
    const word = (key: string) => words[key] ?? key;
    element('title').textContent = word('title');
    element('range').setAttribute('aria-label', word('range'));
    choice.label(word);
    // From now on the user chooses the period. Filling the page again keeps it.
    choice.value = period;
    isFilled = true;
  }
  const fresh = new DOMParser().parseFromString(body, 'text/html');
  patchChildren(element('page'), fresh.body);
});
host.send({ kind: 'ready' });
