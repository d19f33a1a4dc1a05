import test from 'ava';
import { createEvents } from '../../../coordinator/run/events.js';

test('every listener hears every event in order, also those that a listener emits', (t) => {
  const events = createEvents<number>();
  const heard: string[] = [];
  events.listen((event) => {
    heard.push(`a${event}`);
    if (event === 1) events.emit(2);
  });
  events.listen((event) => heard.push(`b${event}`));
  events.emit(1);
  events.emit(3);
  t.deepEqual(heard, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
});

test('a listener that throws does not silence the stream for good', (t) => {
  const events = createEvents<number>();
  const heard: number[] = [];
  events.listen((event) => {
    if (event === 1) throw new Error('listener');
    heard.push(event);
  });
  t.throws(() => events.emit(1), { message: 'listener' });
  events.emit(2);
  t.deepEqual(heard, [2]);
});
