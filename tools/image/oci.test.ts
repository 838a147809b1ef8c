import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeImage } from './oci.ts';
import { tar } from './tar.ts';
import type { Entry } from './tar.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'meridian-oci-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const deep = `${'a'.repeat(60)}/${'b'.repeat(60)}/file`;
const entries: readonly Entry[] = [
  { kind: 'directory', path: '/bin' },
  { kind: 'file', path: '/bin/program', bytes: Buffer.from('#!/bin/sh\n'), executable: true },
  { kind: 'link', path: '/bin/alias', target: 'program' },
  { kind: 'file', path: deep, bytes: Buffer.alloc(1_000, 'x'), executable: false },
];

test('tar reads what was written: directories, modes, links and long paths', () => {
  const listed = execFileSync('tar', ['--list', '--verbose', '--file=-'], { input: tar(entries), encoding: 'utf8' });
  expect(listed).toMatch(/^drwxr-xr-x 0\/0 +0 1970-01-01 \d\d:\d\d bin/m);
  expect(listed).toMatch(/^-rwxr-xr-x 0\/0 +10 1970-01-01 \d\d:\d\d bin\/program$/m);
  expect(listed).toMatch(/ bin\/alias -> program$/m);
  expect(listed).toMatch(new RegExp(`^-rw-r--r-- 0/0 +1000 1970-01-01 \\d\\d:\\d\\d ${deep}$`, 'm'));
});

test('a path that ustar has no room for is refused, not cut', () => {
  expect(() => tar([{ kind: 'directory', path: 'x'.repeat(120) }])).toThrow('too long');
});

test('every blob is named by its digest, and the same files give the same image', () => {
  const config = { name: 'example.org/thing:1', entrypoint: ['/bin/program'], user: 10001 };
  writeImage(join(dir, 'one.tar'), config, [entries, []]);
  writeImage(join(dir, 'two.tar'), config, [entries, []]);
  expect(readFileSync(join(dir, 'one.tar')).equals(readFileSync(join(dir, 'two.tar')))).toBe(true);
  execFileSync('tar', ['--extract', '--file=one.tar'], { cwd: dir });
  const blob = (digest: string): Buffer => readFileSync(join(dir, 'blobs', 'sha256', digest.replace('sha256:', '')));
  const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
  expect(index.manifests[0].annotations['io.containerd.image.name']).toBe('example.org/thing:1');
  const manifest = JSON.parse(blob(index.manifests[0].digest).toString());
  for (const { digest, size } of [manifest.config, ...manifest.layers]) {
    expect(`sha256:${createHash('sha256').update(blob(digest)).digest('hex')}`).toBe(digest);
    expect(blob(digest).length).toBe(size);
  }
  expect(JSON.parse(blob(manifest.config.digest).toString()).rootfs.diff_ids).toEqual(manifest.layers.map(({ digest }: { digest: string }) => digest));
});
