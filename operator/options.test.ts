import { describe, expect, it } from 'vitest';
import { operatorHelp, parseOperatorOptions } from './options.ts';

const parse = (args: readonly string[], env: Record<string, string> = {}) => parseOperatorOptions(args, env, 'standard:1');

describe('options', () => {
  it('have values that a pod needs nothing beside', () => {
    expect(parse([], { MERIDIAN_POD_NAME: 'operator-1', MERIDIAN_POD_NAMESPACE: 'system', MERIDIAN_WATCH_NAMESPACES: '' })).toMatchObject({
      podName: 'operator-1', podNamespace: 'system', watchNamespaces: [], defaultImage: 'standard:1', metricsPort: 9090, leaderElection: true, releaseFinalizers: false,
    });
  });

  it('take a flag before its variable, with a space or an equals sign', () => {
    expect(parse(['--log-level', 'debug', '--watch-namespaces=a, b'], { MERIDIAN_LOG_LEVEL: 'warn' })).toMatchObject({ logLevel: 'debug', watchNamespaces: ['a', 'b'] });
    expect(parse(['--release-finalizers']).releaseFinalizers).toBe(true);
  });

  it('refuse what they do not know, with the flag in the sentence', () => {
    expect(() => parse(['--nonsense'])).toThrow('--nonsense');
    expect(() => parse(['--workers', 'many'])).toThrow('--workers is a whole number');
    expect(() => parse(['--workers'])).toThrow('needs a value');
    expect(() => parse([], { MERIDIAN_LOG_LEVEL: 'loud' })).toThrow('loud');
    expect(() => parse(['--leader-election=maybe'])).toThrow('true or false');
  });

  it('are all in the help, each with its variable', () => {
    const help = operatorHelp();
    for (const word of ['--kubeconfig', 'MERIDIAN_KUBECONFIG', '--watch-namespaces', 'MERIDIAN_WATCH_NAMESPACES', '--release-finalizers', 'MERIDIAN_DEFAULT_IMAGE']) expect(help).toContain(word);
  });
});
