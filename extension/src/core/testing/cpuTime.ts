/** CPU time of this process in milliseconds. Unlike elapsed time, it hardly grows on a busy machine. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
