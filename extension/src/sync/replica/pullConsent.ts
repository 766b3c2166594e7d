import type { HeldKind, HeldPath } from '../../core/reconcile/dropHeld';
import type { HeldAnswer, StoredState } from '../../io/store/storePort';
import type { TrackingRules } from './trackingRules';

type Stored = Pick<StoredState, 'otherWriters' | 'heldAnswers'>;

export interface PullConsentDeps {
  readonly stored: Stored;
  readonly rules: TrackingRules;
}

const kinds: readonly HeldKind[] = ['outside', 'program'];
const nothing: ReadonlySet<HeldKind> = new Set();

/**
 * Decides what a pull holds back, if others push to the tree too. The only writer of the stored answers.
 * Invariant: a server that does not say who else pushes to the tree is taken for one where others do.
 */
export class PullConsent {
  readonly #stored: Stored;
  readonly #rules: TrackingRules;

  constructor({ stored, rules }: PullConsentDeps) {
    this.#stored = stored;
    this.#rules = rules;
  }

  /** The tokens of others that push to the tree, as last fetched; undefined if the server did not say. */
  get otherWriters(): readonly string[] | undefined {
    return this.#stored.otherWriters;
  }

  /** Identifies the answers in a cache. */
  get key(): string {
    const { otherWriters, heldAnswers } = this.#stored;
    return JSON.stringify([otherWriters?.length ?? -1, heldAnswers]);
  }

  /** Whether the folder has no rule at all: a pull then wants the whole tree, with its scripts, as a clone does. */
  get isNew(): boolean {
    return this.#rules.all.size === 0;
  }

  /**
   * The kinds that a pull holds back. An unattended pull holds back everything that the user may want to look at, whatever
   * the answers.
   */
  holds(isUnattended = false): ReadonlySet<HeldKind> {
    if (this.#stored.otherWriters?.length === 0) return nothing;
    if (isUnattended) return new Set(kinds);
    return new Set(kinds.filter((kind) => this.answer(kind) !== 'pull' && !(kind === 'outside' && this.isNew)));
  }

  /** Undefined until the user has decided about files of this kind. */
  answer(kind: HeldKind): HeldAnswer | undefined {
    return this.#stored.heldAnswers[kind];
  }

  /** Whether the user has yet to decide about a path that is held back. */
  isUndecided({ kinds }: HeldPath): boolean {
    return kinds.every((kind) => this.answer(kind) !== 'leave');
  }

  /** Remembers the answer for these kinds of this tree. */
  decide(decided: Iterable<HeldKind>, answer: HeldAnswer): void {
    const answers: { [kind in HeldKind]?: HeldAnswer } = { ...this.#stored.heldAnswers };
    for (const kind of decided) answers[kind] = answer;
    this.#stored.heldAnswers = answers;
  }

  /** Forgets the answers that left files on the server, so that the user is asked again. */
  reconsider(): void {
    const pulled = Object.entries(this.#stored.heldAnswers).filter(([, answer]) => answer === 'pull');
    this.#stored.heldAnswers = Object.fromEntries(pulled);
  }

  /** Forgets all answers, which were given for another tree. */
  forget(): void {
    this.#stored.heldAnswers = {};
  }
}
