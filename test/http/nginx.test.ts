import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../node/region-of-processes.ts';
import { startApiRegion, type ApiRegion } from './api-region.ts';

const example = readFileSync(join(import.meta.dirname, '../../examples/nginx.conf'), 'utf8');

let api: ApiRegion;
let nginx: ChildProcess;
let folder: string;
let front: string;
beforeAll(async () => {
  execFileSync('nginx', ['-v'], { stdio: 'ignore' });
  api = await startApiRegion(1);
  folder = mkdtempSync(join(tmpdir(), 'meridian-nginx-'));
  const port = await freePort();
  const upstream = new URL(api.url()).host;
  // The example's own words, with this test's ports and folders, in the foreground.
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  const text = example.replace('127.0.0.1:8379', upstream).replace('127.0.0.1:8080', `127.0.0.1:${port}`).replace('nginx-cache', join(folder, 'cache')).replace('http {', `http { ${folders}`);
  writeFileSync(join(folder, 'nginx.conf'), `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;\n${text}`);
  nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
  front = `http://127.0.0.1:${port}`;
  await eventually(() => fetch(`${front}/health`), ({ status }) => status === 200);
}, 60_000);
afterAll(async () => {
  const ended = once(nginx, 'exit');
  nginx.kill('SIGKILL');
  await ended;
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function through(key: string, headers: Record<string, string> = {}): Promise<{ readonly status: number; readonly front: string | null; readonly value: unknown; readonly headers: Headers }> {
  const answer = await fetch(`${front}/api/v1/cache/default/${key}`, { headers });
  const text = await answer.text();
  return { status: answer.status, front: answer.headers.get('x-front'), value: text === '' ? undefined : (JSON.parse(text) as { value: unknown }).value, headers: answer.headers };
}
const write = (key: string, body: object) => fetch(`${front}/api/v1/cache/default/${key}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

describe('nginx in front', () => {
  it('keeps what lives, for as long as it does', { timeout: 60_000 }, async () => {
    expect((await write('lives', { value: 1, ttl: 600 })).status).toBe(201);
    expect([(await through('lives')).front, (await through('lives')).front]).toEqual(['MISS', 'HIT']);
    await write('lives', { value: 2, ttl: 600 });
    expect(await through('lives')).toMatchObject({ front: 'HIT', value: 1 });
    await write('brief', { value: 1, ttl: 1 });
    await through('brief');
    await eventually(() => through('brief'), ({ status }) => status === 404);
  });

  it('asks again for what says no time, and tells browsers that nothing has changed', async () => {
    await write('for-ever', { value: 1 });
    await through('for-ever');
    expect((await through('for-ever')).front).not.toBe('HIT');
    await write('tagged', { value: 1, ttl: 600 });
    const { headers } = await through('tagged');
    expect(await through('tagged', { 'if-none-match': headers.get('etag') as string })).toMatchObject({ status: 304, front: 'HIT' });
  });

  it('gives keys through as they are', async () => {
    for (const key of ['a%2Fb', '..%2f..%2fhealth', '%2541', 'double//slash']) {
      expect((await write(key, { value: key, ttl: 60 })).status).toBe(201);
      expect((await through(key)).value).toBe(key);
      expect((await api.ask('GET', `/cache/default/${key}`)).body.value).toBe(key);
    }
  });

  it('does not keep misses', async () => {
    expect((await through('not-yet')).status).toBe(404);
    await write('not-yet', { value: 1, ttl: 60 });
    expect((await through('not-yet')).status).toBe(200);
  });

  it('serves what it has while the node is away', { timeout: 60_000 }, async () => {
    await eventually(async () => {
      await write('away', { value: 'kept', ttl: 2 });
      return through('away');
    }, ({ status }) => status === 200);
    await eventually(async () => (await fetch(`${api.url()}/api/v1/cache/default/away`)).status, (status) => status === 404);
    await api.nodes[0].stop('SIGKILL');
    expect(await eventually(() => through('away'), (answer) => answer.front === 'STALE')).toMatchObject({ status: 200, value: 'kept' });
  });
});
