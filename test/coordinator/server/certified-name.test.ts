import { hostname } from 'node:os';
import test from 'ava';
import { findCertifiedName } from '../../../coordinator/server/certified-name.js';
import { makeCertificate } from '../../helpers/certificates.js';

const authority = makeCertificate({ name: 'authority' });
const find = (address: string, ...hosts: readonly string[]): string => findCertifiedName(address, Buffer.from(makeCertificate({ name: 'coordinator', by: authority, hosts }).cert));

test('a coordinator that listens on every address is called by the name of this machine that its certificate has', (t) => {
  t.is(find('0.0.0.0', 'trainer.example', 'localhost', '127.0.0.1'), 'localhost');
  t.is(find('0.0.0.0', 'trainer.example', '127.0.0.1'), '127.0.0.1');
  t.is(find('::', hostname(), 'trainer.example'), hostname());
});

test('where the certificate has none of them, by another that it has', (t) => {
  t.is(find('0.0.0.0', '*.example', 'trainer.example'), 'trainer.example');
  t.is(find('10.0.0.1', 'localhost', 'trainer.example'), 'trainer.example');
  t.is(find('0.0.0.0', '*.example'), '0.0.0.0');
});

test('an address that the certificate has stays', (t) => {
  t.is(find('10.0.0.1', '10.0.0.1', 'localhost'), '10.0.0.1');
  t.is(find('127.0.0.1', 'localhost'), 'localhost');
  t.is(find('127.0.0.1', hostname(), 'trainer.example'), '127.0.0.1');
});
