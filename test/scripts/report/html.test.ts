import test from 'ava';
import { html, table } from '../../../scripts/report/html.js';

test('what is filled in is escaped, what a template made is not, and lists are joined', (t) => {
  const evil = `<script>alert("1")</script> & 'x' \`y\``;
  t.is(html`<p title="${evil}">${evil}</p>`.toString(), '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; &#96;y&#96;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; &#96;y&#96;</p>');
  t.is(html`<ul>${['a<', 2].map((each) => html`<li>${each}</li>`)}${false}${undefined}</ul>`.toString(), '<ul><li>a&lt;</li><li>2</li></ul>');
});

test('nothing that came from a file can pass for markup', (t) => {
  const parsed = JSON.parse('{"markup": "<b>", "#markup": "<b>"}') as string;
  t.notRegex(html`${parsed}`.toString(), /</);
});

test('control characters and marks that turn the direction of writing are shown, line ends stay', (t) => {
  t.is(html`${'a\u0007b\u202egnp.exe\nc'}`.toString(), 'a\\u0007b\\u202egnp.exe\nc');
});

test('a table names its rows and columns', (t) => {
  const made = table({ caption: 'c & d', head: ['name', 'n'], rows: [['<x>', 1]], numeric: [1] }).toString();
  t.regex(made, /<caption>c &amp; d<\/caption><thead><tr><th scope="col" class="text">name<\/th><th scope="col" class="number">n<\/th><\/tr><\/thead>/);
  t.regex(made, /<th scope="row" class="text">&lt;x&gt;<\/th><td class="number">1<\/td>/);
  t.notRegex(table({ caption: 'facts', rows: [['a', 'b']] }).toString(), /thead/);
});
