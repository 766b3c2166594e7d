import type { Change } from '../change';
import { comparePaths, parentFolders } from '../paths';
import type { Problem } from '../observation';
import type { FileTable } from '../entry';
import { applied, type Reconciliation } from '../reconcile/reconcile';
import type { Rename } from '../reconcile/renames';

/** How a disk takes names. */
export interface NameRules {
  /** `a.md` and `A.md` are one file. */
  readonly foldsCase: boolean;
  /** An accent is the same however it is encoded: NFC, NFD. */
  readonly normalises: boolean;
  /** Windows' reserved names and characters. */
  readonly windows: boolean;
}

/** Whether each name is one of its own, and any may be given. */
export function isPlain({ foldsCase, normalises, windows }: NameRules): boolean {
  return !foldsCase && !normalises && !windows;
}

/** What paths have in common that are one file on a disk with these rules. */
export function nameKey(path: string, { foldsCase, normalises }: Omit<NameRules, 'windows'>): string {
  // What is plain ASCII has one form only.
  if (!/[^ -~]/.test(path)) return foldsCase ? path.toLowerCase() : path;
  const form = normalises ? path.normalize('NFD') : path;
  if (!foldsCase) return form;
  // To upper case first: so ß meets SS and each sigma the other.
  const folded = form.toUpperCase().toLowerCase();
  return normalises ? folded.normalize('NFD') : folded;
}

/**
 * What of `paths`, which are to stand side by side, cannot stand on a disk with these rules, by path. A problem
 * with a folder's name is told once, for the folder. Of names that are one to the disk the first keeps its
 * place, but one that `keeps` says stands already goes before all others.
 */
export function nameProblems(
  paths: Iterable<string>,
  rules: NameRules,
  keeps: (path: string) => boolean = () => false,
): Map<string, Problem> {
  const problems = new Map<string, Problem>();
  const folds = rules.foldsCase || rules.normalises;
  if (!rules.windows && !folds) return problems;
  const all = [...paths];
  const kept = folds ? all.filter(keeps) : [];
  const isKept = new Set(kept);
  const ordered = folds
    ? [...kept.sort(comparePaths), ...all.filter((path) => !isKept.has(path)).sort(comparePaths)]
    : all;
  const names = new UsedNames(rules);
  for (const path of ordered) {
    const problem = (rules.windows ? windowsProblem(path) : undefined) ?? (folds ? names.take(path) : undefined);
    if (problem !== undefined) problems.set(problem.path, problem);
  }
  return problems;
}

export interface FilteredPlan {
  readonly plan: Reconciliation;
  /** Why paths are held back, by path; a problem with a folder's name stands for all that would be put in it. */
  readonly problems: ReadonlyMap<string, Problem>;
  /** The paths that the plan no longer puts. */
  readonly held: ReadonlySet<string>;
}

/**
 * `plan` without what it would put on the disk under names that cannot stand there beside what does, and the
 * problems that say so. A path of which only the spelling changes is no problem: it makes room for itself.
 * `beside` are paths that stand on the disk too, and take no part.
 */
export function dropUnrepresentableNames(
  plan: Reconciliation,
  local: FileTable,
  rules: NameRules,
  beside: Iterable<string> = [],
): FilteredPlan {
  const problems = new Map<string, Problem>();
  const held = new Set<string>();
  const { windows, foldsCase, normalises } = rules;
  if (!(windows || foldsCase || normalises)) return { plan, problems, held };
  const isNew = new Set(plan.localChanges.flatMap(({ path, from, to }) => (from === undefined && to ? [path] : [])));
  if (isNew.size === 0) return { plan, problems, held };
  const after = applied(local, plan.localChanges);
  const found = nameProblems([...after.keys(), ...beside], rules, (path) => !isNew.has(path));
  for (const path of isNew) {
    for (const place of [path, ...parentFolders(path)]) {
      const problem = found.get(place);
      if (problem === undefined) continue;
      problems.set(place, problem);
      held.add(path);
    }
  }
  const stays = stayingUnderOldName(held, isNew, rules);
  const localChanges = plan.localChanges.filter(
    ({ path, to }) => !held.has(path) && (to !== undefined || !stays(path)),
  );
  return { plan: { ...plan, localChanges }, problems, held };
}

