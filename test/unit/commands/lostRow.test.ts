import { describe, expect, it, vi } from 'vitest';

vi.mock('vscode', async () => (await import('../rig/vscodeShape')).vscodeShape);
const { isInMenusOfBoardsOnly, isLost } = await import('../../../src/commands/lostRow');

describe('the row that was clicked', () => {
  const row = { kind: 'board' };
  it.for<[string, unknown[]]>([
    ['of an icon', [undefined, undefined]],
    ['as it comes over the wire', [null, null]],
    ['of a menu on one of several', [undefined, [undefined, row]]],
    ['with some of those that are selected', [row, [row, null]]],
  ])('is lost: %s', ([, args]) => expect(isLost(args)).toBe(true));

  it.for<[string, unknown[]]>([
    ['the palette and keys', []],
    ["a view's title", [undefined]],
    ['a program with a name', ['esp32-1']],
    ['our own with names', [undefined, ['aioble']]],
    ['one row', [row, undefined]],
    ['several', [row, [row, { kind: 'remote' }]]],
  ])('is not lost: %s', ([, args]) => expect(isLost(args)).toBe(false));

  it('is found by the focus only if no icon and no other view offers the command', () => {
    const menus = {
      'view/item/context': [
        { command: 'icon', when: 'view == mpyFleet.boards', group: 'inline@1' },
        { command: 'icon', when: 'view == mpyFleet.boards', group: '1_a' },
        { command: 'menu', when: 'view == mpyFleet.boards && viewItem == board', group: '1_a' },
        { command: 'other', when: 'view == mpyFleet.brokers', group: '1_a' },
        { submenu: 'mpyFleet.boardMenu', when: 'view == mpyFleet.boards', group: '2_b' },
      ],
      'mpyFleet.boardMenu': [{ command: 'deep', group: '1_a' }],
    };
    const found = ['icon', 'menu', 'other', 'deep'].filter((id) =>
      isInMenusOfBoardsOnly(menus, id),
    );
    expect(found).toEqual(['menu', 'deep']);
  });
});
