import test from 'ava';
import { escapeControls } from '../../../shared/log/escape-controls.js';
import { createRecordFormat } from '../../../shared/log/format-record.js';
import { reportError } from '../../../scripts/commands/report-error.js';
import { PretextError } from '../../../shared/errors/pretext-error.js';

const ESC = '\u001b';
const CSI = '\u009b';
const RIGHT_TO_LEFT = '\u202e';
const HOSTILE = `${ESC}[2J${CSI}31m${RIGHT_TO_LEFT}gpj.exe`;
const ESCAPED = '\\u001b[2J\\u009b31m\\u202egpj.exe';

test('what drives a terminal is escaped, and letters of all scripts stay', (t) => {
  t.is(escapeControls(HOSTILE), ESCAPED);
  t.is(escapeControls('naïve שלום 写真 é'), 'naïve שלום 写真 é');
});

test('a log record drives no terminal by its message, its values or its keys', (t) => {
  const line = createRecordFormat({ colour: false })(JSON.stringify({ level: 30, time: 0, msg: HOSTILE, path: HOSTILE, [HOSTILE]: { [HOSTILE]: 1 } }));
  t.notRegex(line, new RegExp(`[${ESC}${CSI}${RIGHT_TO_LEFT}]`));
  t.is(line.split('gpj.exe').length, 5);
});

test.serial('the message of an error drives no terminal', (t) => {
  const written: string[] = [];
  const { write } = process.stderr;
  process.stderr.write = (text) => written.push(String(text)) > 0;
  try {
    reportError(new PretextError('DECODE_FAILED', `first ${HOSTILE}\nsecond ${HOSTILE}`), { asJson: false });
  } finally {
    process.stderr.write = write;
  }
  t.is(written.join(''), `error: first ${ESCAPED}\n  second ${ESCAPED}\n`);
});
