// The configuration of a stage of a run: every key with its default, unit and meaning. docs/recipe.md is generated from here.
// Names and options of tasks, models and optimizers are only checked for their shape; their own schemas live with them,
// and completeRecipe brings the two together.

import { z } from 'zod';
import { data } from './data-section.js';

/** What several tasks change places after. */
const turns = ['none', 'microbatch', 'step'] as const;

/** `{ name, options }` of something that a registry knows. */
function choice<Shape extends z.ZodRawShape>(name: string, nameMeaning: string, optionsMeaning: string, more: Shape) {
  return z.strictObject({
    name: z.string().min(1).default(name).meta({ description: nameMeaning }),
    options: z.record(z.string(), z.unknown()).default({}).meta({ description: optionsMeaning }),
    ...more,
  });
}

const task = choice(
  'auto',
  'Pretext task. `auto`: the default one for what the data are.',
  "The task's own options, guards among them.",
  {},
);

const tasks = z.array(z.strictObject({
  name: z.string().min(1), options: z.record(z.string(), z.unknown()).default({}), weight: z.number().gt(0).max(1e6).optional(),
})).min(2).max(16);

const predictionConsistency = z.strictObject({
  loss: z.enum(['kl', 'mse']).default('kl').meta({
    description: 'How far the second prediction is from the first, moved as the puzzle was: divergence of Kullback and Leibler, or the mean square of the probabilities\' differences.',
  }),
  temperature: z.number().min(0.01).max(10).default(1).meta({ description: 'What the logits of the first prediction are divided by: below 1 sharpens it.' }),
  confidence: z.number().min(0).lt(1).default(0).meta({
    description: 'A first prediction without a probability above it says nothing. The loss is averaged over all samples all the same.',
  }),
});

const featureConsistency = z.strictObject({
  stage: z.string().min(1).default('last'), loss: z.enum(['infoNce', 'vicreg', 'cosine', 'mse']).default('infoNce'), weight: z.number().gt(0).max(1e6).default(1),
  hidden: z.int().min(1).max(8192).default(256), dims: z.int().min(2).max(4096).default(64), temperature: z.number().min(0.01).max(10).default(0.2),
});

const consistency = z.strictObject({
  weight: z.number().gt(0).max(1e6).default(1).meta({ description: 'Times the losses of consistency, which are added to the task\'s own.' }),
  ramp: z.number().min(0).max(1).default(0.2).meta({ description: 'Share of the steps over which the weight rises, as exp(-5 (1 - t)^2). Losses are reported by the whole weight.' }),
  second: z.record(z.string(), z.unknown()).optional().meta({
    description: 'Options of the task that the second version is drawn with, where they are others: a harder crop, stronger colours.', allowed: 'keys of the task\'s options',
  }),
  predictions: predictionConsistency.optional().meta({ description: 'What the task says of both versions is alike. Of several tasks, what those say whose classes move by a known rule; the names of the losses tell which.' }),
  features: z.array(featureConsistency).max(16).default([]).meta({
    description: 'What stages of the trunk make of both versions is alike, each seen through a head of its own: `{stage, loss, weight, hidden, dims, temperature}`. '
      + '`stage`: its name, or `last`. `loss`: `infoNce` (other samples of the microbatch are told from it, by `temperature`), `vicreg`, or `cosine` (with a predictor, as in SimSiam).',
    allowed: 'a list of stages, each another',
  }),
});

const model = choice('convnet', 'Trunk to pretrain.', "The trunk's own options.", {});

const schedule = choice('cosine', 'How the learning rate moves over the steps of the run.', "The schedule's own options.", {});

const group = z.strictObject({
  match: z.string().min(1).meta({ description: 'Beginning of the names of its arrays, such as `trunk/stage1/` or `head/`.' }),
  rateFactor: z.number().min(0).max(1e6).default(1).meta({ description: 'Times the learning rate.' }),
  frozenUntil: z.int().min(0).default(0).meta({ unit: 'steps', description: 'Its arrays stay as they are up to and including this step. Nothing is computed for them by then.' }),
  norms: z.enum(['frozen', 'train']).optional().meta({
    description: 'What becomes of normalisation while the group is frozen. `frozen`: nothing moves, batch norm takes its running statistics; the default. '
      + '`train`: scales and shifts are trained all the same, and statistics move.',
  }),
  name: z.string().min(1).optional().meta({ description: 'Update rule, where it is another.' }),
  options: z.record(z.string(), z.unknown()).optional().meta({ description: "The other update rule's own options." }),
});

