import { describe, expect, it } from 'vitest';
import { hasNothingOfTheirs, mayBeUnresolved } from './unresolvedMerge';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const inputs = {
  base: encode('title\n\none\n\nmiddle\n\ntwo\n\nend\n'),
  mine: encode('title\n\none of mine\n\nmiddle\n\ntwo of mine\n\nend\n'),
  theirs: encode('title\n\none of theirs\n\nmiddle\n\ntwo\n\nend, theirs\n'),
};

describe('mayBeUnresolved', () => {
  it('is true if a line that both sides changed equals the base', () => {
    expect(mayBeUnresolved(inputs, 'title\n\none\n\nmiddle\n\ntwo of mine\n\nend, theirs\n')).toBe(true);
    expect(mayBeUnresolved(inputs, 'title\r\n\r\none\r\n\r\nmiddle\r\n\r\ntwo of mine\r\n\r\nend, theirs')).toBe(true);
    expect(mayBeUnresolved(inputs, new TextDecoder().decode(inputs.base))).toBe(true);
  });

  it('is false for either side, both, another text, or a removed line', () => {
    const results = ['one of mine\n', 'one of theirs\n', 'one of mine\none of theirs\n', 'another\n', ''];
    const unresolved = results.filter((one) =>
      mayBeUnresolved(inputs, `title\n\n${one}\nmiddle\n\ntwo of mine\n\nend, theirs\n`),
    );
    expect(unresolved).toEqual([]);
  });

  it('is false for mine and for theirs', () => {
    expect(mayBeUnresolved(inputs, new TextDecoder().decode(inputs.mine))).toBe(false);
    expect(mayBeUnresolved(inputs, new TextDecoder().decode(inputs.theirs))).toBe(false);
  });

  it('is true for an empty text if both sides created the file', () => {
    const created = { base: new Uint8Array(), mine: encode('mine\n'), theirs: encode('theirs\n') };
    expect(mayBeUnresolved(created, '')).toBe(true);
    expect(mayBeUnresolved(created, 'mine\ntheirs\n')).toBe(false);
  });
});

describe('hasNothingOfTheirs', () => {
  const asMine = new TextDecoder().decode(inputs.mine);

  it('is true for mine, and for later edits of mine', () => {
    expect(hasNothingOfTheirs(inputs, asMine)).toBe(true);
    expect(hasNothingOfTheirs(inputs, `${asMine}\nlater\n`)).toBe(true);
    expect(hasNothingOfTheirs(inputs, asMine.replace('one of mine', 'one of mine, again'))).toBe(true);
    // Both sides changed this line, in different ways.
    expect(hasNothingOfTheirs(inputs, asMine.replace('end', 'the end').replaceAll('\n', '\r\n'))).toBe(true);
  });

  it('is true for later edits of mine if both sides changed the same line', () => {
    const overlapping = { base: encode('a\n\nb\n'), mine: encode('mine\n\nb\n'), theirs: encode('theirs\n\nb\n') };
    expect(hasNothingOfTheirs(overlapping, 'mine\n\nb\nlater\n')).toBe(true);
    expect(hasNothingOfTheirs(overlapping, 'mine\ntheirs\n\nb\n')).toBe(false);
  });

  it('is false for a text with a line of theirs', () => {
    const texts = [
      new TextDecoder().decode(inputs.theirs),
      asMine.replace('end', 'end, theirs'),
      asMine.replace('one of mine', 'one of mine\none of theirs'),
      asMine.replace('one of mine', '  one of theirs'),
    ];
    expect(texts.filter((text) => hasNothingOfTheirs(inputs, text))).toEqual([]);
  });

  it('is false if a line that theirs removed is missing', () => {
    const removing = { ...inputs, theirs: encode('title\n\none\n\ntwo\n\nend\n') };
    expect(hasNothingOfTheirs(removing, `${asMine}later\n`)).toBe(true);
    expect(hasNothingOfTheirs(removing, asMine.replace('middle\n\n', ''))).toBe(false);
  });

  it('is false if mine has all changes of theirs', () => {
    const same = { ...inputs, theirs: encode(asMine.replace('two of mine', 'two')) };
    expect(hasNothingOfTheirs(same, `${asMine}later\n`)).toBe(false);
  });
});
