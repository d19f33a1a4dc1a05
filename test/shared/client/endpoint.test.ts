import test from 'ava';
import { headersFor, parseAddress } from '../../../shared/client/endpoint.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';

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