/** Invariant: what would be put under a new spelling but is held back is not deleted under its old one either. */
function stayingUnderOldName(
  held: ReadonlySet<string>,
  isNew: ReadonlySet<string>,
  rules: NameRules,
): (path: string) => boolean {
  const keys = new Set([...held].map((path) => nameKey(path, rules)));
  if (keys.size > 0) for (const path of isNew) if (!held.has(path)) keys.delete(nameKey(path, rules));
  return (path) => keys.size > 0 && keys.has(nameKey(path, rules));
}

/**
 * Paths that are deleted under one spelling and put under another which is the same to the disk: there they are
 * one file, to be renamed and not to be deleted after it was put. Of folders, each file in them is told.
 */
export function caseRenames(changes: readonly Change[], rules: NameRules): Rename[] {
  const deleted = new Map<string, string>();
  for (const { path, to } of changes) if (to === undefined) deleted.set(nameKey(path, rules), path);
  return changes.flatMap(({ path, from, to }) => {
    const old = from === undefined && to !== undefined ? deleted.get(nameKey(path, rules)) : undefined;
    return old === undefined || old === path ? [] : [{ from: old, to: path }];
  });
}

/** The names that paths have taken, each with the spelling that it has on the disk. */
class UsedNames {
  readonly #rules: NameRules;
  readonly #spellings = new Map<string, string>();
  /** Folders that a path in them was taken for: most paths share theirs with others. */
  readonly #known = new Set<string>();

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  /** Takes `path` and the folders above it, or says which of them another spelling has taken. */
  take(path: string): Problem | undefined {
    const places = [path];
    for (const folder of parentFolders(path)) {
      if (this.#known.has(folder)) break;
      places.push(folder);
    }
    const keyed = places.map((place) => [place, nameKey(place, this.#rules)] as const).reverse();
    for (const [place, key] of keyed) {
      const taken = this.#spellings.get(key);
      if (taken !== undefined && taken !== place) return nameClash(place, taken);
    }
    for (const [place, key] of keyed) {
      this.#spellings.set(key, place);
      if (place !== path) this.#known.add(place);
    }
    return undefined;
  }
}

function nameClash(path: string, taken: string): Problem {
  const isSameLetters = path.normalize('NFC') === taken.normalize('NFC');
  return { path, reason: isSameLetters ? 'same-but-accents' : 'same-but-case', with: taken };
}

const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;
const forbidden = '<>:"|?*\\';
/** Only a path that this matches can have a fault: one look spares nearly all paths the look at each name. */
const suspicious = /(?:^|\/)(?:con|prn|aux|nul|com|lpt)|[<>:"|?*\\]|[. ](?:\/|$)|[^ -~]/i;

/** The first name in `path` that Windows has no place for. */
function windowsProblem(path: string): Problem | undefined {
  if (!suspicious.test(path)) return undefined;
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    const place = end < 0 ? path : path.slice(0, end);
    const fault = windowsFault(place.slice(place.lastIndexOf('/') + 1));
    if (fault !== undefined) return { path: place, ...fault };
    if (end < 0) return undefined;
  }
}

function windowsFault(name: string): Omit<Problem, 'path'> | undefined {
  const character = Array.from(name).find((one) => one < ' ' || forbidden.includes(one));
  if (character !== undefined) return { reason: 'windows-character', with: character };
  if (device.test(name)) return { reason: 'windows-device' };
  if (/[. ]$/.test(name)) return { reason: 'windows-ending' };
  return undefined;
}
