/**
 * Variables that must not reach a child. Those of npm change how a nested npm, node-gyp or VS Code behaves. Those of a
 * VS Code terminal make a second VS Code act as a helper of the first.
 */
const leakedNames = /^(npm_|VSCODE_|ELECTRON_|NODE_OPTIONS$|INIT_CWD$|NODE_CHANNEL_)/i;

/** The user's settings for the registry, which a nested npm needs. */
const registrySettings =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|ca|cafile|strict_ssl|offline|prefer_offline|@.*|\/\/.*)$/i;

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv}
 */
export function cleanEnvironment(environment = process.env) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !leakedNames.test(name)));
}

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(environment = process.env) {
  const kept = Object.entries(environment).filter(([name]) => registrySettings.test(name));
  return { ...cleanEnvironment(environment), ...Object.fromEntries(kept), npm_config_update_notifier: 'false' };
}
