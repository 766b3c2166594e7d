import { pathFault } from '../../../../server/src/contract/paths';
import { treeName } from '../../../../server/src/contract/schemas';
import { parseServerUrl } from '../../io/api/serverAddress';

/** A version of a file on a server. */
export interface LinkedVersion {
  /** The server's address, without a token. */
  readonly server: string;
  readonly tree: string;
  readonly path: string;
  readonly revision: number;
}

const linkPath = '/version';

/** The path and the query of the link; its scheme and authority are the editor's and the extension's. */
export function versionLink({ server, tree, path, revision }: LinkedVersion): { path: string; query: string } {
  const query = new URLSearchParams({ server, tree, path, revision: String(revision) });
  return { path: linkPath, query: query.toString() };
}

/** Reads a link, which anybody can have made; undefined if it names no version. */
export function linkedVersion({ path: kind, query }: { path: string; query: string }): LinkedVersion | undefined {
  const values = new URLSearchParams(query);
  const [server = '', tree = '', path = '', revision = ''] = ['server', 'tree', 'path', 'revision'].map(
    (name) => values.get(name) ?? '',
  );
  const isValid =
    kind === linkPath &&
    isServer(server) &&
    treeName.safeParse(tree).success &&
    pathFault(path) === undefined &&
    /^[1-9]\d{0,14}$/.test(revision);
  return isValid ? { server, tree, path, revision: Number(revision) } : undefined;
}

function isServer(address: string): boolean {
  try {
    return parseServerUrl(address).href.length < 2_000;
  } catch {
    return false;
  }
}
