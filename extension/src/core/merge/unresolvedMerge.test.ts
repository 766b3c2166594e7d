import { describe, expect, it } from 'vitest';
import { hasNothingOfTheirs, mayBeUnresolved } from './unresolvedMerge';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const inputs = {
  base: encode('title\n\none\n\nmiddle\n\ntwo\n\nend\n'),
  mine: encode('title\n\none of mine\n\nmiddle\n\ntwo of mine\n\nend\n'),
  theirs: encode('title\n\none of theirs\n\nmiddle\n\ntwo\n\nend, theirs\n'),
};

describe('a merge that was saved', () => {
  it('is not decided where both changed something and neither is there', () => {
    expect(mayBeUnresolved(inputs, 'title\n\none\n\nmiddle\n\ntwo of mine\n\nend, theirs\n')).toBe(true);
    expect(mayBeUnresolved(inputs, 'title\r\n\r\none\r\n\r\nmiddle\r\n\r\ntwo of mine\r\n\r\nend, theirs')).toBe(true);
    expect(mayBeUnresolved(inputs, new TextDecoder().decode(inputs.base))).toBe(true);
  });

  it('is decided by either side, by both, by something else, or by nothing at all', () => {
    const ways = ['one of mine\n', 'one of theirs\n', 'one of mine\none of theirs\n', 'another\n', ''];
    const undecided = ways.filter((one) =>
      mayBeUnresolved(inputs, `title\n\n${one}\nmiddle\n\ntwo of mine\n\nend, theirs\n`),
    );
    expect(undecided).toEqual([]);
  });

  it('is decided when it is all mine, or all theirs', () => {
    expect(mayBeUnresolved(inputs, new TextDecoder().decode(inputs.mine))).toBe(false);
    expect(mayBeUnresolved(inputs, new TextDecoder().decode(inputs.theirs))).toBe(false);
  });

  it('is not decided where both made the file and nothing is in it', () => {
    const made = { base: new Uint8Array(), mine: encode('mine\n'), theirs: encode('theirs\n') };
    expect(mayBeUnresolved(made, '')).toBe(true);
    expect(mayBeUnresolved(made, 'mine\ntheirs\n')).toBe(false);
  });
});

describe('a text that may have nothing of theirs', () => {
  const asMine = new TextDecoder().decode(inputs.mine);

  it('has nothing where it is mine, or mine edited on', () => {
    expect(hasNothingOfTheirs(inputs, asMine)).toBe(true);
    expect(hasNothingOfTheirs(inputs, `${asMine}\nlater\n`)).toBe(true);
    expect(hasNothingOfTheirs(inputs, asMine.replace('one of mine', 'one of mine, again'))).toBe(true);
    // The line that theirs changed was changed here, too, and not to what theirs made of it.
    expect(hasNothingOfTheirs(inputs, asMine.replace('end', 'the end').replaceAll('\n', '\r\n'))).toBe(true);
  });

  it('has nothing where both changed the same line, and mine is edited on', () => {
    const met = { base: encode('a\n\nb\n'), mine: encode('mine\n\nb\n'), theirs: encode('theirs\n\nb\n') };
    expect(hasNothingOfTheirs(met, 'mine\n\nb\nlater\n')).toBe(true);
    expect(hasNothingOfTheirs(met, 'mine\ntheirs\n\nb\n')).toBe(false);
  });

  it('has something where a line of theirs stands in it', () => {
    const texts = [
      new TextDecoder().decode(inputs.theirs),
      asMine.replace('end', 'end, theirs'),
      asMine.replace('one of mine', 'one of mine\none of theirs'),
      asMine.replace('one of mine', '  one of theirs'),
    ];
    expect(texts.filter((text) => hasNothingOfTheirs(inputs, text))).toEqual([]);
  });

  it('has something where theirs only removed lines and one of them is gone', () => {
    const removing = { ...inputs, theirs: encode('title\n\none\n\ntwo\n\nend\n') };
    expect(hasNothingOfTheirs(removing, `${asMine}later\n`)).toBe(true);
    expect(hasNothingOfTheirs(removing, asMine.replace('middle\n\n', ''))).toBe(false);
  });

  it('lacks nothing where mine had done all that theirs did', () => {
    const same = { ...inputs, theirs: encode(asMine.replace('two of mine', 'two')) };
    expect(hasNothingOfTheirs(same, `${asMine}later\n`)).toBe(false);
  });
});
