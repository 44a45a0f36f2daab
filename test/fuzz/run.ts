import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { RawConnection } from '../support/raw-stream.js';
import { Seeded } from '../support/seeded.js';
import { closeMessage, INT, openMessage, snapshotMessage, TaskStream } from '../support/task-stream.js';
import { grpcCase } from './grpc-case.js';
import { httpCase } from './http-case.js';
import { type Footprint, FuzzTarget } from './target.js';

/** What is asked for. */
export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface FuzzReport {
  /** How often each status was answered: `grpc 3`, `http 400`; `none`: the connection just ended. */
  readonly answers: Readonly<Record<string, number>>;
  /** Cases that the sidecar answered as its own failure, or not at all; by number, to be run again. */
  readonly failures: readonly string[];
  /** After a tenth of the cases, and when all streams are gone at the end. */
  readonly early: Footprint;
  readonly late: Footprint;
  readonly isAlive: boolean;
}

const SIDE_BY_SIDE = 16;
/** A new connection now and then, as tasks come and go. */
const CASES_A_CONNECTION = 200;
const HANG_MS = 30_000;
const CASES_A_LINE = 10_000;
const OUR_FAULT = [status.UNKNOWN, status.INTERNAL, status.DATA_LOSS, status.UNAVAILABLE];
const SETTLE_MS = 15_000;

/** Sends cases to a sidecar, many side by side, and watches it. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const target = await FuzzTarget.start();
  const answers: Record<string, number> = {};
  const failures: string[] = [];
  let next = 0;
  let early = await target.footprint();
  const lane = async () => {
    let connection = new RawConnection(target.grpcAddress, target.file.token);
    let overSocket = false;
    for (let sent = 1; next < options.cases && target.isAlive; sent += 1) {
      const number = next++;
      const answer = await answerTo(target, connection, options.seed, number);
      answers[answer.text] = (answers[answer.text] ?? 0) + 1;
      if (answer.isFailure) failures.push(`case ${number}: ${answer.text} ${answer.details}`);
      if (number === Math.floor(options.cases / 10)) early = await settled(target);
      if (number > 0 && number % CASES_A_LINE === 0)
        options.say(`${number} cases, ${failures.length} failures`);
      if (sent % CASES_A_CONNECTION === 0) {
        connection.close();
        overSocket = !overSocket;
        const address = overSocket ? target.socketAddress : target.grpcAddress;
        connection = new RawConnection(address, target.file.token);
      }
    }
    connection.close();
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    if (target.isAlive) await commitOne(target);
    const late = target.isAlive ? await settled(target) : early;
    for (const line of target.errorLines) options.say(line.slice(0, 1500));
    return { answers, failures, early, late, isAlive: target.isAlive };
  } finally {
    await target.stop();
  }
}

interface Answer {
  readonly text: string;
  readonly details: string;
  readonly isFailure: boolean;
}

async function answerTo(
  target: FuzzTarget,
  connection: RawConnection,
  seed: number,
  number: number,
): Promise<Answer> {
  // Of its own seed, so that each can be run again alone.
  const random = new Seeded(seed * 7_919 + number);
  const hang = delay(HANG_MS, 'hang' as const, { ref: false });
  if (random.chance(0.25)) {
    const { hostname: host, port } = new URL(target.file.http);
    const code = await Promise.race([
      httpCase({ host, port: Number(port), token: target.file.token }, random),
      hang,
    ]);
    return { text: `http ${code ?? 'none'}`, details: '', isFailure: code === 'hang' || (code ?? 0) >= 500 };
  }
  const end = await Promise.race([grpcCase(connection, random), hang]);
  if (end === 'hang') return { text: 'grpc hang', details: '', isFailure: true };
  if (end === null) return { text: 'grpc left', details: '', isFailure: false };
  const isFailure = end.code !== null && OUR_FAULT.includes(end.code);
  return { text: `grpc ${end.code ?? 'none'}`, details: end.details, isFailure };
}

/** What the sidecar takes once nothing is under way. */
async function settled(target: FuzzTarget): Promise<Footprint> {
  const deadlineMs = Date.now() + SETTLE_MS;
  for (;;) {
    const footprint = await target.footprint();
    if ((footprint.streamsOpen === 0 && footprint.stagedFiles === 0) || Date.now() > deadlineMs)
      return footprint;
    await delay(100);
  }
}

/** A step of a well-behaved flow is still served. */
async function commitOne(target: FuzzTarget): Promise<void> {
  const stream = new TaskStream(target.grpcAddress, target.file.token);
  stream.send(openMessage()).send(snapshotMessage(INT)).send(closeMessage());
  await stream.next('opened');
  await stream.next('plan');
  await stream.next('committed');
  await stream.end();
}
