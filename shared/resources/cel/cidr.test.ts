import { expect, test } from 'vitest';
import { isCidr } from './cidr.ts';

test.each(['10.0.0.0/8', '0.0.0.0/0', '192.168.1.7/32', 'fd00::/8', '::/0', '2001:db8:1:2:3:4:5:6/128'])('%s is a range', (text) => {
  expect(isCidr(text)).toBe(true);
});

test.each(['', '10.0.0.0', '10.0.0/8', '10.0.0.0/33', '10.0.0.256/8', '010.0.0.0/8', '10.0.0.0/08', '1::2::3/64', '1:2:3:4:5:6:7/64', 'fe80::1%eth0/64', 'fd00::/129'])('%s is none', (text) => {
  expect(isCidr(text)).toBe(false);
});
