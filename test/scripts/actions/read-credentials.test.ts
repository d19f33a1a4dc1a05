// From flags, variables and files to what is shown to a coordinator, and to what one asks for.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Command } from 'commander';
import { readCredentials, readSecrets } from '../../../scripts/actions/read-credentials.js';
import { addCredentialOptions, addSecretOptions, type CredentialFlags } from '../../../scripts/commands/credential-options.js';
import { credentialsIn, environmentOf } from '../../../shared/client/credentials.js';
import { makeCertificate, writeCertificate } from '../../helpers/certificates.js';
import { makeTempFolder } from '../../helpers/temp-folder.js';

/** Variables are the process's: tests that set them run one after the other. */
function parse(add: (command: Command) => Command, args: readonly string[], variables: Readonly<Record<string, string>> = {}): CredentialFlags {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    const command = add(new Command()).exitOverride().configureOutput({ writeErr: () => {} });
    return command.parse(args, { from: 'user' }).opts();
  } finally {
    process.env = before;
  }
}

const asWorker = (command: Command): Command => addCredentialOptions(command, 'worker');
const asOperator = (command: Command): Command => addCredentialOptions(command, 'operator');
const asViewer = (command: Command): Command => addCredentialOptions(command, 'viewer');

test.serial('flags go before variables, and an empty variable is none', (t) => {
  t.deepEqual(readCredentials(parse(asWorker, ['--token', 'a'], { PRETEXT_TOKEN: 'b' })), { token: 'a' });
  t.deepEqual(readCredentials(parse(asWorker, [], { PRETEXT_TOKEN: 'b' })), { token: 'b' });
  t.deepEqual(readCredentials(parse(asWorker, [], { PRETEXT_TOKEN: '', PRETEXT_TLS_CA: '' })), {});
  t.deepEqual(readSecrets(parse(addSecretOptions, [], { PRETEXT_TOKEN: '', PRETEXT_TLS_CERT: '' })), { secrets: {} });
});

test.serial('an operator shows its own token, a viewer the one that opens least, a worker no other', (t) => {
  const variables = { PRETEXT_TOKEN: 'w', PRETEXT_OPERATOR_TOKEN: 'o', PRETEXT_VIEWER_TOKEN: 'v' };
  const shown = (add: (command: Command) => Command, given: Record<string, string>, role?: 'operator'): string | undefined => readCredentials(parse(add, [], given), undefined, role).token;
  t.deepEqual([shown(asWorker, variables), shown(asOperator, variables, 'operator'), shown(asViewer, variables)], ['w', 'o', 'v']);
  t.is(shown(asOperator, { PRETEXT_TOKEN: 'w' }, 'operator'), 'w');
  t.is(shown(asViewer, { PRETEXT_TOKEN: 'w', PRETEXT_OPERATOR_TOKEN: 'o' }), 'w');
  t.is(shown(asViewer, { PRETEXT_OPERATOR_TOKEN: 'o' }), 'o');
  t.is(shown(asWorker, { PRETEXT_OPERATOR_TOKEN: 'o' }), undefined);
});

test.serial('a token on the command line goes before variables of other names', (t) => {
  const variables = { PRETEXT_OPERATOR_TOKEN: 'o', PRETEXT_VIEWER_TOKEN: 'v' };
  t.is(readCredentials(parse(asViewer, ['--token', 'w'], variables)).token, 'w');
  t.is(readCredentials(parse(asViewer, ['--operator-token', 'p'], variables)).token, 'p');
  t.is(readCredentials(parse(asOperator, ['--token', 'w'], variables), undefined, 'operator').token, 'w');
});

test.serial('a token and a file of one are one too many', (t) => {
  for (const [args, variables] of [[['--token', 'a', '--token-file', 'b'], {}], [['--token-file', 'b'], { PRETEXT_TOKEN: 'a' }]] as const) {
    t.throws(() => readCredentials(parse(asWorker, args, variables)), { code: 'BAD_ARGUMENT', message: 'a token is given, and a file of one too: "b".' });
  }
});

async function makeFiles(t: ExecutionContext): Promise<{ readonly cert: string; readonly key: string; readonly token: string }> {
  const folder = await makeTempFolder(t);
  const token = join(folder, 'token');
  await writeFile(token, 'from file\n');
  return { token, ...(await writeCertificate(folder, makeCertificate({ name: 'worker' }), 'worker')) };
}

test('files are tried before anything begins', async (t) => {
  const { token: tokenFile, cert, key } = await makeFiles(t);
  t.deepEqual(readCredentials({ tokenFile, tlsCa: cert, tlsCert: cert, tlsKey: key }), { tokenFile, tls: { ca: cert, cert, key } });
  const problem = (flags: CredentialFlags, url?: URL): string => t.throws(() => readCredentials(flags, url), { code: 'BAD_ARGUMENT' }).message;
  t.regex(problem({ tokenFile: `${tokenFile}.gone` }), /^the token file cannot be read: ENOENT/);
  t.regex(problem({ tlsCa: key.replace('key', 'gone') }), /^the file of certificate authorities cannot be read: ENOENT/);
  t.regex(problem({ tlsCa: tokenFile }), /is no PEM file/);
  t.is(problem({ tlsCert: cert }), 'a certificate and its key are given together.');
  t.is(problem({ tlsCa: cert }, new URL('http://10.0.0.1:7420')), 'http://10.0.0.1:7420 is an address without TLS, and files for TLS are given.');
  t.false(problem({ token: 'hu\tsh' }).includes('hu'));
});

test('a coordinator asks for what its flags say, and for TLS needs a certificate', async (t) => {
  const { cert, key, token } = await makeFiles(t);
  t.deepEqual(readSecrets({}), { secrets: {} });
  t.deepEqual(readSecrets(parse(addSecretOptions, ['--token', 'w', '--operator-token-file', token, '--viewer-token', 'v', '--tls-cert', cert, '--tls-key', key, '--tls-client-ca', cert])), {
    secrets: { worker: { token: 'w' }, operator: { tokenFile: token }, viewer: { token: 'v' } }, tls: { ca: cert, cert, key },
  });
  t.throws(() => readSecrets({ token: 'w', viewerTokenFile: `${token}.gone` }), { code: 'BAD_ARGUMENT', message: /cannot be read/ });
  t.throws(() => readSecrets({ tlsCert: cert, tlsKey: token }), { code: 'BAD_ARGUMENT', message: /is no PEM file/ });
  t.throws(() => readSecrets({ tlsClientCa: cert }), { code: 'BAD_ARGUMENT', message: 'TLS needs both --tls-cert and --tls-key.' });
});

test('what a process hands on by its environment arrives', (t) => {
  for (const credentials of [{}, { token: 'a' }, { tokenFile: 'f', tls: { ca: 'c', cert: 'x', key: 'y' } }]) t.deepEqual(credentialsIn(environmentOf(credentials)), credentials);
  t.deepEqual(credentialsIn({ PRETEXT_TOKEN: '' }), {});
});
