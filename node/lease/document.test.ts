import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leaseConfigSchema } from '../../shared/kube/documents.ts';
import { annotations } from '../../shared/kube/names.ts';
import { readLease, writeLease, type LeaseObject } from './document.ts';

const incarnation = 'ab'.repeat(16);
const good = { formatVersion: 1, isr: ['c-r-s0-0'], incarnations: { 'c-r-s0-0': incarnation }, podUids: { 'c-r-s0-0': 'u' }, revision: 3, nonce: 'n' };

function lease(spec: Record<string, unknown>, annotation: unknown = good): LeaseObject {
  const text = typeof annotation === 'string' ? annotation : JSON.stringify(annotation);
  return { metadata: { name: 'c-r-s0', uid: 'u', resourceVersion: '7', annotations: annotation === null ? {} : { [annotations.config]: text } }, spec };
}
const read = (object: LeaseObject | undefined) => readLease(object, 'c-r-s0-');

describe('the Lease as a document (B3)', () => {
  it('is read, written and read again without a change', () => {
    const sight = read(lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-0' }));
    expect(sight).toMatchObject({ kind: 'config', config: { epoch: 2, primary: 'c-r-s0-0', isr: ['c-r-s0-0'], revision: 3, resourceVersion: '7', leaseUid: 'u' } });
    if (sight.kind !== 'config') return;
    const object = lease({ leaseTransitions: 1, holderIdentity: 'c-r-s0-9', leaseDurationSeconds: 5 });
    const written = writeLease({ ...object, metadata: { ...object.metadata, labels: { keep: 'me' } } }, sight.config);
    expect(read(written)).toEqual(sight);
    expect(written.metadata.labels).toEqual({ keep: 'me' });
    expect(written.spec?.leaseDurationSeconds).toBe(5);
    expect(leaseConfigSchema.safeParse(JSON.parse(written.metadata.annotations?.[annotations.config] ?? '')).success).toBe(true);
  });

  it('is newborn with epoch 0 and nobody in it, annotation or not', () => {
    for (const annotation of [null, { formatVersion: 1, isr: [], incarnations: {}, nonce: '' }]) {
      expect(read(lease({ leaseTransitions: 0 }, annotation))).toMatchObject({ kind: 'config', config: { epoch: 0, primary: undefined, isr: [] } });
    }
  });

  it.each([
    ['a negative epoch', lease({ leaseTransitions: -1 })],
    ['an epoch that is no number', lease({ leaseTransitions: 'many' as unknown as number })],
    ['no annotation in a later epoch', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-0' }, null)],
    ['an annotation that is not JSON', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-0' }, '{')],
    ['an annotation of a newer format', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-0' }, { ...good, formatVersion: 2 })],
    ['a primary that is not in sync', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-1' })],
    ['a pod of another shard', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s1-0' }, { ...good, isr: ['c-r-s1-0'] })],
    ['a member twice', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-0' }, { ...good, isr: ['c-r-s0-0', 'c-r-s0-0'] })],
    ['a member without incarnation', lease({ leaseTransitions: 2, holderIdentity: 'c-r-s0-0' }, { ...good, incarnations: {} })],
    ['a primary in epoch 0', lease({ leaseTransitions: 0, holderIdentity: 'c-r-s0-0' })],
  ])('makes no sense with %s', (_what, object) => {
    expect(read(object).kind).toBe('nonsense');
  });

  it('never throws, whatever somebody wrote into it', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.string(), (transitions, holder, annotation) => {
        const object = { metadata: { name: 'c-r-s0', annotations: { [annotations.config]: annotation } }, spec: { leaseTransitions: transitions, holderIdentity: holder } } as LeaseObject;
        expect(['config', 'nonsense']).toContain(read(object).kind);
      }),
    );
  });
});
