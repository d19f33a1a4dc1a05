// What a client shows a coordinator, and what it trusts: a token, and files for TLS. Files are looked at for each connection, because they
// may be replaced while a process runs.

import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { dropUndefined } from '../drop-undefined.js';
import { messageOf, PretextError } from '../errors/pretext-error.js';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The authorities that the other side's certificate may be signed by. Default: those of Node; a server then asks for none. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Credentials {
  readonly token?: string | undefined;
  /** In the place of `token`: a file that has it. */
  readonly tokenFile?: string | undefined;
  readonly tls?: TlsFiles | undefined;
}

/** Contents of TlsFiles. */
export type TlsContents = { readonly [Name in keyof TlsFiles]?: Buffer };

const MAX_TOKEN_CHARS = 4096;
/** What a header can carry. */
const TOKEN = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/;

/** Returns the token. Throws PretextError BAD_ARGUMENT, without the token in it, when no header can carry it. */
export function checkToken(token: string, from: string): string {
  if (token.length <= MAX_TOKEN_CHARS && TOKEN.test(token)) return token;
  throw new PretextError('BAD_ARGUMENT', `expected a token of one line of printable ASCII, at most ${MAX_TOKEN_CHARS} characters, given another in ${from}.`);
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new PretextError('BAD_ARGUMENT', `the ${what} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** The token in a file, without the line's end. Throws PretextError BAD_ARGUMENT. */
export function readTokenFile(path: string): string {
  const text = read(path, 'token file').toString('utf8').trim();
  if (text === '') throw new PretextError('BAD_ARGUMENT', `the token file ${JSON.stringify(path)} is empty.`);
  return checkToken(text, `the file ${JSON.stringify(path)}`);
}

/** The token to show now; undefined for none. Throws as readTokenFile. */
export function readToken({ token, tokenFile }: Credentials): string | undefined {
  return tokenFile === undefined ? token : readTokenFile(tokenFile);
}

const WHAT = { ca: 'file of certificate authorities', cert: 'certificate', key: 'key' } as const;

/** Reads the files, and tries whether they fit together. Throws PretextError BAD_ARGUMENT. */
export function readTls({ ca, cert, key }: TlsFiles = {}): TlsContents {
  const contents = dropUndefined({
    ca: ca === undefined ? undefined : readPem(ca, 'ca'),
    cert: cert === undefined ? undefined : readPem(cert, 'cert'),
    key: key === undefined ? undefined : readPem(key, 'key'),
  });
  if ((cert === undefined) !== (key === undefined)) throw new PretextError('BAD_ARGUMENT', 'a certificate and its key are given together.');
  try {
    createSecureContext(contents);
  } catch (error) {
    throw new PretextError('BAD_ARGUMENT', `${[cert, key, ca].filter((path) => path !== undefined).join(', ')}: certificate and key cannot be used together: ${messageOf(error)}.`, { cause: error });
  }
  return contents;
}

/** In the place of the mark of a file that cannot be looked at: reading it says why. */
const UNREADABLE = '?';

let last: { readonly marks: string; readonly contents: TlsContents } | undefined;

/** As readTls; files that are as they were the last time are not read again. */
export function readChangedTls(files: TlsFiles = {}): TlsContents {
  const marks = [files.ca, files.cert, files.key].map((path) => path && markOf(path)).join();
  if (last?.marks !== marks || marks.includes(UNREADABLE)) last = { marks, contents: readTls(files) };
  return last.contents;
}

/** What changes when a file does, a symbolic link's goal included. */
function markOf(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return JSON.stringify([path, String(ino), String(mtimeNs), String(size)]);
  } catch {
    return UNREADABLE;
  }
}

function readPem(path: string, name: keyof TlsFiles): Buffer {
  const contents = read(path, WHAT[name]);
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(contents.toString('latin1'))) return contents;
  throw new PretextError('BAD_ARGUMENT', `the ${WHAT[name]} ${JSON.stringify(path)} is no PEM file: it has no line -----BEGIN ...-----.`);
}

/** How a process hands its credentials to the processes that it starts: other users can see arguments, and not these. */
export function environmentOf({ token, tokenFile, tls }: Credentials): Record<string, string> {
  return dropUndefined({ PRETEXT_TOKEN: token, PRETEXT_TOKEN_FILE: tokenFile, PRETEXT_TLS_CA: tls?.ca, PRETEXT_TLS_CERT: tls?.cert, PRETEXT_TLS_KEY: tls?.key });
}

/** The other end of `environmentOf`. An empty variable counts as none. */
export function credentialsIn(environment: Readonly<Record<string, string | undefined>>): Credentials {
  const [token, tokenFile, ca, cert, key] = ['TOKEN', 'TOKEN_FILE', 'TLS_CA', 'TLS_CERT', 'TLS_KEY'].map((name) => environment[`PRETEXT_${name}`] || undefined);
  return dropUndefined({ token, tokenFile, tls: ca ?? cert ? dropUndefined({ ca, cert, key }) : undefined });
}
