const allowed = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** A page in a browser can be made to call loopback under its own name (DNS rebinding): only our own names are answered. */
export function isOwnHost(host: string | string[] | undefined): boolean {
  if (typeof host !== 'string') return false;
  const match = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host.toLowerCase());
  return match !== null && allowed.has(match[1]);
}
