import test from 'ava';
import { createRandom } from '../../../shared/random/random.js';
import { canStillMerge, countSubtrees, createTreeSum, leavesOf, rootLevel, type TreeNode } from '../../../shared/tensors/tree-sum.js';
import { freshRandom } from '../../helpers/numerics.js';

const LENGTH = 103;

function leafValues(leaf: number): Float32Array {
  const random = createRandom({ seed: 5, epoch: 0, sample: leaf, purpose: 'leaf' });
  // Magnitudes that differ widely, so that another order of additions gives other bits.
  return Float32Array.from({ length: LENGTH }, () => random.uniform(-1, 1) * 10 ** random.uniform(-4, 4));
}

/** The tree's definition, spelled out: left half plus right half, where the right half exists. */
function sumRecursively(node: TreeNode, numLeaves: number): Float32Array {
  if (node.level === 0) return leafValues(node.index);
  const left = { level: node.level - 1, index: node.index * 2 };
  const right = { level: node.level - 1, index: node.index * 2 + 1 };
  const sum = sumRecursively(left, numLeaves);
  if (leavesOf(right, numLeaves).start >= numLeaves) return sum;
  const other = sumRecursively(right, numLeaves);
  return sum.map((value, i) => Math.fround(value + other[i]!));
}

function sumOnWorkers(numLeaves: number, ownerOf: (leaf: number) => number, order: Iterable<number>): Float32Array {
  const total = createTreeSum(numLeaves);
  const owners = new Set(Array.from({ length: numLeaves }, (_, leaf) => ownerOf(leaf)));
  for (const owner of owners) {
    const local = createTreeSum(numLeaves);
    for (const leaf of order) if (ownerOf(leaf) === owner) local.insert({ level: 0, index: leaf }, leafValues(leaf));
    const isMine = (leaf: number): boolean => ownerOf(leaf) === owner;
    for (const { node, values } of local.takeWhere((each) => !canStillMerge(each, numLeaves, isMine))) total.insert(node, values);
  }
  return total.root()!;
}

for (const numLeaves of [1, 2, 3, 5, 8, 13]) {
  test(`${numLeaves} microbatches give the same bits in any order, on any number of workers`, (t) => {
    const expected = sumRecursively({ level: rootLevel(numLeaves), index: 0 }, numLeaves);
    for (let trial = 0; trial < 30; trial++) {
      const random = createRandom({ seed: trial, epoch: 0, sample: 0, purpose: 'owners' });
      const workers = 1 + random.int(4);
      const owners = Array.from({ length: numLeaves }, () => random.int(workers));
      const sum = sumOnWorkers(numLeaves, (leaf) => owners[leaf]!, random.permutation(numLeaves));
      t.deepEqual(sum, expected);
    }
  });
}

test('another order of additions would give other bits, so the test above can fail', (t) => {
  const values = Array.from({ length: 8 }, (_, leaf) => leafValues(leaf));
  const inLine = values.reduce((sum, leaf) => sum.map((value, i) => Math.fround(value + leaf[i]!)));
  t.notDeepEqual(inLine, sumRecursively({ level: 3, index: 0 }, 8));
});

test('a node that overlaps what is summed already is refused and left alone', (t) => {
  const tree = createTreeSum(4);
  t.true(tree.insert({ level: 0, index: 1 }, leafValues(1)));
  const late = leafValues(0);
  t.false(tree.insert({ level: 1, index: 0 }, late));
  t.false(tree.insert({ level: 0, index: 1 }, leafValues(1)));
  t.deepEqual(late, leafValues(0));
  t.is(tree.root(), undefined);
});

test('leaves make as many sums as a worker that has them sends', (t) => {
  const { random, seed } = freshRandom();
  t.log(`seed ${seed}`);
  for (let trial = 0; trial < 300; trial++) {
    const numLeaves = 1 + random.int(40);
    const share = random.uniform(0, 1);
    const leaves = Array.from({ length: numLeaves }, (_, leaf) => leaf).filter(() => random.chance(share));
    const tree = createTreeSum(numLeaves);
    for (const leaf of leaves) tree.insert({ level: 0, index: leaf }, new Float32Array(1));
    t.is(countSubtrees(leaves, numLeaves), tree.takeWhere(() => true).length, `${leaves.join()} of ${numLeaves}`);
  }
});

test('buffers that a sum has used up are given back, all but the total', (t) => {
  const freed: Float32Array[] = [];
  const tree = createTreeSum(5, (values) => freed.push(values));
  for (let leaf = 0; leaf < 5; leaf++) tree.insert({ level: 0, index: leaf }, leafValues(leaf));
  t.is(freed.length, 4);
  t.false(freed.includes(tree.root()!));
});

test('leaves that were taken out may come again: the receiver may have refused them', (t) => {
  const tree = createTreeSum(4);
  for (const leaf of [0, 1]) tree.insert({ level: 0, index: leaf }, leafValues(leaf));
  const [first] = tree.takeWhere(() => true);
  t.true(tree.insert({ level: 0, index: 0 }, leafValues(0)));
  t.true(tree.insert({ level: 0, index: 1 }, leafValues(1)));
  t.deepEqual(tree.takeWhere(() => true), [first!]);
});
