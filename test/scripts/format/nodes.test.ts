import test from 'ava';
import { groupByNode } from '../../../scripts/format/nodes.js';

test('the workers of a node are one row: samples are added, the last step counts, what differs in state is shown', (t) => {
  const rows = groupByNode([
    { id: 'a/0', state: 'syncing', step: 7, backend: 'webgpu', host: 'a', samples: 10 },
    { id: 'b', state: 'active', step: 7, backend: 'webgpu', host: 'b', samples: 1 },
    { id: 'a/1', state: 'active', step: 8, backend: 'webgpu', host: 'a', samples: 5 },
    { id: 'a/2', state: 'active', step: 7, backend: 'webgpu', host: 'a', samples: 5 },
  ]);
  t.deepEqual(rows, [
    { id: 'a', state: 'active', step: 8, backend: 'webgpu', host: 'a', samples: 20, devices: '0 syncing, 1, 2' },
    { id: 'b', state: 'active', step: 7, backend: 'webgpu', host: 'b', samples: 1 },
  ]);
});

test('workers without a node stay as they are, equal names too', (t) => {
  const rows = [{ id: 'w1', state: 'active' }, { id: '/odd', state: 'active' }, { state: 'greeting' }];
  t.deepEqual(groupByNode(rows), rows);
});
