// What workers say of themselves: which step they have applied, with which digest, and that they cannot go on. Nobody ends the run by
// its word alone, and nobody speaks for a state that it does not have.

import type { PretextError } from '../../shared/errors/pretext-error.js';
import { CLOSE } from '../../shared/protocol/close-codes.js';
import type { Message } from '../../shared/protocol/messages.js';
import type { StageEvent } from '../run/events.js';
import type { StepDriver } from '../step/driver.js';
import { createSuspicion, explainNonFinite } from '../step/suspicion.js';
import type { Membership } from './membership.js';
import type { Peer } from './peer.js';
import { createReplicaCheck, isDigestDue } from './replica-check.js';

export interface ReportsOptions {
  readonly digestEverySteps: number;
  readonly peers: ReadonlySet<Peer>;
  readonly driver: StepDriver;
  readonly membership: Membership;
  emit(event: StageEvent): void;
  /** Ends the stage. */
  fail(error: PretextError): void;
}

export class Reports {
  readonly #options: ReportsOptions;
  readonly #replicas = createReplicaCheck();
  readonly #suspicion = createSuspicion();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** Throws on what the worker cannot have applied. */
  handleApplied(peer: Peer, { step, phases, digest }: Message<'applied'>): void {
    const { digestEverySteps, driver, emit, membership } = this.#options;
    const isInStep = peer.phase === 'active' || peer.phase === 'draining';
    if (!isInStep || peer.step === undefined || step !== peer.step + 1 || step > driver.committed) {
      throw new Error(`"applied" of step ${step} from a worker at step ${peer.step ?? 'none'}`);
    }
    const isDue = isDigestDue(step, digestEverySteps);
    if (isDue !== (digest !== undefined)) throw new Error(`"applied" of step ${step} ${isDue ? 'without' : 'with'} a digest`);
    peer.step = step;
    peer.rights?.closeStep(step);
    emit({ type: 'stepApplied', worker: peer.id, step, phases });
    driver.markAlive(peer.id);
    if (digest === undefined || peer.phase !== 'active') return;
    for (const outlier of this.#replicas.report(peer, step, digest, membership.active())) this.sendBack(outlier, step);
  }

  /** The worker's state is not that of the others: it comes again and gets theirs. */
  sendBack({ id, channel }: Peer, step: number): void {
    this.#options.emit({ type: 'replicaDiffers', worker: id, step });
    channel.send({ type: 'forget' });
    channel.close(CLOSE.restarting, 'the replica differs from the others');
  }

  /**
   * A result that is not finite ends the run when a second worker has found the same, or when there is no other. Anything else ends the
   * worker's part alone. Throws on a result that the worker cannot have.
   */
  handleFailed(peer: Peer, failure: Message<'failed'>): void {
    const { emit, fail, membership } = this.#options;
    const { code, step, message, hint, final } = failure;
    const isVerdict = final && peer.phase !== 'draining';
    if (isVerdict) this.#throwOnStranger(peer, failure);
    emit({ type: 'workerFailed', worker: peer.id, code, message, hint, step });
    if (!isVerdict || !this.#isTrue(peer, failure)) return membership.dismiss(peer);
    fail(explainNonFinite(message));
  }

  /** A sum of a worker that is not finite, of gradients that it found to be finite: the same holds of it. */
  handleOverflow(peer: Peer, step: number): void {
    const { driver, emit, fail, membership } = this.#options;
    if (peer.phase !== 'active') return;
    const message = `A sum of gradients of step ${step} is not finite.`;
    emit({ type: 'workerFailed', worker: peer.id, code: 'NON_FINITE', message, hint: undefined, step });
    if (this.#isTrue(peer, { step, microbatch: undefined })) return fail(explainNonFinite(message));
    membership.dismiss(peer);
    driver.forget(peer.id);
  }

  /** Lets those go that found numbers which are not finite where others found finite ones. */
  handleCommit(step: number): void {
    const wrong = this.#suspicion.clear(step);
    for (const { id, channel } of this.#options.peers) {
      if (wrong.includes(id)) channel.close(CLOSE.failed, 'Others computed finite numbers where this worker did not.');
    }
  }

  #throwOnStranger({ phase, rights }: Peer, { code, step, microbatch }: Message<'failed'>): void {
    const isOwn = phase === 'active' && step === this.#options.driver.committed + 1 && microbatch !== undefined && rights?.hasLease(step, microbatch) === true;
    if (code !== 'NON_FINITE' || !isOwn) throw new Error(`an end of the run by ${code} in microbatch ${microbatch} of step ${step}, which it does not have`);
  }

  #isTrue(peer: Peer, { step, microbatch }: Pick<Message<'failed'>, 'step' | 'microbatch'>): boolean {
    const others = [...this.#options.peers].filter((each) => each !== peer && each.id !== '' && each.phase !== 'draining');
    const isConfirmed = this.#suspicion.confirm({ worker: peer.id, step: step!, microbatch });
    return isConfirmed || others.length === 0;
  }
}
