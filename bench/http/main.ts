import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { cpus, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from '../statistics.ts';
import { eventually, startRegion, type NodeProcess } from '../../test/node/region-of-processes.ts';
import { measureSteps } from './steps.ts';

export const title = 'the HTTP API against a plain node:http echo, GET over Redis, and behind nginx; p99 of Redis clients while HTTP runs at full rate';
export const usage = '[steps [ROUNDS]]  --seconds 4';

interface Server {
  readonly port: number;
  readonly pid: number;
}

interface Rate {
  readonly perSecond: number;
  /** Microseconds of the server's CPU for one request. */
  readonly cpuEach: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const connections = 32;
const seconds = 4;
const valueBytes = 100;
const clockTicksPerSecond = 100;
const stepRounds = 200;
const getRequest = 'GET /api/v1/cache/default/bench HTTP/1.1\r\nHost: a\r\n\r\n';
const loadsPriority = 10;
const warmUpSeconds = 1;

/** `[--seconds N]`; the server has one core, the load another. `steps [ROUNDS]`: a request without sockets. */
export async function run(args: readonly string[]): Promise<void> {
  if (args[0] === 'echo') return echo(Number(args[1]));
  if (args[0] === 'load') return loadHere({ port: Number(args[1]), pid: Number(args[2]) }, args[3] as Kind, Number(args[4]));
  if (args[0] === 'steps') return measureSteps(Number(args[1]) || stepRounds);
  const lasting = Number(args[args.indexOf('--seconds') + 1]) || seconds;
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? '?'}; ${connections} connections, ${valueBytes} B values, ${lasting} s each; load ${readFileSync('/proc/loadavg', 'latin1').trim()}`);
  const region = await startRegion({ shards: 1 });
  const echoPort = await freePort();
  const echoProcess = spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), 'http', 'echo', String(echoPort)], { stdio: 'ignore' });
  const started: ChildProcess[] = [echoProcess];
  try {
    const node = await region.start(0);
    await eventually(() => node.admin.status(), (status) => status.notServing === undefined);
    for (const { pid } of [echoProcess, node.child]) pin(pid ?? 0, 0);
    pin(process.pid, Math.min(1, cpus().length - 1));
    const api = { port: node.ports.http, pid: node.child.pid ?? 0 };
    const plain = { port: echoPort, pid: echoProcess.pid ?? 0 };
    await put(api.port);
    await untilListening(echoPort);
    const rows: [string, Rate][] = [];
    for (let round = 0; round < 3; round++) {
      rows.push(['plain node:http echo, GET', await load(plain, 'get', lasting / 2)]);
      rows.push(['HTTP API, GET', await load(api, 'get', lasting / 2)]);
      rows.push(['plain node:http echo, PUT', await load(plain, 'put', lasting / 2)]);
      rows.push(['HTTP API, PUT', await load(api, 'put', lasting / 2)]);
    }
    const all = new Map(rows.map(([name]) => [name, middle(rows.filter(([one]) => one === name).map(([, rate]) => rate))]));
    all.set('Redis protocol, GET', await load({ port: node.ports.redis, pid: api.pid }, 'redis', lasting));
    if (spawnSync('nginx', ['-v']).status === 0) all.set('HTTP API behind nginx (cached), GET', await behindNginx(api.port, lasting, started));
    for (const [name, rate] of all) show(name, rate);
    const ratio = (a: string, b: string): string => `${((all.get(a)?.perSecond ?? 0) / (all.get(b)?.perSecond ?? 1)).toFixed(2)}× (by CPU ${((all.get(b)?.cpuEach ?? 0) / (all.get(a)?.cpuEach ?? 1)).toFixed(2)}×)`;
    console.log(`GET against the echo ${ratio('HTTP API, GET', 'plain node:http echo, GET')}, PUT ${ratio('HTTP API, PUT', 'plain node:http echo, PUT')}, GET against Redis' protocol ${ratio('HTTP API, GET', 'Redis protocol, GET')}`);
    await neighbours(node, lasting);
  } finally {
    for (const child of started) child.kill('SIGKILL');
    await region.close();
  }
}

type Kind = 'get' | 'put' | 'redis';
const putText = JSON.stringify({ value: 'x'.repeat(valueBytes), ttl: 600 });
const putRequest = `PUT /api/v1/cache/default/bench HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${putText.length}\r\n\r\n${putText}`;
const redisGet = '*2\r\n$3\r\nGET\r\n$5\r\nbench\r\n';
const show = (name: string, { perSecond, cpuEach, p50Ms, p99Ms }: Rate): void => console.log(`${name.padEnd(40)} ${Math.round(perSecond).toString().padStart(8)}/s   ${cpuEach.toFixed(1).padStart(6)} µs CPU   p50 ${p50Ms.toFixed(2)} ms   p99 ${p99Ms.toFixed(2)} ms`);
const middle = (rates: readonly Rate[]): Rate => rates.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(rates.length / 2)];
const pin = (pid: number, core: number): void => void spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);

/** p99 of one Redis client that asks 200 times a second, alone and beside HTTP at full rate. */
async function neighbours(node: NodeProcess, lasting: number): Promise<void> {
  const alone = await probe(node.ports.redis, lasting);
  // A process of its own that gives way: what is measured is not to be the load's own event loop, or its core.
  const loader = beginLoad({ port: node.ports.http, pid: node.child.pid ?? 0 }, 'get', lasting);
  setPriority(loader.pid ?? 0, loadsPriority);
  await once(loader, 'message');
  const done = once(loader, 'message') as Promise<[Rate]>;
  const beside = await probe(node.ports.redis, lasting);
  const [{ perSecond }] = await done;
  for (const [name, times] of [['alone', alone], [`beside ${Math.round(perSecond)} HTTP requests/s`, beside]] as const) console.log(`Redis client ${name}: p50 ${percentile(times, 0.5).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms`);
  console.log(`p99 ${(percentile(beside, 0.99) / percentile(alone, 0.99)).toFixed(1)}×`);
}

