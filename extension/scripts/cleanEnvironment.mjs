/**
 * What npm puts into the environment of a script's children changes what a nested npm, node-gyp or VS Code does,
 * and what VS Code puts into its terminals makes a second VS Code act as the first one's helper.
 */
const leaked = /^(npm_|VSCODE_|ELECTRON_|NODE_OPTIONS$|INIT_CWD$|NODE_CHANNEL_)/i;

/** How the user reaches the registry: these must survive for a nested npm. */
const reach =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|ca|cafile|strict_ssl|offline|prefer_offline|@.*|\/\/.*)$/i;

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(environment = process.env) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !leaked.test(name)));
}

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(environment = process.env) {
  const kept = Object.entries(environment).filter(([name]) => reach.test(name));
  return { ...cleanEnvironment(environment), ...Object.fromEntries(kept), npm_config_update_notifier: 'false' };
}