const optimizer = choice('sgd', 'Update rule.', "The update rule's own options.", {
  learningRate: z.number().gt(0).max(1000).default(0.05).meta({
    description: 'Learning rate at its highest. It is not scaled with the batch.',
  }),
  schedule: schedule.prefault({}).meta({ description: 'Learning rate over time.' }),
  groups: z.array(group).max(100).default([]).meta({
    description: 'Arrays that are updated otherwise than the rest; the first group whose `match` fits counts.',
  }),
});

const batch = z.strictObject({
  microbatches: z.int().min(1).max(4096).default(8).meta({
    description: 'Microbatches of a step: the unit that workers lease. More than the workers you will ever have is enough.',
  }),
  microbatchSize: z.int().min(1).max(4096).default(8).meta({
    unit: 'samples', description: 'Samples of a microbatch; a step has `microbatches` times as many.',
  }),
});

const exchange = z.strictObject({
  chunkBytes: z.int().min(4096).max(64 * 1024 * 1024).multipleOf(4).default(1024 * 1024).meta({
    unit: 'bytes', description: 'Size of the pieces that gradients travel in.',
  }),
  lookaheadSteps: z.int().min(0).max(64).default(2).meta({
    unit: 'steps', description: 'How many steps ahead leases are handed out, so that decoding runs ahead of computing.',
  }),
  audit: z.number().min(0).max(1).default(0).meta({
    description: 'Share of the steps, drawn by chance, whose microbatches are computed twice, on different workers of one kind, and compared bit for bit. A worker that is found to compute wrong numbers is shut out, and the step is computed anew.',
  }),
  strict: z.boolean().default(false).meta({
    description: 'Whether a worker that an audit finds wrong takes the run back to the last checkpoint, so that the unaudited steps since then are made again too (--strict gives it).',
  }),
});

const checkpoint = z.strictObject({
  everySteps: z.int().min(1).default(100).meta({
    unit: 'steps', description: 'Steps between two checkpoints; the last step always has one.',
  }),
  keep: z.int().min(1).default(3).meta({ description: 'Newest checkpoints to keep; older ones are deleted.' }),
});

const digest = z.strictObject({
  everySteps: z.int().min(1).default(10).meta({
    unit: 'steps', description: 'Steps between two comparisons of the workers\' parameters.',
  }),
});

const evaluate = z.strictObject({
  everySteps: z.int().min(1).optional().meta({
    unit: 'steps', description: 'Steps between two looks at held-out items while the run goes on, each from a checkpoint and in a process of its own. Default: none.',
  }),
  best: z.string().min(1).optional().meta({
    description: 'Metric by which the checkpoint that did best at a look is kept as `best.safetensors`: `knn` or one of the task\'s. Default: `knn` where there are labels, else the task\'s first.',
  }),
  stop: z.enum(['never', 'collapsed']).default('never').meta({
    description: 'Whether a run ends when its verdict is that the embedding has collapsed. It ends with an error, its state saved.',
  }),
  puzzlesPerItem: z.int().min(1).max(1000).default(4).meta({
    description: 'Puzzles drawn from each held-out item to measure the accuracy on the pretext task.',
  }),
  framesPerVideo: z.int().min(1).max(1000).default(8).meta({
    unit: 'frames', description: 'Frames of a video whose features are averaged for kNN and linear probe.',
  }),
  maxItems: z.int().min(1).default(2000).meta({
    description: 'Most items of each split that evaluation looks at.',
  }),
});

