import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { ensureBinaries } from '../../tools/kube/ensure.ts';
import { createAuthority } from './certificates/authority.ts';
import type { Authority, Issued, Subject } from './certificates/authority.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { freePort, start, untilReady } from './processes.ts';
import type { Running } from './processes.ts';
import { createRunDirectory } from './run-directory.ts';
import type { RunDirectory } from './run-directory.ts';

export interface ControlPlaneOptions {
  /** StatefulSets, garbage collection, endpoints, namespaces' deletion: without it objects only lie there. */
  readonly controllerManager?: boolean;
  readonly scheduler?: boolean;
  /** Where it runs; default: loopback, free ports. */
  readonly place?: Place;
  /** `<a>.<b>.0.0/16`. */
  readonly serviceRange?: string;
  readonly apiServerFlags?: readonly string[];
  readonly controllerManagerFlags?: readonly string[];
  readonly schedulerFlags?: readonly string[];
  /** A run that the caller made and ends; default: one of its own. */
  readonly run?: RunDirectory;
}

/** A network namespace of its own: the usual ports are free there, and `host` is an address of it that we reach. */
export interface Place {
  readonly host: string;
  /** Command and arguments that run another command inside. */
  readonly enter: readonly string[];
}

export interface ControlPlane extends AsyncDisposable {
  /** `https://<host>:<port>` */
  readonly url: string;
  readonly port: number;
  /** Path of a cluster administrator's kubeconfig (client certificate). */
  readonly kubeconfig: string;
  /** PEM of the authority that signed the server's and the clients' certificates. */
  readonly ca: string;
  readonly admin: Issued;
  /** Bearer token of the same administrator, for clients that cannot present certificates. */
  readonly adminToken: string;
  readonly authority: Authority;
  readonly run: RunDirectory;
  readonly apiServer: Running;
  readonly binaries: Readonly<Record<'etcd' | 'kube-apiserver', string>>;
  /** Writes a kubeconfig for somebody else; without a role such a user may do nothing. */
  kubeconfigFor(name: string, subject: Subject): string;
  stopApiServer(): Promise<void>;
  /** Again on the same port with the same data. */
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

const startAttempts = 3;
const frontProxy = 'meridian-front-proxy';
const adminToken = 'meridian-test-administrator';

/**
 * etcd and a real kube-apiserver without root, on free ports, everything in one temporary directory that goes away with
 * `stop()`, with this process or at the latest when the next harness starts. Several may run side by side. Ready in about 3 s.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await ensureBinaries(['etcd', 'kube-apiserver', ...(options.controllerManager ? ['kube-controller-manager' as const] : []), ...(options.scheduler ? ['kube-scheduler' as const] : [])]);
  for (let attempt = 1; ; attempt += 1) {
    const run = options.run ?? createRunDirectory();
    try {
      return await startIn(run, binaries, options);
    } catch (error) {
      if (!options.run) run.end();
      // Between asking for a free port and listening on it another program may take it.
      if (options.run || attempt === startAttempts || !String(error).includes('address already in use')) throw error;
    }
  }
}

async function startIn(run: RunDirectory, binaries: Record<string, string>, options: ControlPlaneOptions): Promise<ControlPlane> {
  const { host, enter } = options.place ?? { host: '127.0.0.1', enter: [] };
  const portFor = (usual: number): Promise<number> => (options.place ? Promise.resolve(usual) : freePort());
  const serviceRange = options.serviceRange ?? '10.96.0.0/16';
  const authority = createAuthority('meridian test authority');
  const port = await portFor(6443);
  const url = `https://${host}:${port}`;
  const files = writeCredentials(run, authority, [host, '127.0.0.1', serviceRange.replace(/0\/16$/, '1'), 'localhost', 'kubernetes', 'kubernetes.default.svc']);
  const kubeconfigFor = (name: string, subject: Subject): string => writeKubeconfig(run.path, name, { url, ca: authority.cert }, authority.issue(subject));
  const admin = authority.issue({ commonName: 'meridian-admin', organizations: ['system:masters'] });
  const kubeconfig = writeKubeconfig(run.path, 'admin', { url, ca: authority.cert }, admin);

  const etcd = await startEtcd(run, [...enter, binaries.etcd], `http://${host}:${await portFor(2379)}`, `http://${host}:${await portFor(2380)}`);
  const launch = (): Running => start(run, [...enter, binaries['kube-apiserver'], ...apiServerArguments(files, etcd.url, host, port, serviceRange, options.apiServerFlags ?? [])], 'kube-apiserver');
  const ready = (server: Running): Promise<void> => untilReady(server, () => answersOk(`${url}/readyz`, authority.cert));
  let apiServer = launch();
  await ready(apiServer);

  const others: Running[] = [];
  if (options.controllerManager) others.push(start(run, [...enter, binaries['kube-controller-manager'], ...controllerManagerArguments(files, kubeconfigFor, await portFor(10257)), ...(options.controllerManagerFlags ?? [])], 'kube-controller-manager'));
  if (options.scheduler) others.push(start(run, [...enter, binaries['kube-scheduler'], ...schedulerArguments(kubeconfigFor, await portFor(10259)), ...(options.schedulerFlags ?? [])], 'kube-scheduler'));
  const stop = async (): Promise<void> => {
    await Promise.all(others.map((running) => running.stop('SIGKILL')));
    await apiServer.stop('SIGKILL');
    await etcd.running.stop('SIGKILL');
    if (!options.run) run.end();
  };
  return {
    url, port, kubeconfig, ca: authority.cert, admin, adminToken, authority, run, binaries: binaries as ControlPlane['binaries'], kubeconfigFor, stop,
    get apiServer() {
      return apiServer;
    },
    stopApiServer: () => apiServer.stop('SIGKILL'),
    startApiServer: () => ready((apiServer = launch())),
    [Symbol.asyncDispose]: stop,
  };
}

async function startEtcd(run: RunDirectory, command: readonly string[], clientUrl: string, peerUrl: string): Promise<{ readonly running: Running; readonly url: string }> {
  const flags = [
    '--name=only', `--data-dir=${join(run.path, 'etcd')}`, '--unsafe-no-fsync', '--log-level=warn', `--listen-client-urls=${clientUrl}`, `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`, `--initial-cluster=only=${peerUrl}`,
  ];
  const running = start(run, [...command, ...flags], 'etcd');
  await untilReady(running, async () => (await fetch(`${clientUrl}/health`)).ok);
  return { running, url: clientUrl };
}

interface Files {
  readonly dir: string;
  readonly path: (name: string) => string;
}

function writeCredentials(run: RunDirectory, authority: Authority, hosts: readonly string[]): Files {
  const dir = join(run.path, 'credentials');
  mkdirSync(dir, { mode: 0o700 });
  const path = (name: string): string => join(dir, name);
  const save = (name: string, issued: Issued): void => {
    writeFileSync(path(`${name}.crt`), issued.cert);
    writeFileSync(path(`${name}.key`), issued.key, { mode: 0o600 });
  };
  writeFileSync(path('ca.crt'), authority.cert);
  save('server', authority.issue({ commonName: 'kube-apiserver', hosts }));
  save('front-proxy', authority.issue({ commonName: frontProxy }));
  save('kubelet-client', authority.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] }));
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path('accounts.key'), accounts.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(path('accounts.pub'), accounts.publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(path('tokens.csv'), `${adminToken},meridian-admin,meridian-admin,system:masters\n`, { mode: 0o600 });
  return { dir, path };
}

const apiServerArguments = (files: Files, etcdUrl: string, host: string, port: number, serviceRange: string, extra: readonly string[]): readonly string[] => [
  `--etcd-servers=${etcdUrl}`, `--bind-address=${host}`, `--advertise-address=${host}`, `--secure-port=${port}`,
  `--tls-cert-file=${files.path('server.crt')}`, `--tls-private-key-file=${files.path('server.key')}`, `--client-ca-file=${files.path('ca.crt')}`,
  `--service-account-key-file=${files.path('accounts.pub')}`, `--service-account-signing-key-file=${files.path('accounts.key')}`, '--service-account-issuer=https://kubernetes.default.svc',
  `--kubelet-client-certificate=${files.path('kubelet-client.crt')}`, `--kubelet-client-key=${files.path('kubelet-client.key')}`, '--kubelet-preferred-address-types=InternalIP',
  `--token-auth-file=${files.path('tokens.csv')}`, `--service-cluster-ip-range=${serviceRange}`, '--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction',
  // What an API that is served by another program (metrics-server) needs; this proxy's certificate and nobody else's speaks for others.
  `--proxy-client-cert-file=${files.path('front-proxy.crt')}`, `--proxy-client-key-file=${files.path('front-proxy.key')}`, `--requestheader-client-ca-file=${files.path('ca.crt')}`, `--requestheader-allowed-names=${frontProxy}`,
  '--requestheader-username-headers=X-Remote-User', '--requestheader-group-headers=X-Remote-Group', '--requestheader-extra-headers-prefix=X-Remote-Extra-', '--enable-aggregator-routing=true',
  '--allow-privileged=true', `--cert-dir=${files.dir}`, ...extra,
];

const controllerManagerArguments = (files: Files, kubeconfigFor: ControlPlane['kubeconfigFor'], port: number): readonly string[] => [
  `--kubeconfig=${kubeconfigFor('controller-manager', { commonName: 'system:kube-controller-manager' })}`, '--leader-elect=false', '--use-service-account-credentials=true',
  `--service-account-private-key-file=${files.path('accounts.key')}`, `--root-ca-file=${files.path('ca.crt')}`, '--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${files.dir}`,
];

const schedulerArguments = (kubeconfigFor: ControlPlane['kubeconfigFor'], port: number): readonly string[] => [
  `--kubeconfig=${kubeconfigFor('scheduler', { commonName: 'system:kube-scheduler' })}`, '--leader-elect=false', '--bind-address=127.0.0.1', `--secure-port=${port}`,
];

/** One GET that trusts only `ca`; anonymous, as health endpoints allow. */
function answersOk(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ca, agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('error', reject);
    call.end();
  });
}
