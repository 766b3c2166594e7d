import fc from 'fast-check';
import { oddText, oddValue } from './oddValues';

/** A change to one node of a JSON value. `at` picks the node. */
interface JsonMutation {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'repeat' | 'add';
  readonly name: string;
  readonly value: unknown;
}

/** A change to a text. `at` is the place, as a fraction. */
interface TextMutation {
  readonly at: number;
  readonly kind: 'insert' | 'cut' | 'truncate' | 'repeat';
  readonly text: string;
}

const names = fc.constantFrom(
  'base',
  'path',
  'op',
  'kind',
  'size',
  'target',
  'hash',
  '__proto__',
  'constructor',
  '',
  'x',
);

const jsonMutation: fc.Arbitrary<JsonMutation> = fc.record({
  at: fc.nat({ max: 200 }),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'repeat', 'add'),
  name: names,
  value: oddValue,
});

const textMutation: fc.Arbitrary<TextMutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('insert', 'cut', 'truncate', 'repeat'),
  text: fc.oneof(fc.constantFrom(',', '}', '[', '"', '\n', '\r\n', '\0', '\ufeff', ':', '{}', '\\u0000'), oddText),
});

export type Mutations<T> = fc.Arbitrary<(value: T) => T>;

/** Most values stay valid, or nearly so: those get furthest. */
function few<M>(mutation: fc.Arbitrary<M>): fc.Arbitrary<M[]> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant<M[]>([]) },
    { weight: 6, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }) },
  );
}

export const jsonMutations: Mutations<unknown> = few(jsonMutation).map(
  (mutations) => (value) => mutations.reduce<unknown>(mutateJson, value),
);

export const textMutations: Mutations<string> = fc.oneof(
  { weight: 7, arbitrary: fc.constant((text: string) => text) },
  { weight: 3, arbitrary: few(textMutation).map((all) => (text: string) => all.reduce(mutateText, text)) },
);

function mutateJson(value: unknown, mutation: JsonMutation): unknown {
  const count = countNodes(value);
  return mutateNode(value, mutation.at % count, mutation);
}

function countNodes(value: unknown): number {
  return 1 + childrenOf(value).reduce((sum, [, child]) => sum + countShallow(child), 0);
}

/** Deep values are themselves mutations, and count as one node. */
function countShallow(value: unknown): number {
  return 1 + childrenOf(value).reduce((sum, [, child]) => sum + 1 + childrenOf(child).length, 0);
}

function childrenOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function mutateNode(value: unknown, at: number, mutation: JsonMutation): unknown {
  if (at === 0) return mutation.kind === 'add' ? withMember(value, mutation) : mutation.value;
  let left = at - 1;
  for (const [key, child] of childrenOf(value)) {
    const count = countShallow(child);
    if (left >= count) {
      left -= count;
      continue;
    }
    if (left === 0 && mutation.kind === 'remove') return without(value, key);
    if (left === 0 && mutation.kind === 'repeat') return withRepeated(value, key, child);
    return withChild(value, key, mutateNode(child, left, mutation));
  }
  return value;
}

function withMember(value: unknown, { name, value: member }: JsonMutation): unknown {
  if (Array.isArray(value)) return [...(value as unknown[]), member];
  return withChild(value, name, member);
}

function withChild(value: unknown, key: string, child: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map((old, index) => (String(index) === key ? child : old));
  // `__proto__` as an own property, as JSON.parse makes it.
  return Object.fromEntries([...childrenOf(value).filter(([name]) => name !== key), [key, child]]);
}

function without(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return (value as unknown[]).filter((_, index) => String(index) !== key);
  return Object.fromEntries(childrenOf(value).filter(([name]) => name !== key));
}

function withRepeated(value: unknown, key: string, child: unknown): unknown {
  return Array.isArray(value) ? [...(value as unknown[]), child, child] : withChild(value, `${key}2`, child);
}

function mutateText(text: string, { at, kind, text: added }: TextMutation): string {
  const place = Math.floor(at * text.length);
  if (kind === 'insert') return text.slice(0, place) + added + text.slice(place);
  if (kind === 'cut') return text.slice(0, place) + text.slice(place + 1 + (added.length % 7));
  if (kind === 'truncate') return text.slice(0, place);
  return text.slice(0, place) + text.slice(Math.max(0, place - 9));
}
