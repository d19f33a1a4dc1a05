// Readers of logs over HTTP: NDJSON, or server-sent events where the reader asks for them. A reader holds a position in the ring,
// so a slow one costs no memory: it skips what has left the ring and is told how much that was.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../shared/errors/pretext-error.js';
import { LEVELS } from '../../shared/log/levels.js';
import { isWanted, parseLogQuery, type HttpLogQuery } from './log-query.js';
import type { LogRing } from './log-ring.js';
import { COORDINATOR, tagRecord, type TaggedRecord } from './tag-record.js';

const MAX_FOLLOWERS = 100;
/** How long the last bytes may take to reach a follower when the run is over. */
const FINISH_MS = 1000;

/** How records are framed on the wire. */
interface Framing {
  readonly contentType: string;
  frame(id: number, line: string): string;
  /** Nothing to read, but a sign of life. */
  readonly keepAlive: string;
  /** The run is over: do not come back. */
  readonly end: string;
}

const NDJSON: Framing = {
  contentType: 'application/x-ndjson; charset=utf-8',
  frame: (_id, line) => `${line}\n`,
  keepAlive: '\n',
  end: '{"end":true}\n',
};

const EVENTS: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  frame: (id, line) => `id: ${id}\ndata: ${line}\n\n`,
  keepAlive: ':\n\n',
  end: 'event: end\ndata: {}\n\n',
};

export interface LogStreams {
  open(request: IncomingMessage, response: ServerResponse): void;
  /** There are new records in the ring. */
  wake(): void;
  /** Ends every stream, saying that the run is over; those that come later too. */
  finish(): Promise<void>;
}

interface Follower {
  pump(): void;
  /** Resolves when it has all, or does not take it. */
  finish(): Promise<void>;
}

/** What stands in the place of records that are gone. */
function describeGone(numGone: number, lastGoneId: number, why = 'memory has them no longer, the run\'s folder does'): string {
  const msg = `up to ${numGone} records are left out: ${why}`;
  return tagRecord(lastGoneId, COORDINATOR, JSON.stringify({ level: LEVELS.warn, time: Date.now(), msg, skipped: numGone }), 0).line;
}

interface FollowerOptions {
  readonly ring: LogRing;
  readonly query: HttpLogQuery;
  readonly framing: Framing;
  readonly response: ServerResponse;
  readonly readOlder: LogStreamsOptions['readOlder'];
}

/** Whether records are wanted that have left the memory, and may be in files. */
function reachesBack(ring: LogRing, { from, to }: HttpLogQuery, after: number): boolean {
  const oldest = ring.after(ring.start)?.record;
  return (from !== undefined || to !== undefined) && after < ring.start && oldest !== undefined && oldest.time >= (from ?? -Infinity);
}

interface OlderRecords {
  readonly after: number;
  /** The last that memory has no longer. */
  readonly upTo: number;
  /** The reader has left. */
  readonly gone: AbortSignal;
}

/** What memory has no longer, as far as it is wanted. */
async function sendOlder({ query, framing, response, readOlder }: FollowerOptions, { after, upTo, gone }: OlderRecords): Promise<void> {
  let last = after;
  try {
    for await (const record of readOlder()) {
      if (record.id > upTo || response.writableEnded || response.destroyed) return;
      if (record.id <= last) continue;
      if (isWanted(record, query) && !response.write(framing.frame(record.id, record.line))) await once(response, 'drain', { signal: gone });
      last = record.id;
    }
  } catch (error) {
    if (gone.aborted || response.writableEnded) return;
    response.write(framing.frame(upTo, describeGone(upTo - last, upTo, `the run's folder cannot be read: ${messageOf(error)}`)));
  }
}

function createFollower(options: FollowerOptions): Follower {
  const { ring, query, framing, response } = options;
  // An id that was never given comes from another run, or from a disk that lost records: it is better to repeat than to miss.
  const since = query.since === undefined || query.since > ring.lastId ? undefined : query.since;
  let isReading = reachesBack(ring, query, since ?? 0);
  let position = isReading ? ring.start : since ?? ring.start;
  let isBlocked = false;
  let isLast = !query.follow;

  function send(id: number, line: string): void {
    position = id;
    if (!response.write(framing.frame(id, line))) isBlocked = true;
  }

  function pump(): void {
    while (!isBlocked && !response.writableEnded) {
      const next = ring.after(position);
      if (next === undefined) break;
      // Where what is there is older than what is wanted, so is what is gone.
      const isOfUse = next.record.time >= (query.from ?? -Infinity);
      if (next.numGone > 0 && isOfUse) send(next.record.id - 1, describeGone(next.numGone, next.record.id - 1));
      else if (isWanted(next.record, query)) send(next.record.id, next.record.line);
      else position = next.record.id;
    }
    if (isLast && !isBlocked && !response.writableEnded) response.end(query.follow ? framing.end : '');
  }

  const gone = new AbortController();
  response.on('close', () => gone.abort());
  if (isReading) {
    isBlocked = true;
    void sendOlder(options, { after: since ?? 0, upTo: position, gone: gone.signal }).finally(() => {
      isReading = false;
      isBlocked = response.writableNeedDrain;
      pump();
    });
  }
  response.on('drain', () => {
    if (isReading) return;
    isBlocked = false;
    pump();
  });
  return {
    pump,
    finish: () => new Promise((resolve) => {
      response.once('close', resolve);
      setTimeout(resolve, FINISH_MS).unref();
      isLast = true;
      pump();
    }),
  };
}

export interface LogStreamsOptions {
  readonly keepAliveMs: number;
  /** All records from the beginning, in order, from where there is more room than in memory. */
  readonly readOlder: () => AsyncIterable<TaggedRecord>;
}

/** Makes the HTTP side of a hub's ring. */
export function createLogStreams(ring: LogRing, { keepAliveMs, readOlder }: LogStreamsOptions): LogStreams {
  const followers = new Set<Follower>();
  let isOver = false;

  function refuse(response: ServerResponse, status: number, problem: string): void {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${problem}\n`);
  }

  function follow(response: ServerResponse, framing: Framing, follower: Follower): void {
    const timer = setInterval(() => {
      // A blocked reader has enough to read.
      if (!response.writableNeedDrain) response.write(framing.keepAlive);
    }, keepAliveMs);
    timer.unref();
    followers.add(follower);
    response.on('close', () => {
      clearInterval(timer);
      followers.delete(follower);
    });
  }

  return {
    open(request, response) {
      const lastEventId = request.headers['last-event-id'];
      const parsed = parseLogQuery(request.url ?? '/', typeof lastEventId === 'string' ? lastEventId : undefined);
      if ('problem' in parsed) return refuse(response, 400, parsed.problem);
      if (parsed.query.follow && followers.size >= MAX_FOLLOWERS) return refuse(response, 503, 'Too many readers follow the logs.');
      const framing = request.headers.accept?.includes('text/event-stream') === true ? EVENTS : NDJSON;
      response.on('error', () => response.destroy());
      response.writeHead(200, { 'content-type': framing.contentType, 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      if (request.method === 'HEAD') return void response.end();
      response.flushHeaders();
      const follower = createFollower({ ring, query: parsed.query, framing, response, readOlder });
      if (parsed.query.follow) follow(response, framing, follower);
      if (isOver) void follower.finish();
      else follower.pump();
    },
    wake() {
      for (const follower of followers) follower.pump();
    },
    async finish() {
      isOver = true;
      await Promise.all([...followers].map((follower) => follower.finish()));
    },
  };
}
