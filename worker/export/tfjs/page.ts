// A page that loads an exported model with TensorFlow.js and shows what it makes of a picture: the map of every stage, and the labels where
// there are some. It uses nothing from elsewhere.

import { LUMA } from '../../../shared/datasets/pictures/to-bytes.js';
import type { Answers } from '../exported.js';
import type { GraphOutput } from '../graph.js';

export interface Page {
  readonly title: string;
  readonly side: number;
  readonly shortSide: number;
  /** 1 or 3. */
  readonly channels: number;
  readonly outputs: readonly GraphOutput[];
  readonly labels: readonly string[];
  readonly answers: Answers;
  /** Files of TensorFlow.js, in the order that they are loaded in. */
  readonly scripts: readonly string[];
}

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
figure { display: inline-block; margin: 0 1rem 1rem 0; }
canvas { image-rendering: pixelated; width: 10rem; height: 10rem; border: 1px solid #8888; }
figcaption { font-size: 0.85rem; }
meter { width: 12rem; }
td { padding-right: 1rem; }
[role=alert] { color: #d22; }`;

/** Runs in the browser; \`page\` is the Page. */
const SCRIPT = `
const find = (id) => document.getElementById(id);
const say = (text) => { find('status').textContent = text; };
const fail = (error) => { find('status').setAttribute('role', 'alert'); say(String(error && error.message || error)); };

/** The middle of a picture, scaled as in training. */
function crop(image) {
  const [width, height] = [image.naturalWidth, image.naturalHeight];
  const scale = page.shortSide / Math.min(width, height);
  const taken = Math.min(page.side / scale, width, height);
  const canvas = find('picture');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, (width - taken) / 2, (height - taken) / 2, taken, taken, 0, 0, page.side, page.side);
  return context.getImageData(0, 0, page.side, page.side).data;
}

/** Bytes of red, green, blue and opacity as numbers 0..1. */
function toNumbers(bytes) {
  const numbers = new Float32Array(page.side * page.side * page.channels);
  for (let i = 0; i < page.side * page.side; i++) {
    const colours = [bytes[4 * i], bytes[4 * i + 1], bytes[4 * i + 2]];
    if (page.channels === 3) numbers.set(colours.map((byte) => byte / 255), 3 * i);
    else numbers[i] = page.luma.reduce((sum, share, c) => sum + share * colours[c], 0) / 255;
  }
  return numbers;
}

function figure(caption, canvas) {
  const element = document.createElement('figure');
  element.append(canvas, Object.assign(document.createElement('figcaption'), { textContent: caption }));
  return element;
}

/** How strong a map is at each place, from the least to the most. */
function drawMap({ name, side, channels }, values) {
  const strengths = Array.from({ length: side * side }, (_, place) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += values[place * channels + c] ** 2;
    return Math.sqrt(sum / channels);
  });
  const [least, most] = [Math.min(...strengths), Math.max(...strengths)];
  const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
  const pixels = new ImageData(side, side);
  strengths.forEach((strength, place) => {
    const share = most > least ? (strength - least) / (most - least) : 0;
    pixels.data.set([255 * share, 180 * share * share, 90 + 90 * (1 - share), 255], 4 * place);
  });
  canvas.getContext('2d').putImageData(pixels, 0, 0);
  return figure(name + ': ' + side + ' x ' + side + ' places, ' + channels + ' channels', canvas);
}

function drawLabels(logits) {
  const most = Math.max(...logits);
  const isOne = page.answers === 'one';
  const shares = logits.map((logit) => (isOne ? Math.exp(logit - most) : 1 / (1 + Math.exp(-logit))));
  const total = isOne ? shares.reduce((a, b) => a + b) : 1;
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]).slice(0, 5);
  const table = document.createElement('table');
  for (const i of order) {
    const row = table.insertRow();
    row.insertCell().textContent = page.labels[i];
    row.insertCell().append(Object.assign(document.createElement('meter'), { value: shares[i] / total }));
    row.insertCell().textContent = (100 * shares[i] / total).toFixed(1) + ' %';
  }
  return table;
}

async function show(model, image) {
  const start = performance.now();
  const input = tf.tensor4d(toNumbers(crop(image)), [1, page.side, page.side, page.channels]);
  const names = page.outputs.map(({ name }) => name);
  const tensors = model.execute({ pixels: input }, names);
  const values = await Promise.all([tensors].flat().map((tensor) => tensor.data()));
  tf.dispose([input, tensors]);
  const results = find('results');
  results.replaceChildren();
  page.outputs.forEach((output, i) => { if (output.kind === 'map') results.append(drawMap(output, values[i])); });
  const logits = names.indexOf('logits');
  if (logits >= 0) results.append(drawLabels([...values[logits]]));
  const features = [...values[names.indexOf('features')]];
  results.append(Object.assign(document.createElement('p'), { textContent: features.length + ' features: ' + features.slice(0, 8).map((each) => each.toFixed(4)).join(', ') + ' ...' }));
  say('Done in ' + Math.round(performance.now() - start) + ' ms, backend ' + tf.getBackend() + '.');
  document.body.dataset.features = JSON.stringify(features);
}

async function start() {
  if (location.protocol === 'file:') throw new Error('Browsers read no model from a file: serve this folder, as with "python3 -m http.server", and open http://localhost:8000.');
  await tf.setBackend('cpu');
  const model = await tf.loadGraphModel('model.json');
  say('Choose a picture.');
  find('file').disabled = false;
  const image = new Image();
  image.onload = () => show(model, image).catch(fail);
  image.onerror = () => fail('This is no picture that the browser can read.');
  find('file').onchange = ({ target }) => {
    if (!target.files[0]) return;
    say('Working ...');
    image.src = URL.createObjectURL(target.files[0]);
  };
  const given = new URLSearchParams(location.search).get('picture');
  if (given) image.src = given;
}

start().catch(fail);
`;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export function writePage(page: Page): string {
  // A closing tag in a label would end the script.
  const data = JSON.stringify({ ...page, luma: LUMA }).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(page.title)}</title>
<style>
${STYLE}
</style>
<h1>${escape(page.title)}</h1>
<p><label>A picture: <input type="file" id="file" accept="image/*" disabled></label></p>
<p id="status">Loading the model ...</p>
<figure><canvas id="picture" width="${page.side}" height="${page.side}"></canvas><figcaption>What the model sees: ${page.side} x ${page.side} pixels</figcaption></figure>
<div id="results"></div>
${page.scripts.map((script) => `<script src="${escape(script)}"></script>`).join('\n')}
<script>
const page = ${data};
${SCRIPT.trim()}
</script>
</html>
`;
}
