import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { createAuthority } from './authority.ts';

test('a certificate carries its groups, names and addresses, and its authority signed it', () => {
  const authority = createAuthority('test authority');
  const leaf = new X509Certificate(authority.issue({ commonName: 'system:node:a', organizations: ['system:nodes', 'extra'], hosts: ['localhost', '10.96.0.1'] }).cert);
  const root = new X509Certificate(authority.cert);
  expect(leaf.verify(root.publicKey)).toBe(true);
  expect(leaf.checkIssued(root)).toBe(true);
  expect(root.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.subject).toBe('O=system:nodes\nO=extra\nCN=system:node:a');
  expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:10.96.0.1');
});

test('a TLS server accepts clients of its authority and refuses those of another', async () => {
  const [ours, stranger] = [createAuthority('ours'), createAuthority('stranger')];
  const server = createServer({ ...ours.issue({ commonName: 'server', hosts: ['127.0.0.1'] }), ca: ours.cert, requestCert: true, rejectUnauthorized: true }, (socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const greeting = (client: { cert: string; key: string }): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ca: ours.cert, ...client });
    return socket.setEncoding('utf8').toArray().then((chunks) => chunks.join(''), () => '');
  };
  try {
    expect(await greeting(ours.issue({ commonName: 'friend' }))).toBe('hello');
    expect(await greeting(stranger.issue({ commonName: 'friend' }))).toBe('');
  } finally {
    server.close();
  }
});
