import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { headersFor, parseAddress, tlsFor } from '../../../shared/client/endpoint.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';
import { makeCertificate, writeCertificate } from '../../helpers/certificates.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

test('an address is read with or without a scheme, and what follows the host is left out', (t) => {
  t.is(parseAddress('10.0.0.1:7420').href, 'http://10.0.0.1:7420/');
  t.is(parseAddress('localhost').href, 'http://localhost/');
  t.is(parseAddress('wss://a.example').href, 'https://a.example/');
  t.is(parseAddress('ws://a.example:80').href, 'http://a.example/');
  t.is(parseAddress('HTTPS://user:secret@a.example:7420/status?x=1#y').href, 'https://a.example:7420/');
  t.is(parseAddress('http://[::1]:7420').href, 'http://[::1]:7420/');
});

test('what is no address is refused with an example of one', (t) => {
  for (const text of ['', 'ftp://a', 'http://', 'a b', 'http://a:99999', 'file:///etc/passwd']) {
    const error = t.throws(() => parseAddress(text), { instanceOf: PretextError }, text);
    t.is(error.code, 'BAD_ARGUMENT');
    t.regex(error.message, /such as http:\/\//);
  }
});

test('the token is shown as a bearer', (t) => {
  const url = new URL('http://a');
  t.deepEqual(headersFor({ url, token: 'x y' }), { authorization: 'Bearer x y' });
  t.deepEqual(headersFor({ url }), {});
});

test('files for TLS are read when they have changed, and not before', async (t) => {
  const folder = await makeTempFolder(t);
  const { cert: ca } = await writeCertificate(folder, makeCertificate({ name: 'authority' }), 'ca');
  const endpoint = { url: new URL('https://a'), tls: { ca } };
  const first = tlsFor(endpoint);
  t.is(tlsFor(endpoint), first);
  await writeCertificate(folder, makeCertificate({ name: 'another' }), 'ca');
  t.notDeepEqual(tlsFor(endpoint), first);
  await writeFile(ca, 'nonsense');
  t.throws(() => tlsFor(endpoint), { message: /is no PEM file/ });
  await rm(ca);
  t.throws(() => tlsFor(endpoint), { message: /cannot be read: ENOENT/ });
  t.deepEqual(tlsFor({ url: endpoint.url }), {});
  for (const path of [ca, join(folder, 'a'.repeat(300))]) t.throws(() => tlsFor({ ...endpoint, tls: { ca: path } }), { code: 'BAD_ARGUMENT', message: /cannot be read: EN/ });
  t.deepEqual(tlsFor({ ...endpoint, url: new URL('http://a') }), {});
});
