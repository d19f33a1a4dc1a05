// Where a stage goes on when nobody is in step: what workers, checkpoints and journal have, and which steps that leaves out.

import type { StepDriver } from '../step/driver.js';
import { chooseStart, type StartDecision } from './choose-start.js';
import type { MembershipOptions } from './membership-options.js';
import type { RosterEffect } from './roster.js';

type Ready = Extract<RosterEffect, { type: 'choose' }>['ready'];

/** Decides, and reads the checkpoint where it is one; a bad one is left for what is next best. */
export async function findStart(options: MembershipOptions, ready: Ready, graceUntilMs: number): Promise<{ readonly decision: StartDecision; readonly state?: Float32Array }> {
  const { checkpoints, driver, hasInit, layout, now } = options;
  for (;;) {
    const { committed } = driver;
    const facts = { committed, hasInit, held: ready.flatMap(({ step }) => step ?? []), numWorkers: ready.length, graceUntilMs };
    const decision = chooseStart({ ...facts, checkpoint: await checkpoints.newest(committed) }, now());
    if (decision.action !== 'start' || decision.source !== 'checkpoint') return { decision };
    const state = await checkpoints.read(decision.step, layout);
    if (state) return { decision, state };
  }
}

/** Steps after the last checkpoint do not count. Returns the step that does; that is the last one where there is nothing to go back to. */
export async function goBack(options: MembershipOptions): Promise<number> {
  const { checkpoints, driver, hasInit } = options;
  const to = await checkpoints.newest(driver.committed) ?? (hasInit ? driver.committed : 0);
  if (to < driver.committed) await rollBack(options, { to, reason: 'an audit found a worker wrong', distrusted: true });
  return to;
}

/** Steps after `to` do not count. */
export async function rollBack({ driver, emit }: MembershipOptions, rollback: Parameters<StepDriver['rollBack']>[0]): Promise<void> {
  const { committed: from } = driver;
  await driver.rollBack(rollback);
  emit({ type: 'rolledBack', from, ...rollback });
}
