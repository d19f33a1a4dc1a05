import { createHash } from 'node:crypto';
import test from 'ava';
import { hashRecipe, hashStages } from '../../../shared/recipe/hash.js';
import { parseSet } from '../../../shared/recipe/overrides.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { parseStage } from '../../helpers/recipes.js';

function hashWith(...sets: string[]): string {
  return hashRecipe(parseStage('data: {root: x}', { overrides: sets.map(parseSet) }).recipe);
}

test('the order of keys and defaults spelled out do not change the hash', (t) => {
  const one = parseStage('seed: 1\ndata: {root: x, side: 64}\nmodel: {options: {a: 1, b: {c: 2, d: 3}}}').recipe;
  const other = parseStage('model: {options: {b: {d: 3, c: 2}, a: 1}}\ndata: {side: 64, root: x}').recipe;
  t.is(hashRecipe(one), hashRecipe(other));
  t.regex(hashRecipe(one), /^[0-9a-f]{64}$/);
});

test('what leaves the trajectory as it is leaves the hash as it is', (t) => {
  const same = ['name=a', 'data.root=y', 'exchange.chunkBytes=4096', 'exchange.lookaheadSteps=0', 'checkpoint.everySteps=1', 'digest.everySteps=1', 'evaluate.maxItems=1'];
  for (const set of same) t.is(hashWith(set), hashWith(), set);
});

test('defaults that say how tasks share samples, and labels that nobody learns from, are as if left out', (t) => {
  const several = ['tasks=[{name: rotation}, {name: jigsaw}]'];
  for (const set of ['turns=none', 'balance=fixed']) t.is(hashWith(...several, set), hashWith(...several), set);
  t.not(hashWith(...several, 'turns=step'), hashWith(...several));
  for (const set of ['data.labelShare=1', 'data.labelRepeats=1', 'data.labelShare=0.1']) t.is(hashWith(set), hashWith(), set);
  const classes = 'data.classes=[a, b]';
  for (const set of ['data.labelShare=1', 'data.labelRepeats=1']) t.is(hashWith(classes, set), hashWith(classes), set);
  t.not(hashWith(classes, 'data.labelShare=0.1'), hashWith(classes));
});

test('what changes the trajectory changes the hash', (t) => {
  const others = [
    'seed=2', 'steps=2', 'data.source=video-folder', 'data.holdout=0.2', 'data.side=32', 'data.shortSide=80', 'data.fps=4',
    'data.segmentS=4', 'data.clipsPerVideo=2', 'task.name=rotation', 'task.options.a=1', 'model.name=resnet-18', 'model.options.a=1',
    'optimizer.name=lars', 'optimizer.learningRate=0.1', 'optimizer.options.a=1', 'optimizer.schedule.name=constant',
    'optimizer.schedule.options.warmup=0.1', 'batch.microbatches=4', 'batch.microbatchSize=4',
  ];
  t.is(new Set([hashWith(), ...others.map((set) => hashWith(set))]).size, others.length + 1);
});

test('the hash is SHA-256 of JSON with its keys in order', (t) => {
  const text = `
    seed: 7
    steps: 20
    data: {root: x, source: image-folder, holdout: 0, side: 32, shortSide: 40, fps: 4, segmentS: 2.5, clipsPerVideo: 3}
    task: {name: rotation, options: {b: [2, 1], a: "é"}}
    model: {name: convnet, options: {}}
    optimizer: {name: sgd, learningRate: 0.1, options: {}, schedule: {name: cosine, options: {warmup: 0.1}}}
    batch: {microbatches: 4, microbatchSize: 2}`;
  const canonical =
    '{"batch":{"microbatchSize":2,"microbatches":4},' +
    '"data":{"clipsPerVideo":3,"fps":4,"holdout":0,"segmentS":2.5,"shortSide":40,"side":32,"source":"image-folder"},' +
    '"model":{"name":"convnet","options":{}},' +
    '"optimizer":{"learningRate":0.1,"name":"sgd","options":{},"schedule":{"name":"cosine","options":{"warmup":0.1}}},' +
    '"seed":7,"steps":20,"task":{"name":"rotation","options":{"a":"é","b":[2,1]}}}';
  t.is(hashRecipe(parseStage(text).recipe), createHash('sha256').update(canonical).digest('hex'));
});

const SHA = 'a'.repeat(64);

test('what a stage begins from is part of its hash, the seed is not', (t) => {
  t.is(hashWith('init.from=seed'), hashWith());
  const hashes = [
    hashWith(),
    hashWith('init.from=trunk.safetensors', `init.sha256=${SHA}`),
    hashWith('init.from=trunk.safetensors', `init.sha256=${'b'.repeat(64)}`),
    hashWith('init.from=trunk.safetensors', `init.sha256=${SHA}`, 'init.blocks=2'),
    hashWith('init.from=trunk.safetensors', `init.sha256=${SHA}`, 'init.heads=true'),
    hashWith('init.from=trunk.safetensors', `init.sha256=${SHA}`, 'init.blocks=2', 'init.rest=moments'),
  ];
  t.is(new Set(hashes).size, hashes.length);
  t.is(hashWith('init.from=elsewhere.safetensors', `init.sha256=${SHA}`, 'init.heads=false'), hashes[1]!);
  t.throws(() => hashWith('init.from=trunk.safetensors'), { message: /needs that of "trunk\.safetensors"/ });
});

test('a stage that begins from the one before changes with it, one that begins from the seed does not', (t) => {
  const hashesOf = (text: string): string[] => hashStages(parseRecipe(text).recipe);
  const stages = (seed: number, init: string): string => `data: {root: x}\nstages: [{seed: ${seed}}, {seed: 3, init: ${init}}]`;
  const [first = '', second = ''] = hashesOf(stages(1, '{from: stage}'));
  t.is(first, hashWith());
  t.not(hashesOf(stages(2, '{from: stage}'))[1], second);
  for (const seed of [1, 2]) t.is(hashesOf(stages(seed, '{from: seed}'))[1]!, hashWith('seed=3'));
});
