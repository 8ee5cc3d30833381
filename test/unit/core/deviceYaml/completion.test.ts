import { describe, expect, it } from 'vitest';
import { keysFor, slotAt } from '../../../../src/core/deviceYaml/completion';

const at = (text: string) => slotAt(text.split('\n'));

describe('completion in a device file', () => {
  it.each([
    ['', 'none'],
    ['kitchen', 'none'],
    ['kitchen:\n  ', 'device'],
    ['kitchen:\n  uid: aa\n  re', 'device'],
    ['kitchen:\n    uid: aa\n    # note\n    ', 'device'],
    ['kitchen:\n  uid: ', 'none'],
    ['kitchen:\n  resources:\n    - ', 'name'],
    ['kitchen:\n  resources:\n  - py', 'name'],
    ['kitchen:\n  resources:\n    - a.py\n    - ', 'name'],
    ['kitchen:\n  libs:\n    - ', 'none'],
    ['kitchen:\n  resources:\n    - esp32:\n        ', 'resource'],
    ['kitchen:\n  resources:\n    - esp32:\n        unpack: true\n        in', 'resource'],
    ['kitchen:\n  resources:\n  - esp32:\n      in', 'resource'],
    ['a:\n  uid: aa\nb:\n  ', 'device'],
  ])('%j: %s', (text, slot) => {
    expect(at(text)).toBe(slot);
  });

  it('offers the keys of that place', () => {
    expect(keysFor('device').map((k) => k.label)).toContain('uid');
    expect(keysFor('resource').map((k) => k.label)).toContain('unpack');
    expect(keysFor('resource').map((k) => k.label)).not.toContain('uid');
    expect(keysFor('none')).toEqual([]);
  });
});
