// Sends a buffer over plain TCP each time it is told to.

import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { bytes, port } = workerData as { bytes: number; port: number };
const buffer = Buffer.alloc(bytes, 1);
const socket = connect(port, '127.0.0.1');
parentPort!.on('message', () => socket.write(buffer));
