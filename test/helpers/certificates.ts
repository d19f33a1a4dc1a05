// Certificates made on the fly: X.509 in DER by hand, as much of it as TLS asks for, so that tests need no openssl.

import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

export interface Certificate {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  readonly privateKey: KeyObject;
}

export interface Wanted {
  /** Whose it is. */
  readonly name: string;
  /** Who signs. Default: itself, an authority. */
  readonly by?: Certificate;
  /** DNS names and IPv4 addresses. Default: 127.0.0.1 and localhost. */
  readonly hosts?: readonly string[];
  /** From now on. Default: a day; negative for one that has expired. */
  readonly hours?: number;
}

const HOUR_MS = 3_600_000;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length < 128 ? [content.length] : content.length < 256 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const bits = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes);
const TRUE = Buffer.from([0x01, 0x01, 0xff]);

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const nameOf = (name: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
/** `YYYYMMDDHHMMSSZ`. */
const time = (ms: number): Buffer => der(0x18, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')));

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) => (isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))));
  return sequence(oid('551d11'), der(0x04, sequence(...names)));
}

/** Critical: this certificate may sign others. */
const AUTHORITY = sequence(oid('551d13'), TRUE, der(0x04, sequence(TRUE)));

function pem(bytes: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').match(/.{1,64}/g)!.join('\n')}\n-----END CERTIFICATE-----\n`;
}

export function makeCertificate({ name, by, hosts = ['127.0.0.1', 'localhost'], hours = 24 }: Wanted): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const fromMs = Date.now() - HOUR_MS + Math.min(0, hours) * HOUR_MS;
  const subjectKey = sequence(oid('551d0e'), der(0x04, der(0x04, createHash('sha1').update(spki).digest())));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    ECDSA_WITH_SHA256,
    nameOf(by?.name ?? name),
    sequence(time(fromMs), time(Date.now() + hours * HOUR_MS)),
    nameOf(name),
    spki,
    der(0xa3, sequence(subjectKey, by ? alternativeNames(hosts) : AUTHORITY)),
  );
  const cert = pem(sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, by?.privateKey ?? privateKey))));
  return { name, cert, privateKey, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Writes a certificate and its key into a folder, and says where. */
export async function writeCertificate(folder: string, { cert, key }: Certificate, as: string): Promise<CertificateFiles> {
  const paths = { cert: join(folder, `${as}.crt`), key: join(folder, `${as}.key`) };
  await Promise.all([writeFile(paths.cert, cert), writeFile(paths.key, key)]);
  return paths;
}
