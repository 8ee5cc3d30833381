/** Attribute that identifies an element in the next version of the page. */
const KEY = 'data-key';

/**
 * Makes the children of `old` equal to those of `fresh`, and keeps every node that need not change,
 * so that focus, selection and scroll position stay. Elements with a `data-key` are matched by it,
 * others by their position. Kept elements stay in their order.
 */
export function patchChildren(old: Element, fresh: Element): void {
  const wanted = new Set(Array.from(fresh.children, keyOf));
  const kept = new Map<string, Element>();
  for (const child of [...old.children]) {
    const key = keyOf(child);
    if (key === undefined) continue;
    if (wanted.has(key)) kept.set(key, child);
    else child.remove();
  }
  let at = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const key = keyOf(node);
    const match = key === undefined ? at : (kept.get(key) ?? null);
    if (key !== undefined && match) {
      // Elements before it without a key do not belong to this version.
      while (at && at !== match && keyOf(at) === undefined) at = removed(at);
    }
    if (match?.nodeName !== node.nodeName || keyOf(match) !== key) {
      old.insertBefore(document.importNode(node, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    if (!match.isEqualNode(node)) patch(match, node);
  }
  while (at) at = removed(at);
}

/** Makes `children` the children of `parent`, and moves none that is in its place. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  for (const [i, child] of children.entries()) {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  }
}

function patch(old: ChildNode, fresh: ChildNode): void {
  if (!(old instanceof Element) || !(fresh instanceof Element)) {
    old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patchChildren(old, fresh);
}

function keyOf(node: Node): string | undefined {
  return node instanceof Element ? (node.getAttribute(KEY) ?? undefined) : undefined;
}

function removed(node: ChildNode): ChildNode | null {
  const next = node.nextSibling;
  node.remove();
  return next;
}
