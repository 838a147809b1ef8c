import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layerOf, layers, mayImport } from './layers.ts';
import { isProduct, isTest, readSources, root, type SourceFile } from './source-files.ts';

const sources = readSources();
const byPath = new Map(sources.map((source) => [source.path, source]));
const product = sources.filter((source) => isProduct(source.path));
const offenders = (files: readonly SourceFile[], pattern: RegExp): string[] => files.filter((file) => pattern.test(file.code)).map((file) => file.path);

describe('layers', () => {
  it('every import of ours names a file that exists', () => {
    const broken = sources.flatMap((source) => source.imports.filter((one) => one.ours && !existsSync(join(root, one.target))).map((one) => `${source.path} -> ${one.target}`));
    expect(broken).toEqual([]);
  });

  it('imports only go down', () => {
    const checked = sources.filter((source) => !isTest(source.path) && layerOf(source.path) !== undefined);
    const upwards = checked.flatMap((source) => source.imports.filter((one) => one.ours && !mayImport(source.path, one.target)).map((one) => `${source.path} -> ${one.target}`));
    expect(upwards).toEqual([]);
  });

  it('knows a layer for every product file', () => {
    expect(product.filter((source) => layerOf(source.path) === undefined).map((source) => source.path)).toEqual([]);
    expect(Object.keys(layers).length).toBeGreaterThan(10);
  });

  it('has no circular import', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      // Types vanish before anything runs: a circle of `import type` alone is not a circle.
      for (const one of byPath.get(path)?.imports ?? []) if (one.ours && !one.typeOnly) visit(one.target, [...trail, path]);
      state.set(path, 'done');
    };
    for (const source of sources) visit(source.path, []);
    expect(circles).toEqual([]);
  });
});

describe('ports', () => {
  it('one file touches the real clock, timers and randomness', () => {
    const pattern = /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(|\bset(?:Timeout|Interval|Immediate)\(|\bMath\.random\(|\bprocess\.hrtime|\brandom(?:Bytes|UUID|Int|FillSync)\(|\bgetRandomValues\(/;
    expect(offenders(product, pattern).filter((path) => path !== 'shared/ports/system.ts')).toEqual([]);
  });

  it('only io folders touch sockets, disks and processes', () => {
    const modules = /^(?:node:)?(?:net|tls|http|https|http2|dgram|dns|dns\/promises|fs|fs\/promises|child_process|cluster|ffi)$|^undici$/;
    const outside = product.filter((source) => !/^(?:shared|node)\/io\//.test(source.path));
    const touching = outside.flatMap((source) => source.imports.filter((one) => !one.ours && !one.typeOnly && modules.test(one.target)).map((one) => `${source.path} -> ${one.target}`));
    expect(touching).toEqual([]);
  });
});

describe('memory', () => {
  it('a node at rest has loaded no package and no HTTP: each costs every node megabytes', () => {
    const loaded = new Map<string, string>();
    const packages: string[] = [];
    const load = (path: string): void => {
      for (const one of byPath.get(path)?.imports ?? []) {
        if (one.typeOnly || one.late) continue;
        if (!one.ours && (!one.target.startsWith('node:') || /^node:https?2?$/.test(one.target))) packages.push(`${path} -> ${one.target}`);
        if (!one.ours || loaded.has(one.target)) continue;
        loaded.set(one.target, path);
        load(one.target);
      }
    };
    load('node/main.ts');
    expect(loaded.size).toBeGreaterThan(400);
    expect(packages).toEqual([]);
  });
});

describe('style', () => {
  it('has no default export', () => {
    expect(offenders(sources, /(?:^|\n)\s*export\s+default\b/).filter((path) => path !== 'vitest.config.ts')).toEqual([]);
  });

  it('has no skipped, focused or empty test', () => {
    const tests = sources.filter((source) => isTest(source.path) && !source.path.startsWith('test/house/'));
    expect(offenders(tests, /\b(?:it|test|describe)\.(?:only|skip|todo)\b/)).toEqual([]);
    const asserts = (source: SourceFile): boolean => /\bexpect\b/.test(source.code) || source.imports.some((one) => one.ours && /\bexpect\b/.test(byPath.get(one.target)?.code ?? ''));
    expect(tests.filter((source) => !asserts(source)).map((source) => source.path)).toEqual([]);
  });

  it('has no junk drawer', () => {
    expect(sources.map((source) => source.path).filter((path) => /(?:^|\/)(?:utils?|helpers?|misc|common)(?:\.ts|\/)/.test(path))).toEqual([]);
  });

  it('has no console output outside programs', () => {
    expect(offenders(product, /\bconsole\.\w+\(/)).toEqual([]);
  });

  it('names no workplace, machine path or registry host', () => {
    const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\n').filter((path) => /\.(?:ts|mjs|json|ya?ml|md|sh|mod|tcl|txt)$|^\.ci\/|Dockerfile/.test(path) && existsSync(join(root, path)));
    const banned = new RegExp(['\\/wo' + 'rk\\/', 'far' + 'm-(?:studio|bench)', '\\.lib' + 'rary\\b', 'registry\\.npmjs' + '\\.org', 'proxy\\.golang' + '\\.org', 'pypi' + '\\.org', 'deb\\.debian' + '\\.org'].join('|'));
    expect(tracked.filter((path) => banned.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });
});

describe('nothing dead', () => {
  const programs = /^(?:test\/setup\/[\w-]+\.ts|e2e\/clients\/[\w-]+\.ts|cli\/main\.ts|tools\/[\w-]+\.ts|tools\/[\w-]+\/main\.ts|e2e\/run\.ts|bench\/main\.ts|bench\/[\w-]+\/main\.ts|test\/sim\/main\.ts|test\/fuzz\/(?:main|worker)\.ts|vitest\.config\.ts)$/;

  it('every file is reached from a program or a test', () => {
    const reached = new Set<string>();
    const follow = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const one of byPath.get(path)?.imports ?? []) if (one.ours) follow(one.target);
    };
    for (const source of sources) if (programs.test(source.path) || isTest(source.path)) follow(source.path);
    expect(sources.map((source) => source.path).filter((path) => !reached.has(path))).toEqual([]);
  });

  it('every export is imported somewhere', () => {
    const used = new Map<string, Set<string>>();
    for (const source of sources) for (const one of source.imports) if (one.ours) used.set(one.target, new Set([...(used.get(one.target) ?? []), ...one.names]));
    // A type that another export of the same file is made of is part of that export's signature.
    const inOwnSignature = (source: SourceFile, name: string): boolean => (source.code.match(new RegExp(`\\b${name.replace('$', '\\$')}\\b`, 'g'))?.length ?? 0) > 1;
    const isUsed = (source: SourceFile, one: SourceFile['exports'][number]): boolean => used.get(source.path)?.has(one.name) === true || used.get(source.path)?.has('*') === true || (one.isType && inOwnSignature(source, one.name));
    const dead = sources
      .filter((source) => !isTest(source.path) && source.path !== 'vitest.config.ts' && !programs.test(source.path))
      .flatMap((source) => source.exports.filter((one) => !isUsed(source, one)).map((one) => `${source.path}: ${one.name}`));
    expect(dead).toEqual([]);
  });
});