/** A load of full rate in a process of its own, so that each is driven by code that has seen nothing else; says when it has warmed up, and then what it was. */
function beginLoad({ port, pid }: Server, kind: Kind, lasting: number): ChildProcess {
  const loader = fork(join(import.meta.dirname, '../main.ts'), ['http', 'load', String(port), String(pid), kind, String(lasting)]);
  pin(loader.pid ?? 0, Math.min(1, cpus().length - 1));
  return loader;
}

async function load(server: Server, kind: Kind, lasting: number): Promise<Rate> {
  const loader = beginLoad(server, kind, lasting);
  await once(loader, 'message');
  return ((await once(loader, 'message')) as [Rate])[0];
}

async function loadHere(server: Server, kind: Kind, lasting: number): Promise<void> {
  const [request, lengthOf] = { get: [getRequest, httpLength] as const, put: [putRequest, httpLength] as const, redis: [redisGet, redisLength] as const }[kind];
  await drive(server, request, warmUpSeconds, lengthOf);
  process.send?.('begins');
  process.send?.(await drive(server, request, lasting, lengthOf));
  process.disconnect?.();
}

async function probe(port: number, lasting: number): Promise<readonly number[]> {
  const times: number[] = [];
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const end = performance.now() + lasting * 1000;
  while (performance.now() < end) {
    const begin = performance.now();
    socket.write(redisGet);
    await once(socket, 'data');
    times.push(performance.now() - begin);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.destroy();
  return times;
}

/** Bytes of the whole answer that has come, 0 while it is not all there. */
type AnswerLength = (held: Buffer) => number;

const headEnd = Buffer.from('\r\n\r\n');
const lengthName = Buffer.from('content-length: ');
const lengthNameCapital = Buffer.from('Content-Length: ');
const statusAt = 9;
const [two, zero, carriageReturn, lineFeed] = Buffer.from('20\r\n');

/** Without a string: the load is not to be what is measured. */
const httpLength: AnswerLength = (held) => {
  const head = held.indexOf(headEnd);
  if (head < 0) return 0;
  if (held[statusAt] !== two || held[statusAt + 1] !== zero) throw new Error(held.toString('latin1', 0, 200));
  const name = held.indexOf(lengthName);
  let at = (name < 0 ? held.indexOf(lengthNameCapital) : name) + lengthName.length;
  let length = 0;
  for (; held[at] !== carriageReturn; at++) length = length * 10 + held[at] - zero;
  const whole = head + headEnd.length + length;
  return held.length < whole ? 0 : whole;
};
const redisLength: AnswerLength = (held) => (held[held.length - 1] === lineFeed && held.indexOf(lineFeed) < held.length - 1 ? held.length : 0);

/** Every connection has one request under way. */
async function drive({ port, pid }: Server, request: string, lasting: number, lengthOf: AnswerLength): Promise<Rate> {
  const bytes = Buffer.from(request);
  const times: number[] = [];
  let running = true;
  let done = 0;
  const sockets = await Promise.all(Array.from({ length: connections }, async () => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    return socket;
  }));
  const begin = performance.now();
  const cpuBefore = cpuMicroseconds(pid);
  const ended = sockets.map((socket) => new Promise<void>((resolve) => {
    let sentAt = performance.now();
    let held: Buffer | undefined;
    socket.write(bytes);
    socket.on('data', (chunk: Buffer) => {
      const all = held === undefined ? chunk : Buffer.concat([held, chunk]);
      if (lengthOf(all) === 0) {
        held = all;
        return;
      }
      held = undefined;
      const now = performance.now();
      times.push(now - sentAt);
      sentAt = now;
      done++;
      if (running) socket.write(bytes);
      else resolve();
    });
  }));
  await new Promise((resolve) => setTimeout(resolve, lasting * 1000));
  running = false;
  const perSecond = (done * 1000) / (performance.now() - begin);
  const cpuEach = (cpuMicroseconds(pid) - cpuBefore) / done;
  await Promise.all(ended);
  for (const socket of sockets) socket.destroy();
  return { perSecond, cpuEach, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

/** User and system time of a process. */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / clockTicksPerSecond;
}

async function behindNginx(port: number, lasting: number, started: ChildProcess[]): Promise<Rate> {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-nginx-'));
  try {
    const front = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), `daemon off; master_process off; pid ${folder}/pid; error_log stderr error; events {}
http { access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
proxy_cache_path ${folder}/c keys_zone=c:1m; upstream m { server 127.0.0.1:${port}; keepalive 32; }
server { listen 127.0.0.1:${front}; keepalive_requests 1000000; location / { proxy_pass http://m; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_cache c; } } }`);
    const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
    started.push(nginx);
    pin(nginx.pid ?? 0, 0);
    await untilListening(front);
    return await load({ port: front, pid: nginx.pid ?? 0 }, 'get', lasting);
  } finally {
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** What any HTTP server on Node costs: reads the body, answers 100 bytes. */
function echo(port: number): void {
  const answer = JSON.stringify({ value: 'x'.repeat(valueBytes) });
  createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
      response.end(answer);
    });
  }).listen(port, '127.0.0.1');
}

async function put(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/cache/default/bench`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ value: 'x'.repeat(valueBytes), ttl: 600 }) });
  if (!answer.ok) throw new Error(await answer.text());
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
