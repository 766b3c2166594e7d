import { describe, expect, it } from 'vitest';
import { mayBeUndecided } from './undecided';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const inputs = {
  base: encode('title\n\none\n\nmiddle\n\ntwo\n\nend\n'),
  mine: encode('title\n\none of mine\n\nmiddle\n\ntwo of mine\n\nend\n'),
  theirs: encode('title\n\none of theirs\n\nmiddle\n\ntwo\n\nend, theirs\n'),
};

describe('a merge that was saved', () => {
  it('is not decided where both changed something and neither is there', () => {
    expect(mayBeUndecided(inputs, 'title\n\none\n\nmiddle\n\ntwo of mine\n\nend, theirs\n')).toBe(true);
    expect(mayBeUndecided(inputs, 'title\r\n\r\none\r\n\r\nmiddle\r\n\r\ntwo of mine\r\n\r\nend, theirs')).toBe(true);
    expect(mayBeUndecided(inputs, new TextDecoder().decode(inputs.base))).toBe(true);
  });

  it('is decided by either side, by both, by something else, or by nothing at all', () => {
    const ways = ['one of mine\n', 'one of theirs\n', 'one of mine\none of theirs\n', 'another\n', ''];
    const undecided = ways.filter((one) =>
      mayBeUndecided(inputs, `title\n\n${one}\nmiddle\n\ntwo of mine\n\nend, theirs\n`),
    );
    expect(undecided).toEqual([]);
  });

  it('is decided when it is all mine, or all theirs', () => {
    expect(mayBeUndecided(inputs, new TextDecoder().decode(inputs.mine))).toBe(false);
    expect(mayBeUndecided(inputs, new TextDecoder().decode(inputs.theirs))).toBe(false);
  });

  it('is not decided where both made the file and nothing is in it', () => {
    const made = { base: new Uint8Array(), mine: encode('mine\n'), theirs: encode('theirs\n') };
    expect(mayBeUndecided(made, '')).toBe(true);
    expect(mayBeUndecided(made, 'mine\ntheirs\n')).toBe(false);
  });
});
