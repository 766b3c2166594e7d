import fc from 'fast-check';

const zeroWidthJoiner = '\u200d';

/** Names that some part of the path rules, a file system or rsync treats specially, beside ordinary ones. */
const segments = [
  ...['a', 'b', 'n', 'x.md', 'A', 'a b', '#a', ';a', '-a', '~', 'é', 'e\u0301', '😀', 'ſ', 'K'],
  ...['.', '..', '', ' ', '...', '. .', 'a.', 'a ', 'CON', 'nul.txt', 'a:b', 'a*', 'a?', '"', "'", '$(id)', '`id`'],
  ...['.git', '.GIT', '.git ', '.git.', 'git~1', 'GIT~1', '.git::$INDEX_ALLOCATION', `.g${zeroWidthJoiner}it`, '.gıt'],
  ...[
    '.palmtree-partial',
    'rsyncd-munged',
    '.palmtree',
    '%2e%2e',
    '%00',
    '%',
    '\\',
    'a\\b',
    '\0',
    'a\0b',
    '\n',
    'a\nb',
  ],
  ...['\ud800', '\udfff', 'a\ud83d', '\ufeff', '\u202e', '__proto__', 'constructor', 'toString'],
  ...['a'.repeat(255), 'a'.repeat(256), 'é'.repeat(127), 'é'.repeat(128)],
];

/** A path of few segments. */
export const oddName: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.array(fc.constantFrom(...segments), { maxLength: 4 }), fc.constantFrom('/', '/', '/', '//', '\\'))
      .map(([names, separator]) => names.join(separator)),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);

export const oddPath: fc.Arbitrary<string> = fc.oneof(
  { weight: 30, arbitrary: oddName },
  { weight: 1, arbitrary: fc.nat({ max: 2100 }).map((depth) => 'a/'.repeat(depth) + 'a') },
);

export const oddText: fc.Arbitrary<string> = fc.oneof(
  oddPath,
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ...['', ' ', '0', '-1', '00', '1e3', '0x10', '+1', '１', '9'.repeat(15), '9'.repeat(16), '9'.repeat(400), 'NaN'],
    ...['null', 'true', '[object Object]', 'a'.repeat(5000), '\0'.repeat(50), "' or 1=1 --", '"; drop table trees; --'],
    ...['0'.repeat(64), 'f'.repeat(64), 'F'.repeat(64), 'f'.repeat(63), '0'.repeat(32), '%', '_', '*', '\u2028'],
  ),
);

const oddNumber = fc.constantFrom(
  ...[0, -0, 1, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 63, 1e21, 1e308, 5e-324],
);

export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddText },
  { weight: 3, arbitrary: oddNumber },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { a: 1 }) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.nat({ max: 3_000 }).map(nested) },
  { weight: 1, arbitrary: fc.tuple(oddNumber, fc.nat({ max: 2_000 })).map(([one, count]) => repeated(one, count)) },
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function repeated(value: unknown, count: number): unknown[] {
  return Array.from({ length: count }, () => value);
}
