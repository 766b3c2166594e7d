import type { CooperativeTask } from '../cooperativeTask';
import { parentOf } from '../paths';
import { LinkTree, pathKey } from './linkTree';
import { obeyedBy, obeyedWithin, type ObeyingProgram } from './obeyedFiles';

/** A symlink that leads to a path of the workspace folder. */
export interface LeadingLink {
  readonly path: string;
  /** Relative to the workspace folder, which is `''`. It may lead through other links, and a `..` may follow one. */
  readonly target: string;
}

/** A path at which a program finds and obeys a file. */
interface ObeyedPath {
  readonly path: string;
  readonly by: ObeyingProgram;
}

/** A path to which a link leads whose own path is obeyed. */
interface Lead {
  /** It may lead through other links. */
  readonly path: string;
  readonly obeyed: ObeyedPath;
  /** Whether the files in the path are obeyed as well. */
  readonly isDeep: boolean;
  readonly followed: number;
}

/** Systems follow at most 32 (macOS), 40 (Linux) or 63 (Windows) links on the way to a file. */
const maxFollowed = 64;
/** The characters of the paths that are followed, and those for each character of a target. Honest links need about one. */
const leastWork = 2_000_000;
const workPerCharacter = 16;
/** The characters that are followed in a fraction of a millisecond. */
const workPerStep = 5_000;

/**
 * The paths of a workspace folder that programs obey because links lead there. The links whose own paths are obeyed are
 * followed to their ends, so each query is only a lookup. If two links claim one path, or a link and a folder, both count.
 */
export class LinkedPaths {
  /** The obeyed paths, by the keys of what is at, or lies in, the ends of links. */
  readonly #at = new Map<string, ObeyedPath>();
  readonly #in = new Map<string, ObeyedPath>();
  readonly #seen = new Set<string>();
  #left: number;
  #isLost = false;

  private constructor(work: number) {
    this.#left = work;
  }

  /** Follows `links`. If that takes more than `work` characters of paths, every path counts as obeyed. */
  static *buildSteps(links: readonly LeadingLink[], work?: number): CooperativeTask<LinkedPaths> {
    const leads: Lead[] = [];
    let characters = 0;
    let rested = 0;
    for (const { path, target } of links) {
      characters += path.length + target.length;
      if (characters - rested > workPerStep) {
        rested = characters;
        yield;
      }
      const by = obeyedBy(path);
      if (by === undefined) continue;
      leads.push({ path: target, obeyed: { path, by }, isDeep: obeyedWithin(path) !== undefined, followed: 1 });
    }
    const linked = new LinkedPaths(work ?? leastWork + workPerCharacter * characters);
    // Nearly all folders have none.
    if (leads.length > 0) yield* linked.#followSteps(leads, yield* LinkTree.buildSteps(links));
    return linked;
  }

  /** A path at which a program finds and obeys what is at `path`, because links lead there. */
  obeyedThrough(path: string): ObeyedPath | undefined {
    if (this.#at.size === 0 && this.#in.size === 0) return undefined;
    const key = pathKey(path);
    return this.#at.get(key) ?? this.#obeyedIn(path, key);
  }

  /** Goes on from each lead, through the links on its way and those in the folders that it makes obeyed. */
  *#followSteps(leads: Lead[], tree: LinkTree): CooperativeTask<void> {
    let sinceRest = 0;
    // It grows while it is read, so each path is found through as few links as possible.
    for (const lead of leads) {
      sinceRest += lead.path.length + 1;
      for (const next of this.#follow(lead, tree)) {
        this.#left -= next.path.length + 1;
        sinceRest += next.path.length + 1;
        if (this.#left < 0) {
          this.#in.set('', lead.obeyed);
          this.#isLost = true;
          return;
        }
        leads.push(next);
      }
      if (sinceRest < workPerStep) continue;
      sinceRest = 0;
      yield;
    }
  }

  *#follow(lead: Lead, tree: LinkTree): Generator<Lead> {
    const { path, obeyed, isDeep } = lead;
    const id = `${isDeep ? 'in' : 'at'} ${path}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const followed = lead.followed + 1;
    const canFollow = followed <= maxFollowed;
    const ways = tree.walk(path);
    let way = ways.next();
    for (; way.done !== true; way = ways.next()) if (canFollow) yield { ...lead, path: way.value, followed };
    const end = way.value;
    if (end === undefined) return;
    const key = pathKey(end);
    if (this.#obeyedIn(end, key) !== undefined) return;
    if (!isDeep) {
      this.#at.set(key, this.#at.get(key) ?? obeyed);
      return;
    }
    this.#in.set(key, obeyed);
    if (!canFollow) return;
    for (const { target, inside } of tree.takeIn(end)) {
      yield { path: target, obeyed: { ...obeyed, path: joined(obeyed.path, inside) }, isDeep, followed };
    }
  }

  #obeyedIn(path: string, key: string): ObeyedPath | undefined {
    const whole = this.#in.get('');
    if (whole !== undefined) return this.#isLost ? whole : { ...whole, path: joined(whole.path, path) };
    // A key has the same separators as its path, though maybe not at the same places.
    const segments = this.#in.size === 0 ? [] : path.split('/');
    let keyEnd = -1;
    for (let count = 1; count <= segments.length; count++) {
      keyEnd = key.indexOf('/', keyEnd + 1);
      const found = this.#in.get(keyEnd === -1 ? key : key.slice(0, keyEnd));
      if (found !== undefined) return { ...found, path: joined(found.path, segments.slice(count).join('/')) };
    }
    return undefined;
  }
}

/** The link at `path` with this text as its target; undefined if it does not lead to another path of the workspace folder. */
export function leadingLink(path: string, target: string): LeadingLink | undefined {
  if (target.startsWith('/')) return undefined;
  const segments = (parentOf(path) ?? '').split('/').filter(Boolean);
  let depth = segments.length;
  let wentDown = false;
  for (const segment of target.split('/')) {
    if (segment === '' || segment === '.') continue;
    depth += segment === '..' ? -1 : 1;
    if (depth < 0) return undefined;
    wentDown ||= segment !== '..';
    // No link is above the link itself.
    if (wentDown) segments.push(segment);
    else segments.pop();
  }
  return { path, target: segments.join('/') };
}

function joined(folder: string, rest: string): string {
  return rest === '' ? folder : `${folder}/${rest}`;
}
