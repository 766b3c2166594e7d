import { stepSize, type CooperativeTask } from '../cooperativeTask';

interface Link {
  readonly path: string;
  readonly target: string;
}

interface Node {
  readonly links: Link[];
  readonly children: Map<string, Node>;
  isTaken: boolean;
}

/** The symlinks of a workspace folder, by folder. */
export class LinkTree {
  readonly #root = newNode();

  static *buildSteps(links: Iterable<Link>): CooperativeTask<LinkTree> {
    const tree = new LinkTree();
    let count = 0;
    for (const link of links) {
      if (++count % stepSize === 0) yield;
      tree.#add(link);
    }
    return tree;
  }

  /**
   * Walks along `path`, and yields the paths that lead on through a link on the way. Returns where it ends if there is no
   * link, or undefined if that is above the workspace folder.
   */
  *walk(path: string): Generator<string, string | undefined> {
    const segments = path.split('/');
    const names: string[] = [];
    const nodes: (Node | undefined)[] = [this.#root];
    for (const [index, segment] of segments.entries()) {
      if (segment === '') continue;
      if (segment === '..') {
        if (names.pop() === undefined) return undefined;
        nodes.pop();
        continue;
      }
      const node = nodes.at(-1)?.children.get(pathKey(segment));
      names.push(segment);
      nodes.push(node);
      for (const { target } of node?.links ?? []) yield [target, ...segments.slice(index + 1)].join('/');
    }
    return names.join('/');
  }

  /** Yields each link at or in `folder` that was not yielded before, with its path in the folder. */
  *takeIn(folder: string): Generator<{ readonly target: string; readonly inside: string }> {
    const segments = folder === '' ? [] : folder.split('/');
    let start: Node | undefined = this.#root;
    for (const segment of segments) start = start?.children.get(pathKey(segment));
    const nodes = start === undefined ? [] : [start];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      if (node.isTaken) continue;
      node.isTaken = true;
      for (const { path, target } of node.links) {
        yield { target, inside: path.split('/').slice(segments.length).join('/') };
      }
      for (const child of node.children.values()) nodes.push(child);
    }
  }

  #add(link: Link): void {
    let node = this.#root;
    for (const segment of link.path.split('/')) {
      const key = pathKey(segment);
      let child = node.children.get(key);
      if (child === undefined) node.children.set(key, (child = newNode()));
      node = child;
    }
    node.links.push(link);
  }
}

/** Some disks fold case, or take composed and decomposed letters for the same. Taking too many paths for one does no harm. */
export function pathKey(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

function newNode(): Node {
  return { links: [], children: new Map(), isTaken: false };
}
