// Turns away a worker of another version of Pretext before it gets anything: it might compute other bits.

import type { Logger } from 'pino';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message } from '../../shared/protocol/messages.js';
import { VERSION } from '../../shared/version.js';
import type { Peer } from './peer.js';

/** False, and the connection is closed, where it is another, or none is said. */
export function isOfThisVersion(peer: Peer, { name, version }: Message<'hello'>, log: Logger): boolean {
  if (version === VERSION) return true;
  log.error({ worker: name, version, own: VERSION }, 'worker is of another version of Pretext: it is turned away');
  const says = version === undefined ? 'does not say which Pretext it is' : `is Pretext ${version}`;
  peer.channel.close(CLOSE.refused, `This worker ${says}, the coordinator is ${VERSION}. Use one version everywhere.`);
  return false;
}
