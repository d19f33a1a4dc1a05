import test from 'ava';
import { formatMetric, formatTask, formatTasks } from '../../../scripts/format/tasks.js';
import { describeTasks } from '../../../scripts/tasks/describe-tasks.js';
import { readFileSync } from 'node:fs';
import { parseSet } from '../../../shared/recipe/overrides.js';
import { parseRecipe } from '../../../shared/recipe/parse.js';
import { layoutOf, readRecipe } from '../../../worker/bind-recipe.js';
import { puzzles } from '../../../worker/tasks/puzzles.js';

const tasks = describeTasks();
const find = (name: string) => tasks.find((task) => task.name === name)!;

test('every task of the registry is told, with its paper, what it needs and what is measured', (t) => {
  t.deepEqual(tasks.map(({ name }) => name), Object.keys(puzzles).sort());
  for (const { name, paper, needs, metrics } of tasks) {
    t.regex(paper, /\d{4}/, name);
    t.true(needs.length > 0, name);
    t.true(Object.keys(metrics).length > 0, name);
  }
});

test('guards are told apart from the other options', (t) => {
  const { options, guards } = find('rotation');
  t.deepEqual(guards.map(({ key, default: value }) => [key, value]), [['guards.randomCrop', true]]);
  t.deepEqual(options.find(({ key }) => key === 'minArea'), { key: 'minArea', default: 0.4, allowed: 'a number from 0.05 to 1', meaning: 'Smallest crop, as a share of the picture\'s area.' });
});

test('what data and model must have is said in words', (t) => {
  t.deepEqual(find('rotation').needs, ['images, or single frames of videos']);
  t.is(find('frame-order').needs[0], 'videos');
  t.regex(find('sound-match').needs.join(), /sound of at least \d+ samples a second/);
  t.regex(find('mae').needs.join(), /leave out patches/);
});

test('what a task needs is told for programs too', (t) => {
  const named = (needs: (task: typeof tasks[number]) => boolean): string[] => tasks.filter(needs).map(({ name }) => name);
  t.deepEqual(named(({ needsSound }) => needsSound), ['sound-clusters', 'sound-match']);
  t.deepEqual(tasks.flatMap(({ name, needsLabels }) => (needsLabels ? [[name, needsLabels]] : [])), [['classify', 'class'], ['multi-label', 'classes'], ['segment', 'mask']]);
  t.deepEqual(named(({ needsPatches }) => needsPatches), ['mae']);
  t.deepEqual(named(({ needsStage }) => needsStage === 'autoencoder'), ['artifact-spotting']);
});

test('a metric is told with what a guesser scores and what nobody can beat', (t) => {
  t.is(formatMetric('accuracy', { better: 'higher', chance: 1 / 12, ceiling: 1 }), 'accuracy: higher is better, chance 0.0833, at most 1');
  t.is(formatMetric('error', { better: 'lower' }), 'error: lower is better');
});

test('the list has every task once, and one in full has every option with its default', (t) => {
  const list = formatTasks(tasks);
  for (const { name } of tasks) t.is(list.split('\n').filter((line) => line.startsWith(`${name} `)).length, 1, name);
  const full = formatTask(find('rotation'));
  t.regex(full, /minArea=0\.4 {2}a number from 0\.05 to 1\n/);
  t.regex(full, /guards\.randomCrop=true/);
});

test('the command that is printed for a task is one whose parts go together', (t) => {
  for (const task of tasks) {
    t.true(formatTask(task).includes(`  ${task.command}\n`));
    const words = task.command.split(' ').slice(2);
    const flag = (name: string): string | undefined => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
    const sets = ['data.root=/data', `data.source=${task.media}-folder`, 'data.classes=[a, b]', ...(words.includes('--task') ? [`task.name=${flag('--task')!}`] : []), flag('--set') ?? []].flat();
    const file = words[0]!.endsWith('.yaml') ? words[0] : undefined;
    const { stages } = parseRecipe(file === undefined ? '' : readFileSync(file, 'utf8'), { file: 'recipe', overrides: sets.map(parseSet) }).recipe;
    const last = readRecipe(stages.at(-1));
    t.is(last.task.name, task.name);
    const layout = layoutOf(last, 100);
    const inherited = layout.entries.filter((entry) => 'inherited' in entry && entry.inherited === true);
    // What a stage before must leave is there.
    const before = stages.length > 1 ? layoutOf(readRecipe(stages[0]), 100).entries.map(({ name }) => name) : [];
    t.true(inherited.every(({ name }) => before.includes(name)), task.name);
  }
});
