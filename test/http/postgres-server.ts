import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A real PostgreSQL of its own on loopback. */
export interface PostgresServer {
  readonly url: string;
  query<Row extends object>(sql: string): Promise<readonly Row[]>;
  signal(name: NodeJS.Signals): void;
  /** As `stop`, and the data stay. */
  halt(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const debianFolder = '/usr/lib/postgresql';

export async function startPostgres(): Promise<PostgresServer> {
  const programs = programFolder();
  const folder = mkdtempSync(join(tmpdir(), 'meridian-postgres-'));
  // The server refuses to run as root.
  const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  execFileSync(join(programs, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'meridian', '--no-sync', '-E', 'UTF8', '--locale=C'], { ...owner, cwd: folder, stdio: 'ignore' });
  writeFileSync(join(data, 'postgresql.auto.conf'), 'fsync = off\nshared_buffers = 16MB\nmax_connections = 20\n');
  const port = await freePort();
  const url = `postgres://meridian@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder], { ...owner, cwd: folder, stdio: 'ignore' });
    for (;;) {
      try {
        await query('SELECT 1');
        return;
      } catch (error) {
        if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`, { cause: error });
      }
    }
  }

  async function query<Row extends object>(sql: string): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async function halt(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    // At once, whoever is connected.
    child.kill('SIGQUIT');
    await ended;
  }

  await start();
  return {
    url, query, start, halt,
    signal: (name) => void child?.kill(name),
    async stop() {
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function programFolder(): string {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).filter((name) => existsSync(join(debianFolder, name, 'bin/initdb'))) : [];
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  if (newest !== undefined) return join(debianFolder, newest, 'bin');
  const found = (process.env.PATH ?? '').split(':').find((folder) => existsSync(join(folder, 'initdb')));
  if (found === undefined) throw new Error('PostgreSQL is missing: apt-get install postgresql');
  return found;
}

const idOf = (option: '-u' | '-g'): number => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
