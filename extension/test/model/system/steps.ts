import fc from 'fast-check';
import type { DiskFault } from '../disk/computer';
import type { NetworkFault } from './modelServer';

const paths = ['n/a', 'n/a', 'n/b', 'n/b', 'n/c', 'n/c/d', 'n/e/f', 'n/A'] as const;

export interface Edit {
  readonly kind: 'edit';
  readonly who: number;
  readonly how: 'write' | 'line' | 'delete' | 'rename' | 'link' | 'chmod' | 'touch' | 'bad name';
  readonly path: string;
  readonly to: string;
  readonly line: number;
}

export interface Faults {
  readonly client?: DiskFault;
  readonly server?: DiskFault;
  readonly network?: NetworkFault;
  readonly cancelAt?: number;
}

type CommandName = 'push' | 'pull' | 'resolve' | 'forcePush' | 'undoPush' | 'undoPull' | 'restore';

export interface Command {
  readonly kind: 'command';
  readonly who: number;
  readonly name: CommandName;
  readonly autoMerge: boolean;
  readonly choice: 'mine' | 'theirs' | 'both';
  /** The number of revisions before the head to which an undo or a restore goes. */
  readonly age: number;
  readonly path: string;
  readonly faults: Faults;
  /** Whether the user repeats a command that a fault ended. */
  readonly isRepeated: boolean;
}

/** Two machines push at once. */
interface Race {
  readonly kind: 'race';
}

/** The sessions that a client left open end. */
interface Expiry {
  readonly kind: 'expiry';
}

export type Step = Edit | Command | Race | Expiry;

const who = fc.nat({ max: 2 });
const path = fc.constantFrom(...paths);

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constant('edit' as const),
  who,
  how: fc.constantFrom<Edit['how'][]>(
    ...([
      'write',
      'write',
      'write',
      'line',
      'line',
      'line',
      'delete',
      'delete',
      'rename',
      'link',
      'chmod',
      'touch',
    ] as const),
    'bad name',
  ),
  path,
  to: path,
  line: fc.nat({ max: 5 }),
});

const diskFault: fc.Arbitrary<DiskFault> = fc.record({
  kind: fc.constantFrom<DiskFault['kind'][]>(
    ...(['kill', 'kill', 'power loss', 'power loss', 'ENOSPC', 'EIO', 'EMFILE', 'short write'] as const),
  ),
  // Many commands have few calls.
  at: fc.oneof(fc.nat({ max: 15 }), fc.nat({ max: 60 })),
  kept: fc.constantFrom(0, 0.3, 0.5, 0.9, 1),
});

const faults: fc.Arbitrary<Faults> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 4, arbitrary: fc.record({ client: diskFault }) },
  { weight: 4, arbitrary: fc.record({ server: diskFault }) },
  {
    weight: 2,
    arbitrary: fc.record({
      network: fc.record({
        kind: fc.constantFrom('lost request' as const, 'lost response' as const),
        at: fc.nat({ max: 6 }),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ cancelAt: fc.nat({ max: 6 }) }) },
);

const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('command' as const),
  who,
  name: fc.oneof(
    { weight: 10, arbitrary: fc.constant<CommandName>('push') },
    { weight: 8, arbitrary: fc.constant<CommandName>('pull') },
    { weight: 3, arbitrary: fc.constant<CommandName>('resolve') },
    {
      weight: 3,
      arbitrary: fc.constantFrom<CommandName[]>('forcePush', 'undoPush', 'undoPull', 'restore'),
    },
  ),
  autoMerge: fc.boolean(),
  choice: fc.constantFrom('mine' as const, 'theirs' as const, 'both' as const),
  age: fc.nat({ max: 3 }),
  path,
  faults,
  isRepeated: fc.boolean(),
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: edit },
  { weight: 10, arbitrary: command },
  { weight: 1, arbitrary: fc.constant<Race>({ kind: 'race' }) },
  { weight: 1, arbitrary: fc.constant<Expiry>({ kind: 'expiry' }) },
);
