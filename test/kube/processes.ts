import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDirectory } from './run-directory.ts';

export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** The exit code, or null while it runs; a death by signal counts as 128. */
  exitCode(): number | null;
  /** Sends the signal (default SIGTERM), after `graceMs` SIGKILL, and waits for the end. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
  /** SIGSTOP and SIGCONT: the process keeps its sockets but answers nothing. */
  signal(signal: NodeJS.Signals): void;
}

/** Starts a command whose output goes to `<run>/<name>.log`. */
export function start(run: RunDirectory, [binary, ...args]: readonly string[], name = basename(binary), env: NodeJS.ProcessEnv = {}): Running {
  const logFile = join(run.path, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(binary, args, { cwd: run.path, detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`${binary} could not be started`);
  run.own(child.pid);
  child.unref();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { name, pid: child.pid, logFile, exitCode: () => exitOf(child), signal: (signal) => child.kill(signal), stop: (signal, graceMs) => stop(child, ended, signal, graceMs) };
}

const exitOf = (child: ChildProcess): number | null => child.exitCode ?? (child.signalCode === null ? null : 128);

async function stop(child: ChildProcess, ended: Promise<void>, signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<void> {
  if (exitOf(child) !== null) return;
  child.ref();
  child.kill(signal);
  const giveUp = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(giveUp);
}

/** The last lines of a program's output, for the message of a failure. */
const lastLines = (running: Running, lines = 15): string => readFileSync(running.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');

/** Asks `probe` until it says yes. Fails when `running` ends first or `timeoutMs` has passed, with what it last printed. */
export async function untilReady(running: Running, probe: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await probe().catch(() => false)) return;
    if (running.exitCode() !== null) throw new Error(`${running.name} ended with ${running.exitCode()}:\n${lastLines(running)}`);
    if (performance.now() > deadline) throw new Error(`${running.name} was not ready after ${timeoutMs} ms:\n${lastLines(running)}`);
    await sleep(50);
  }
}

/** Waits for a program that ends by itself; fails with what it last printed when it says that it failed. */
export async function finished(running: Running, timeoutMs = 120_000): Promise<void> {
  const code = await untilExit(running, timeoutMs);
  if (code !== 0) throw new Error(`${running.name} ended with ${code}:\n${lastLines(running)}`);
}

async function untilExit(running: Running, timeoutMs: number): Promise<number> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const code = running.exitCode();
    if (code !== null) return code;
    if (performance.now() > deadline) throw new Error(`${running.name} still ran after ${timeoutMs} ms:\n${lastLines(running)}`);
    await sleep(50);
  }
}

const firstPort = 20_000;
const lastPort = 30_000;

/** A port that nothing listens on, below those that the kernel gives to outgoing connections and Kubernetes to NodePorts. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    if (await canListen(port, host)) return port;
  }
}

function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => {
      const bound = (server.address() as AddressInfo).port === port;
      server.close(() => resolve(bound));
    });
  });
}
