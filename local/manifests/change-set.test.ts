import { describe, expect, it } from 'vitest';
import { changesBetween, duplicateIn, saidBefore, type FileManifest } from './change-set.ts';

const manifest = (name: string, shards: number, line = 1): FileManifest => ({ id: `CacheCluster/default/${name}`, object: { spec: { shards } }, file: 'a.yaml', line });

describe('saving manifest files', () => {
  it('applies what is new or changed, and nothing else', () => {
    const { apply, remove } = changesBetween([manifest('a', 1), manifest('b', 1)], [manifest('a', 1, 9), manifest('b', 2), manifest('c', 1)]);
    expect(apply.map((one) => one.id)).toEqual(['CacheCluster/default/b', 'CacheCluster/default/c']);
    expect(remove).toEqual([]);
  });

  it('knows what the files said before, wherever it stood', () => {
    expect(saidBefore([manifest('a', 1)], manifest('a', 1, 9))).toBe(true);
    expect(saidBefore([manifest('a', 1)], manifest('a', 2))).toBe(false);
    expect(saidBefore([manifest('a', 1)], manifest('b', 1))).toBe(false);
  });

  it('deletes what left the files', () => {
    expect(changesBetween([manifest('a', 1)], []).remove).toEqual([manifest('a', 1)]);
  });

  it('finds an object that is named twice', () => {
    expect(duplicateIn([manifest('a', 1, 1), manifest('b', 1, 5), manifest('a', 2, 9)])).toMatchObject({ first: { line: 1 }, second: { line: 9 } });
    expect(duplicateIn([manifest('a', 1)])).toBeUndefined();
  });
});
