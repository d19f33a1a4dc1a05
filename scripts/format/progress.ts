// How far a run is: a bar on a terminal, a line now and then on a pipe. Leaves out the log, but makes room for it.

import cliProgress from 'cli-progress';
import { Writable } from 'node:stream';
import { formatDuration, formatNumber } from './status.js';

export interface ProgressUpdate {
  /** Steps that are committed. */
  readonly step: number;
  /** Null where no sample could be used. */
  readonly loss?: number | null | undefined;
  readonly samplesPerSecond?: number | undefined;
  readonly workers?: number | undefined;
}

export interface Progress {
  /** How long the run is, where it turned out to be of another length than expected. */
  setSteps(steps: number): void;
  update(update: ProgressUpdate): void;
  /** Shows the last state and leaves the terminal as it should be. */
  stop(): void;
  /** For createLog: lines written here stand above the bar. */
  readonly stream: Writable & { readonly isTTY?: boolean };
}

export interface ProgressOptions {
  readonly steps: number;
  /** Default stderr: stdout is for results. */
  readonly stream?: Writable & { readonly isTTY?: boolean };
  /** Step that the run goes on from. Default 0. */
  readonly firstStep?: number;
  /** Milliseconds between two lines on a pipe, at least. Default 5000. */
  readonly lineMs?: number;
}

/** On a pipe a line comes for every twentieth of the run, or every minute when it is slower than that. */
const LINE_SHARE = 0.05;
const LONGEST_SILENCE_MS = 60_000;

interface State extends ProgressUpdate {
  readonly etaS: number | undefined;
  readonly steps: number;
}

function formatState(state: State): string {
  const { steps, step, loss, samplesPerSecond, workers, etaS } = state;
  const facts = [
    `step ${step}/${steps}`,
    loss === undefined || loss === null ? '' : `loss ${formatNumber(loss)}`,
    samplesPerSecond === undefined ? '' : `${formatNumber(samplesPerSecond)} samples/s`,
    workers === undefined ? '' : `${workers} worker${workers === 1 ? '' : 's'}`,
    etaS === undefined ? '' : `${formatDuration(etaS)} to go`,
  ];
  return facts.filter((fact) => fact !== '').join(', ');
}

interface Display {
  show(state: State): void;
  stop(last: State): void;
  readonly stream: Writable & { readonly isTTY?: boolean };
}

function createBar(steps: number, firstStep: number, stream: Writable): Display {
  const bars = new cliProgress.MultiBar({
    stream,
    format: '{bar} {percentage} % {text}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    linewrap: false,
    gracefulExit: false,
    forceRedraw: true,
  }, cliProgress.Presets.shades_classic);
  const bar = bars.create(steps, firstStep, { text: 'starting' });
  const show = (state: State): void => {
    bar.setTotal(state.steps);
    bar.update(state.step, { text: formatState(state) });
  };
  const above: Writable & { isTTY?: boolean } = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      bars.log(text.endsWith('\n') ? text : `${text}\n`);
      done();
    },
  });
  above.isTTY = true;
  return {
    show,
    stop(last) {
      show(last);
      bars.stop();
    },
    stream: above,
  };
}

function createLines(firstStep: number, stream: Writable & { readonly isTTY?: boolean }, lineMs: number): Display {
  let shownStep = firstStep;
  let shownMs = performance.now();
  const print = (state: State): void => {
    shownStep = state.step;
    shownMs = performance.now();
    stream.write(`${formatState(state)}\n`);
  };
  return {
    show(state) {
      const silentMs = performance.now() - shownMs;
      const isFurther = state.step - shownStep >= state.steps * LINE_SHARE;
      if (silentMs >= lineMs && (isFurther || silentMs >= LONGEST_SILENCE_MS)) print(state);
    },
    stop(last) {
      if (last.step !== shownStep) print(last);
    },
    stream,
  };
}

/** Starts to show progress. Call `stop` in any case: on a terminal it gives the cursor back. */
export function createProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr, firstStep = 0, lineMs = 5000 } = options;
  let { steps } = options;
  const display = stream.isTTY === true ? createBar(steps, firstStep, stream) : createLines(firstStep, stream, lineMs);
  const startMs = performance.now();
  let state: State = { step: firstStep, steps, etaS: undefined };
  let isStopped = false;

  function etaAt(step: number): number | undefined {
    const done = step - firstStep;
    if (done <= 0 || step >= steps) return undefined;
    return ((performance.now() - startMs) / 1000 / done) * (steps - step);
  }

  return {
    setSteps(number) {
      steps = number;
    },
    update(update) {
      if (isStopped) return;
      state = { ...update, steps, etaS: etaAt(update.step) };
      display.show(state);
    },
    stop() {
      if (!isStopped) display.stop(state);
      isStopped = true;
    },
    stream: display.stream,
  };
}
