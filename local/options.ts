import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MeridianError } from '../shared/errors/meridian-error.ts';

export interface LocalOptions {
  /** Manifest files or folders. */
  readonly files: readonly string[];
  readonly redisPort: number;
  readonly httpPort: number;
  readonly statusPort: number;
  /** Absent: a temporary one, removed at the end. */
  readonly dataFolder: string | undefined;
  readonly json: boolean;
  /** Image → program that its pods run instead of this one. */
  readonly programs: Readonly<Record<string, string>>;
}

export const localUsage = `meridian local — bring manifests up on this machine, with no Kubernetes

  -f, --file FILE|DIR   manifests (may be repeated); default: the package's examples/quickstart.yaml
  --port N              first Redis port (7379)
  --http-port N         first HTTP port (8379)
  --status-port N       where kubectl -s http://127.0.0.1:N works (7300)
  --data DIR            where nodes keep their files while this runs; a later start begins with nothing, in the same folder too. Absent: a temporary one, removed at the end
  --program IMAGE=FILE  pods of that image run the program of another checkout (its cli/main.ts), to try an upgrade; may be repeated
  --json                one JSON line when ready and one for each later change
  -h, --help            this text

Saving a manifest applies it, deleting it deletes. Ctrl-C stops everything.
`;

function portOf(flag: string, text: string | undefined, standard: number): number {
  if (text === undefined) return standard;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new MeridianError('USAGE', { detail: `${flag} takes a port from 1 to 65535, not "${text}"` });
  return port;
}

/** 'help' when that was asked for. A wrong flag is a USAGE error. */
export function parseLocalOptions(args: readonly string[], standardFile: string): LocalOptions | 'help' {
  const { values } = parse(args);
  if (values.help === true) return 'help';
  return {
    files: values.file ?? [standardFile],
    redisPort: portOf('--port', values.port, 7379),
    httpPort: portOf('--http-port', values['http-port'], 8379),
    statusPort: portOf('--status-port', values['status-port'], 7300),
    dataFolder: values.data,
    json: values.json === true,
    programs: Object.fromEntries((values.program ?? []).map(programOf)),
  };
}

function programOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new MeridianError('USAGE', { detail: `--program takes IMAGE=FILE, not "${text}"` });
  return [text.slice(0, at), resolve(text.slice(at + 1))];
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        file: { type: 'string', short: 'f', multiple: true },
        port: { type: 'string' },
        'http-port': { type: 'string' },
        'status-port': { type: 'string' },
        data: { type: 'string' },
        json: { type: 'boolean' },
        program: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new MeridianError('USAGE', { detail: (error as Error).message.split('\n')[0] });
  }
}
