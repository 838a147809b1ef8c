import { parseArgs, type ParseArgsConfig } from 'node:util';
import { KubeError } from '../operator/kube/port.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { connectKube, type Connection } from './kube.ts';

/** Flags of every command that talks to a Kubernetes API. */
const placeFlags = {
  namespace: { type: 'string', short: 'n' },
  local: { type: 'string' },
  context: { type: 'string' },
  kubeconfig: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

export const placeUsage = `  -n, --namespace NS     default: that of the kube context
  --local[=URL]          local mode's API (http://127.0.0.1:7300)
  --context NAME, --kubeconfig FILE
`;

const localUrl = 'http://127.0.0.1:7300';

/** `--local` may stand alone, or before its URL; parseArgs wants a value. */
const withLocalUrl = (args: readonly string[]): string[] => args.map((arg, at) => (arg === '--local' && !isUrl(args[at + 1]) ? `--local=${localUrl}` : arg));
const isUrl = (text: string | undefined): boolean => text !== undefined && /^https?:\/\//.test(text);

/** Flags and positionals of a command line; throws USAGE. */
export function parseFlags<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], own: T) {
  const parsed = parse(args, own);
  const { local } = parsed.values as { readonly local?: string };
  if (local !== undefined && !/^https?:/.test(URL.parse(local)?.protocol ?? '')) throw new MeridianError('USAGE', { detail: `--local=${local} is not a URL such as ${localUrl}` });
  return parsed;
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], own: T) {
  try {
    return parseArgs({ args: withLocalUrl(args), allowPositionals: true, options: { ...placeFlags, ...own } });
  } catch (error) {
    throw new MeridianError('USAGE', { detail: (error as Error).message.split('\n')[0] });
  }
}

/** Runs a command against the API that its flags choose; what the API server refuses becomes KUBE_REQUEST. */
export async function withKube<T>(flags: { readonly local?: string; readonly context?: string; readonly kubeconfig?: string; readonly namespace?: string }, run: (connection: Connection, namespace: string) => Promise<T>): Promise<T> {
  const connection = await connectKube(flags);
  try {
    return await run(connection, flags.namespace ?? connection.namespace);
  } catch (error) {
    if (flags.local !== undefined && isRefused(error)) throw new MeridianError('LOCAL_MODE_AWAY', { url: flags.local }, { cause: error });
    if (error instanceof KubeError) throw new MeridianError('KUBE_REQUEST', { detail: error.message }, { cause: error });
    throw error;
  } finally {
    await connection.close();
  }
}

/** Nobody listens there. */
const isRefused = (error: unknown): boolean => error instanceof Error && (('code' in error && error.code === 'ECONNREFUSED') || isRefused(error.cause));