const init = z
  .strictObject({
    from: z.string().min(1).default('seed').meta({
      description: 'What the trunk begins from: random values (`seed`), the end of the stage before (`stage`), or a checkpoint. '
        + 'Heads begin anew, but for what a task inherits or `heads` asks for, and optimizer state always does. Default of the first stage: `seed`; of the others: `stage`.',
      allowed: 'seed, stage, or the path of a checkpoint (--init gives it too)',
    }),
    blocks: z.int().min(1).max(1000).optional().meta({
      description: 'Only so many blocks of the trunk, counted from the input, with what comes before the first of them; the others are random. Default: all.',
    }),
    rest: z.enum(['random', 'moments']).optional().meta({
      description: 'What the blocks begin from that `blocks` leaves out. `random`: values of the seed; the default. `moments`: for each array values drawn by the mean and the variance that it has in the checkpoint, whatever its shape there.',
    }),
    heads: z.boolean().optional().meta({
      description: 'Whether arrays of the head come along too, where their names and shapes are the same: to go on with a task. Default: no.',
    }),
    sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().meta({
      description: 'SHA-256 of the checkpoint file. A run fills it in when it starts; given, another file is refused.',
      allowed: '64 hexadecimal digits',
    }),
  })
  .refine(({ from, blocks }) => from !== 'seed' || blocks === undefined, {
    path: ['blocks'], message: 'nothing where the trunk begins from the seed',
  })
  .refine(({ blocks, rest }) => blocks !== undefined || rest !== 'moments', {
    path: ['rest'], message: 'random where no blocks are left out',
  })
  .refine(({ from, heads }) => from !== 'seed' || heads !== true, {
    path: ['heads'], message: 'false where the trunk begins from the seed',
  })
  .refine(({ from, sha256 }) => (from !== 'seed' && from !== 'stage') || sha256 === undefined, {
    path: ['sha256'], message: 'nothing where the trunk begins from no file',
  });

const gate = z.array(z.enum(['collapsed', 'diverging', 'overfitting', 'at-chance', 'too-easy'])).max(5);

/** A section's defaults come from its keys; what lacks one (data.root) is then reported by its own name. */
function section<Schema extends z.ZodType>(schema: Schema, description: string) {
  return schema.prefault({} as z.input<Schema> & {}).meta({ description });
}

export const recipeSchema = z.strictObject({
  name: z.string().min(1).max(200).optional().meta({ description: 'What people call the run. Changes nothing else.' }),
  seed: z.int().min(0).max(0xffffffff).default(1).meta({
    description: 'Key of all randomness: parameters, order, crops, puzzles.',
  }),
  steps: z.int().min(1).default(1000).meta({ unit: 'steps', description: 'Updates to make.' }),
  init: init.optional().meta({ description: 'What the trunk begins from.' }),
  gate: gate.optional().meta({
    description: 'Verdicts at the end of the stage after which the next one does not begin: the run ends with an error, its state saved. Nothing comes of it in the last stage. Default: none.',
    allowed: 'a list of collapsed, diverging, overfitting, at-chance, too-easy',
  }),
  data: section(data, 'What to train on, and how it is decoded.'),
  task: section(task, 'What is learnt from it.'),
  tasks: tasks.optional().meta({
    description: 'Several tasks in the place of `task`, as a list of `{name, options, weight}`. A weight is relative to what the task loses at chance, and 1 '
      + 'where it is not given; where nobody knows what a guesser loses, it must be given and counts as it is.',
    allowed: 'a list of two tasks or more, each another',
  }),
  turns: z.enum(turns).optional().meta({
    description: 'How several tasks share the samples. `none`: all learn from every sample, their losses are summed, and a sample that one of them cannot use '
      + 'is left out; the default. `microbatch`, `step`: one after another, each of them learns from every so many microbatches or steps alone.',
  }),
  balance: z.enum(['fixed', 'uncertainty']).optional().meta({
    description: 'How several tasks are weighed against each other beyond their weights. `fixed`: not at all, the default. `uncertainty`: by a number s of each that is learnt, '
      + 'as exp(-s) times its loss plus s (Kendall, Gal, Cipolla 2018): what cannot be learnt well counts less.',
  }),
  consistency: consistency.optional().meta({
    description: 'Every puzzle is drawn in two versions, moved, cropped and coloured each in its own way, and what is made of both is to be alike. The task\'s own losses are those of the first.',
  }),
  model: section(model, 'What learns.'),
  optimizer: section(optimizer, 'How parameters are updated.'),
  batch: section(batch, 'How many samples an update sees. Never depends on the number of workers.'),
  exchange: section(exchange, 'How work and gradients travel. Does not change the result.'),
  checkpoint: section(checkpoint, 'What is saved on the way. Does not change the result.'),
  digest: section(digest, 'How often replicas are compared. Does not change the result.'),
  evaluate: section(evaluate, 'What is measured on the way and at the end. Does not change the result.'),
});

/** The recipe of a stage with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;
