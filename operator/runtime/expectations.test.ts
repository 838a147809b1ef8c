import { expect, test } from 'vitest';
import { configMap } from '../../test/runtime/scripted-kube.ts';
import { resourceTypes } from '../kube/types.ts';
import { createExpectations } from './expectations.ts';
import { compareResourceVersions } from './object-key.ts';
import { createStore } from './store.ts';

const type = resourceTypes.configMap;

function mirrored() {
  const store = createStore();
  let seenVersion: string | undefined;
  const expectations = createExpectations((one) => (one === type ? { store, seen: () => seenVersion } : undefined));
  return {
    expectations,
    show(object: ReturnType<typeof configMap>) {
      store.put(object);
      seenVersion = object.metadata.resourceVersion;
    },
    readOnTo: (version: string) => (seenVersion = version),
    hide(name: string, version: string) {
      store.remove(`default/${name}`);
      seenVersion = version;
    },
    unseen: () => expectations.unseen('web').map((write) => `${write.kind} ${write.name}@${write.resourceVersion}`),
  };
}

test('a write is unseen until the cache shows that version or a later one', () => {
  const { expectations, show, unseen } = mirrored();
  show(configMap('a', '9'));
  expectations.wrote('web', type, configMap('a', '10'));
  expect(unseen()).toEqual(['written a@10']);
  show(configMap('a', '11'));
  expect(unseen()).toEqual([]);
});

test('an apply that changed nothing is seen at once', () => {
  const { expectations, show, unseen } = mirrored();
  show(configMap('a', '9'));
  expectations.wrote('web', type, configMap('a', '9'));
  expect(unseen()).toEqual([]);
});

test('a created object that was deleted by someone else before it was seen does not block for ever', () => {
  const { expectations, readOnTo, unseen } = mirrored();
  expectations.wrote('web', type, configMap('a', '10'));
  expect(unseen()).toEqual(['written a@10']);
  readOnTo('12');
  expect(unseen()).toEqual([]);
});

test('the old object of the same name does not stand for the new one', () => {
  const { expectations, show, unseen } = mirrored();
  show(configMap('a', '9', { uid: 'old' }));
  expectations.wrote('web', type, configMap('a', '10', { uid: 'new' }));
  expect(unseen()).toEqual(['written a@10']);
});

test('a delete is seen when that very object is gone or on its way', () => {
  const { expectations, show, hide, unseen } = mirrored();
  show(configMap('a', '9'));
  show(configMap('b', '10'));
  expectations.deleted('web', type, configMap('a', '9'));
  expectations.deleted('web', type, configMap('b', '10'));
  expect(unseen()).toEqual(['deleted a@9', 'deleted b@10']);
  show(configMap('a', '11', { deletionTimestamp: '2026-01-01T00:00:00Z' }));
  hide('b', '12');
  expect(unseen()).toEqual([]);
});

test('an object deleted before the cache ever showed it is not taken for gone', () => {
  const { expectations, show, readOnTo, unseen } = mirrored();
  readOnTo('8');
  expectations.wrote('web', type, configMap('a', '10'));
  expectations.deleted('web', type, configMap('a', '10'));
  expect(unseen()).toEqual(['deleted a@10']);
  show(configMap('a', '10'));
  expect(unseen()).toEqual(['deleted a@10']);
});

test('owners do not wait for each other, nor for types without a cache', () => {
  const { expectations, unseen } = mirrored();
  expectations.wrote('other', type, configMap('a', '10'));
  expectations.wrote('web', resourceTypes.secret, configMap('s', '10'));
  expect(unseen()).toEqual([]);
  expect(expectations.unseen('other')).toHaveLength(1);
  expectations.forget('other');
  expect(expectations.unseen('other')).toEqual([]);
});

test('resource versions compare as numbers of any length, and not at all when they are not numbers', () => {
  expect(compareResourceVersions('9', '10')).toBeLessThan(0);
  expect(compareResourceVersions('90071992547409931', '90071992547409930')).toBeGreaterThan(0);
  expect(compareResourceVersions('7', '7')).toBe(0);
  expect(compareResourceVersions('a7', '7')).toBeUndefined();
});
