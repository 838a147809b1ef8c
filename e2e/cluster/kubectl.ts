import { spawn, spawnSync } from 'node:child_process';
import { text as textOf } from 'node:stream/consumers';
import type { KubeObject } from './objects.ts';

/** The real kubectl against one cluster. */
export interface Kubectl {
  readonly kubeconfig: string;
  /** Runs to the end; trimmed output, or an error with what it printed. */
  run(...args: readonly string[]): string;
  /** The same for what takes long: clients of this process go on meanwhile. */
  runAside(...args: readonly string[]): Promise<string>;
  /** Exit code and both outputs, whatever happened. */
  tried(...args: readonly string[]): { readonly code: number; readonly output: string };
  /** The object, or undefined when there is none. */
  get<T extends KubeObject = KubeObject>(kind: string, name: string, namespace?: string): T | undefined;
  list<T extends KubeObject = KubeObject>(kind: string, namespace?: string, selector?: string): readonly T[];
  /** Server-side apply as somebody who is not the operator. */
  apply(objects: readonly object[] | string): void;
}

export function kubectlFor(binary: string, kubeconfig: string): Kubectl {
  const tried = (args: readonly string[], input?: string): { code: number; output: string; errors: string } => {
    const done = spawnSync(binary, ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8', input, maxBuffer: 256 * 1024 * 1024 });
    return { code: done.status ?? 128, output: done.stdout.trim(), errors: done.stderr.trim() };
  };
  const run = (args: readonly string[], input?: string): string => {
    const { code, output, errors } = tried(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed (${code}): ${errors || output}`);
    return output;
  };
  const within = (namespace: string | undefined): readonly string[] => (namespace === undefined ? [] : ['--namespace', namespace]);
  return {
    kubeconfig,
    run: (...args) => run(args),
    async runAside(...args) {
      const child = spawn(binary, ['--kubeconfig', kubeconfig, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
      const [output, errors, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended]);
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed (${code}): ${errors.trim() || output.trim()}`);
      return output.trim();
    },
    tried: (...args) => {
      const { code, output, errors } = tried(args);
      return { code, output: [output, errors].filter(Boolean).join('\n') };
    },
    get: (kind, name, namespace) => {
      const text = run(['get', kind, name, ...within(namespace), '--ignore-not-found', '-o', 'json']);
      return text === '' ? undefined : JSON.parse(text);
    },
    list: (kind, namespace, selector) => JSON.parse(run(['get', kind, ...(namespace === undefined ? ['--all-namespaces'] : within(namespace)), ...(selector === undefined ? [] : ['--selector', selector]), '-o', 'json'])).items,
    apply: (objects) => {
      const text = typeof objects === 'string' ? objects : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      run(['apply', '--server-side', '--field-manager=e2e', '--filename=-'], text);
    },
  };
}
