/**
 * Codes of refusals that last until somebody changes something: the token, the tree, a version, or the configuration of ssh.
 */
export const lastingRefusals: ReadonlySet<string> = new Set([
  'unauthorized',
  'forbidden',
  'tree_not_found',
  'tree_deleted',
  'tree_renamed',
  'client_too_old',
  'server_too_old',
  'ssh_missing',
  'ssh_host_unknown',
  'ssh_host_changed',
  'ssh_denied',
  'ssh_no_server',
  'ssh_no_node',
]);
