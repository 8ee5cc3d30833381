import type { FromMessages, ToMessages } from '../../src/views/apps/messagesPage';
import { element, Host } from './parts/host';
import { patchChildren } from './parts/patch';

// The extension sends the page as markup in which all texts of boards are escaped. The page's
// policy runs no script in it.
const host = new Host<ToMessages, FromMessages>(({ body }) => {
  const fresh = new DOMParser().parseFromString(body, 'text/html');
  patchChildren(element('page'), fresh.body);
});
host.send({ kind: 'ready' });
